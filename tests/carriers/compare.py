# SPDX-License-Identifier: Apache-2.0
"""Compares kite's input tensor with the library's own, to the bit, for every row of cases.py.

    compare.py PATH/TO/kite --out ROWS.json        the rows of the libraries in this environment
    compare.py --write docs/models.md ROWS.json...  puts them between the markers of a page

A row is right when the tensors are equal, or when kite refuses with a reason. Exit code 1: a row is silently different.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np

BEGIN, END = "<!-- carriers: begin -->", "<!-- carriers: end -->"
PICTURES = {"land": (50, 70), "port": (71, 45), "small": (20, 24)}


def pictures(folder):
    from PIL import Image

    for name, (height, width) in PICTURES.items():
        random = np.random.default_rng(width)
        pixels = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
        yield folder / f"{name}.png", Image.fromarray(pixels)


def write_model(path, height, width):
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("GlobalAveragePool", ["x"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["y"])],
        "mean",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, height, width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def seen(kite, folder, picture):
    """The tensor that kite makes, or why it does not."""
    tensors = folder / "seen.npy"
    tensors.unlink(missing_ok=True)
    command = [kite, "bench", folder / "model.onnx", "--image", picture, "--samples", "1", "--no-cache", "--tensors", tensors]
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    unused = [line for line in run.stderr.splitlines() if "is not used" in line]
    if unused:
        return None, unused[0].split("is not used: ", 1)[1]
    if run.returncode != 0:
        return None, run.stderr.strip().splitlines()[-1]
    return np.load(tensors)[0], ""


def verdict(kite, files, tensor, folder):
    for picture, pixels in pictures(folder):
        try:
            wanted = tensor(pixels)
        except Exception as error:  # the library's own refusal, of any kind
            wanted, why = np.zeros((3, 28, 28), np.float32), f"the library refuses: {type(error).__name__}"
        else:
            why = ""
        height, width = (wanted.shape[1:] if wanted.ndim == 3 and wanted.shape[0] == 3 else (28, 28))
        write_model(folder / "model.onnx", height, width)
        for name, value in files.items():
            (folder / name).write_text(json.dumps(value))
        got, reason = seen(kite, folder, picture)
        if got is None:
            return "refused: " + reason.split("; ")[0], True
        if why:
            return why + ", kite answers", False
        if got.shape != wanted.shape or not np.array_equal(got, wanted):
            worst = np.abs(got - wanted).max() if got.shape == wanted.shape else "another shape"
            return f"DIFFERENT ({picture.stem}, by {worst})", False
    return "equal to the bit", True


def write_page(page, row_files):
    rows = [row for file in row_files for row in json.loads(pathlib.Path(file).read_text())]
    lines = ["| carrier | library | tensor |", "|---|---|---|"] + [f"| {carrier} | {version} | {result} |" for carrier, version, result, _ in rows]
    text = pathlib.Path(page).read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    pathlib.Path(page).write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kite", nargs="?")
    parser.add_argument("--out")
    parser.add_argument("--write", nargs="+", metavar="FILE")
    options = parser.parse_args()
    if options.write:
        write_page(options.write[0], options.write[1:])
        return 0
    warnings.simplefilter("ignore")
    import cases

    rows = []
    for carrier, version, files, tensor in cases.all_rows():
        with tempfile.TemporaryDirectory() as folder:
            result, is_right = verdict(options.kite, files, tensor, pathlib.Path(folder))
        rows.append((carrier, version, result, is_right))
        print(f"{'ok  ' if is_right else 'FAIL'} {version:24} {carrier:40} {result}", flush=True)
    pathlib.Path(options.out).write_text(json.dumps(rows))
    return 0 if all(row[3] for row in rows) else 1


sys.exit(main())
