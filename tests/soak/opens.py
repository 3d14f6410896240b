# SPDX-License-Identifier: Apache-2.0
"""usage: opens.py LIBRARY COUNT FOLDER MODEL...: opens models through the C ABI again and again in this process, in a changing
order, as sessions and as classifiers, from files and with and without a plan cache, and runs each; among them files that no
model is. Prints a line of JSON for each fault, and one about itself at the end."""

from __future__ import annotations

import json
import os
import pathlib
import random
import sys
import time

import numpy as np
from c_library import Library
from watch import Watch


def broken_models(folder: pathlib.Path, model: pathlib.Path) -> list[pathlib.Path]:
    content = model.read_bytes()
    made = {"cut": content[: len(content) // 2], "empty": b"", "text": b"This is no model.\n" * 9, "other": content[:100] + bytes(40) + content[140:]}
    for name, bytes_ in made.items():
        (folder / f"{name}.onnx").write_bytes(bytes_)
    return [folder / f"{name}.onnx" for name in made]


def answer_of(library: Library, model: pathlib.Path, x: np.ndarray, picture: pathlib.Path, how: dict[str, object], as_session: bool) -> str:
    try:
        if as_session:
            opened = library.open_session(model, **how)
        else:
            opened = library.open_classifier(model, recipe="imagenet", **how)
    except RuntimeError as error:
        return str(error)
    try:
        return (opened.run(x) if as_session else opened.classify(picture)).tobytes().hex()
    except RuntimeError as error:
        return str(error)
    finally:
        opened.close()


def main() -> None:
    path, count, folder, picture, *models = sys.argv[1:]
    folder = pathlib.Path(folder)
    library = Library(pathlib.Path(path), 2)
    models = [pathlib.Path(model) for model in models]
    models += broken_models(folder, models[0])
    x = np.random.default_rng(1).normal(size=(1, 3, 32, 32)).astype(np.float32)
    watch, expected, others, refused = Watch("opens", os.getpid()), {}, 0, 0
    dice, last = random.Random(1), time.monotonic()
    for number in range(int(count)):
        model, as_session = dice.choice(models), dice.random() < 0.5
        how = {"threads": dice.choice((1, 2)), "isa": dice.choice(("generic", "avx2"))}
        how |= {"no_cache": "true"} if dice.random() < 0.5 else {"cache_dir": folder / "cache"}
        answer = answer_of(library, model, x, pathlib.Path(picture), how, as_session)
        refused += answer.startswith("paperkite_")
        if expected.setdefault((model, as_session, how["isa"]), answer) != answer:
            others += 1
            print(json.dumps({"fault": f"open {number}, {model.name}, {how}: {answer[:200]}"}), flush=True)
        if number % max(int(count) // 500, 1) == 0:
            watch.look()
        if time.monotonic() - last > 1:
            last = time.monotonic()
            print(json.dumps({"done": number}), flush=True)
    print(json.dumps({"opens": int(count), "refused": refused, "others": others, "models": len(models), "samples": watch.samples}), flush=True)


if __name__ == "__main__":
    main()
