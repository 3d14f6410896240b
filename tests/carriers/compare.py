# SPDX-License-Identifier: Apache-2.0
"""Compares kite's input tensor and labels with the library's own, the tensor to the bit, for every row.

    compare.py PATH/TO/kite --rows hub,yolo --out ROWS.json     rows of these files (hub_rows.py ...)
    compare.py --write docs/models.md ROWS.json...              puts them between the markers of a page

A row is right when both are equal, or when kite refuses with a reason. What a row writes is also packed, and the packed
file alone, in an empty folder, must give the same tensor and the same scores, in ONNX Runtime the same logits; a row that
kite refuses must not be packed. Exit code 1: a row is silently different.
"""

import argparse
import importlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import warnings
import zipfile

import numpy as np

BEGIN, END = "<!-- carriers: begin -->", "<!-- carriers: end -->"
PICTURES = {"land": (50, 70), "port": (71, 45), "small": (20, 24)}
NO_TENSOR = (3, 28, 28)


def pictures(folder):
    from PIL import Image

    for name, (height, width) in PICTURES.items():
        random = np.random.default_rng(width)
        pixels = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
        yield folder / f"{name}.png", Image.fromarray(pixels)


def refusal(stderr):
    return "refused: " + stderr.strip().splitlines()[-1].split("]: ", 1)[-1].split("; ")[0]


def run(words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True)


def made(kite, folder, model, picture, flags):
    """The tensor that kite makes, or None, and the process that made it."""
    tensors = folder / "seen.npy"
    tensors.unlink(missing_ok=True)
    bench = run([kite, "bench", model, "--image", picture, "--samples", "1", "--no-cache", *flags, "--tensors", tensors])
    return (None if bench.returncode != 0 else np.load(tensors)[0]), bench


def seen(kite, folder, model, picture, flags):
    """The tensor that kite makes, or the reason why it makes none."""
    tensor, bench = made(kite, folder, model, picture, flags)
    unused = [line for line in bench.stderr.splitlines() if "is not used" in line]
    if unused:
        return None, refusal(unused[0].split("is not used: ", 1)[1])
    if tensor is None:
        return None, refusal(bench.stderr)
    return tensor, ""


def wanted_of(row, pixels):
    """The reference's tensor, or the reason why it gives none; the library may refuse with any exception."""
    if row.tensor is None:
        return np.zeros(NO_TENSOR, np.float32), ""
    try:
        wanted = row.tensor(pixels)
    except ImportError:  # the environment lacks something: no refusal
        raise
    except Exception as error:
        return np.zeros(NO_TENSOR, np.float32), f"the library refuses: {type(error).__name__}"
    is_picture = wanted.ndim == 3 and 3 in (wanted.shape[0], wanted.shape[2])
    return (wanted, "") if is_picture else (np.zeros(NO_TENSOR, np.float32), "the library makes no picture")


def tensor_verdict(row, wanted, why, got, reason):
    """The text of a cell, and whether the row is right: an equal result is right, and so is a refusal."""
    if got is None:
        return reason, True
    if why:
        return why + ", kite answers", False
    if got.shape != wanted.shape:
        return f"DIFFERENT: shapes {got.shape} and {wanted.shape}", False
    if not np.array_equal(got, wanted):
        return f"DIFFERENT by {np.abs(got - wanted).max()}", False
    return "equal to the bit" + row.remark, True


def labels_verdict(kite, row, model, picture):
    words = [kite, "classify", model, picture, "-k", len(row.labels), "--format", "json", "--no-cache", *row.flags]
    classify = run(words)
    if classify.returncode != 0:
        return "refused", False
    top = json.loads(classify.stdout)[0]["top"]
    names = [entry["label"] for entry in sorted(top, key=lambda entry: entry["index"])]
    return ("equal", True) if names == row.labels else (f"DIFFERENT: {names[:3]}", False)


def scores(kite, model, picture, flags):
    """The labels and scores of all classes, or None where kite refuses."""
    classify = run([kite, "classify", model, picture, "-k", 1000, "--format", "json", "--no-cache", *flags])
    return None if classify.returncode != 0 else [(answer["scores"], answer["top"]) for answer in json.loads(classify.stdout)]


def logits(model):
    """ONNX Runtime's outputs for one input; None for a model with other inputs than one of floats."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.read_bytes(), providers=["CPUExecutionProvider"])
    if [port.type for port in session.get_inputs()] != ["tensor(float)"]:
        return None
    shape = [size if isinstance(size, int) else 1 for size in session.get_inputs()[0].shape]
    values = np.random.default_rng(0).random(shape, np.float32)
    return [output.tobytes() for output in session.run(None, {session.get_inputs()[0].name: values})]


def onnx_file(model, scratch):
    """The .onnx file that a row means: the row may give a folder or a zip."""
    if model.suffix == ".zip":
        with zipfile.ZipFile(model) as archive:
            archive.extractall(scratch)
        model = scratch
    return next(iter(sorted(model.rglob("*.onnx")))) if model.is_dir() else model


def answers(kite, scratch, model, picture, flags):
    tensor, _ = made(kite, scratch, model, picture, flags)
    return None if tensor is None else tensor.tobytes(), scores(kite, model, picture, flags)


def packed_verdict(kite, row, model, picture):
    """What is wrong with the packed file, or nothing."""
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as beside:
        alone, scratch = pathlib.Path(place) / "packed.onnx", pathlib.Path(beside)
        before = answers(kite, scratch, model, picture, row.flags)
        pack = run([kite, "pack", model, "-o", alone, "--no-cache", *row.flags])
        if "which is not packed" in pack.stderr:  # the error ends with the option that states the guess
            statement = shlex.split(pack.stderr.strip().splitlines()[-1].rsplit("state it: ", 1)[1])
            at = row.flags.index("--recipe") if "--recipe" in row.flags else len(row.flags)
            flags = [*row.flags[:at], *statement, *row.flags[at + 2 :]]
            pack = run([kite, "pack", model, "-o", alone, "--no-cache", *flags])
        if pack.returncode != 0:
            return f"not packed: {refusal(pack.stderr)}" if before[1] is not None else ""
        if before[1] is None:
            return "packed, although kite refuses the model"
        if answers(kite, scratch, alone, picture, []) != before:
            return "the packed file alone gives something else"
        return "" if logits(onnx_file(pathlib.Path(model), scratch)) == logits(alone) else "other logits in ONNX Runtime"


def verdicts(kite, row):
    """The text of the two columns, and whether both are right."""
    tensor, labels, is_right = "-", "-", True
    with tempfile.TemporaryDirectory() as place:
        for picture, pixels in pictures(pathlib.Path(place)):
            wanted, why = wanted_of(row, pixels)
            with tempfile.TemporaryDirectory() as folder:
                model = row.write(pathlib.Path(folder), wanted.shape)
                if row.tensor is not None:
                    tensor, is_right = tensor_verdict(row, wanted, why, *seen(kite, pathlib.Path(folder), model, picture, row.flags))
                is_refused = tensor.startswith("refused")
                if row.labels is not None and labels == "-":
                    labels, are_right = labels_verdict(kite, row, model, picture)
                    is_right = is_right and (are_right or is_refused)
                if packed := packed_verdict(kite, row, model, picture):
                    is_right, labels = False, f"{labels}; {packed}"
            if not is_right or is_refused:
                break
    return tensor, labels, is_right


def write_page(page, row_files):
    rows = [row for file in row_files for row in json.loads(pathlib.Path(file).read_text())]
    lines = ["| carrier | reference | tensor | labels |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    text = pathlib.Path(page).read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    pathlib.Path(page).write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kite", nargs="?")
    parser.add_argument("--rows", default="")
    parser.add_argument("--out")
    parser.add_argument("--write", nargs="+", metavar="FILE")
    options = parser.parse_args()
    if options.write:
        write_page(options.write[0], options.write[1:])
        return 0
    warnings.simplefilter("ignore")
    rows, all_right = [], True
    kite = pathlib.Path(options.kite).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["CARRIERS_SCRATCH"] = scratch
        for name in options.rows.split(","):
            module = importlib.import_module(f"{name}_rows")
            here = os.getcwd()
            os.chdir(scratch)  # exporters leave files where they stand
            for row in module.rows():
                tensor, labels, is_right = verdicts(kite, row)
                rows.append((row.carrier, row.judge, tensor, labels))
                all_right = all_right and is_right
                print(f"{'ok  ' if is_right else 'FAIL'} {row.judge:24} {row.carrier:40} {tensor} | {labels}", flush=True)
            os.chdir(here)
    pathlib.Path(options.out).write_text(json.dumps(rows))
    return 0 if all_right else 1


sys.exit(main())
