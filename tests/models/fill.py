# SPDX-License-Identifier: Apache-2.0
"""Puts seeded weights into a graph that was kept without them, giving a complete .onnx file."""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
import onnx

from weights import Recipe

GRAPHS = Path(__file__).resolve().parent / "graphs"
# An initializer whose doc_string starts with this was emptied; the rest is weights.Recipe.evaluate's.
MARK = "fill: "
SUFFIX = ".onnx.gz"


def recipe_path(graph: Path) -> Path:
    """regnet_x_400mf-dynamo-static.onnx.gz -> regnet_x_400mf.json, beside it."""
    return graph.with_name(graph.name.split("-")[0] + ".json")


def fill(model: onnx.ModelProto, recipe: Recipe) -> int:
    """Fills every emptied initializer of `model` in place and returns how many elements it wrote."""
    written = 0
    for initializer in model.graph.initializer:
        if not initializer.doc_string.startswith(MARK):
            continue
        expression = initializer.doc_string[len(MARK) :]
        dims = tuple(initializer.dims)
        value = recipe.evaluate(expression)
        if value.size != int(np.prod(dims, dtype=np.int64)):
            raise ValueError(f"{initializer.name}: {expression} has {value.size} elements, not {dims}")
        if not np.isfinite(value).all():
            raise ValueError(f"{initializer.name}: {expression} is not finite")
        initializer.raw_data = np.ascontiguousarray(value, dtype="<f4").tobytes()
        initializer.ClearField("doc_string")
        written += value.size
    if written == 0:
        raise ValueError("no initializer carries a fill expression: is this one of the kept graphs?")
    return written


def load_graph(path: Path) -> onnx.ModelProto:
    """A kept graph. They are compressed: node names as exporters write them are long and repeat."""
    return onnx.load_from_string(gzip.decompress(path.read_bytes()))


def fill_file(graph: Path, out: Path) -> int:
    model = load_graph(graph)
    written = fill(model, Recipe.load(recipe_path(graph)))
    # Under its own name only when complete, so that an interrupted run leaves nothing half-written.
    partial = out.with_suffix(".partial")
    partial.write_bytes(model.SerializeToString())
    partial.replace(out)
    return written


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graph", type=Path, help="a file of tests/models/graphs, or its name without .onnx.gz")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    graph = arguments.graph
    if not graph.exists():
        graph = GRAPHS / f"{arguments.graph}{SUFFIX}"
    if not graph.exists():
        names = "\n  ".join(sorted(path.name.removesuffix(SUFFIX) for path in GRAPHS.glob(f"*{SUFFIX}")))
        print(f"fill.py: no graph {arguments.graph}; there are\n  {names}", file=sys.stderr)
        return 2
    written = fill_file(graph, arguments.output)
    print(f"{arguments.output}: {written} seeded weights")
    return 0


if __name__ == "__main__":
    sys.exit(main())
