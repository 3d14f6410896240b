#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every value that `kite verify` sees inside whole networks agrees with the network's own graph in double precision.

A value that the engine holds under another name, in another layout or at another step than `kite verify` believes would
differ here. On every instruction set that this machine has."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from kite_runner import FEATURES, missing_features

HERE = Path(__file__).resolve().parent
# Of the values that the file names. The others stay inside fused steps, most of them in networks with normalisations.
LEAST_SHARE_SEEN = 0.2


def verify(kite: Path, model: Path, isa: str) -> dict:
    done = subprocess.run([kite, "verify", model, "--isa", isa, "--json", "-o", model.parent], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)
    return json.loads(done.stdout)["pictures"][0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kite", type=Path, required=True)
    parser.add_argument("--skip", nargs="*", default=[], help="networks that take minutes in double precision")
    parser.add_argument("--only", default="", help="graphs whose name contains this")
    arguments = parser.parse_args()
    isas = [isa for isa in FEATURES if not missing_features(isa)]
    graphs = [graph for graph in sorted((HERE / "graphs").glob("*-static.onnx.gz")) if arguments.only in graph.name]
    graphs = [graph for graph in graphs if graph.name.split("-")[0] not in arguments.skip]
    failed = 0
    for graph in graphs:
        name = graph.name.removesuffix(".onnx.gz")
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder, "model.onnx")
            subprocess.run([sys.executable, HERE / "fill.py", graph, "-o", model], check=True, stdout=subprocess.DEVNULL)
            for isa in isas:
                picture = verify(arguments.kite, model, isa)
                seen = len(picture["values"])
                is_bad = not picture["agrees"] or seen < LEAST_SHARE_SEEN * picture["named_values"]
                failed += is_bad
                print(f"{name:<36} {isa:<8} {seen:>4} of {picture['named_values']:>4} values: "
                      f"{'FAILED: ' if is_bad else ''}{picture['verdict']}", flush=True)
    return 1 if failed or not graphs else 0


if __name__ == "__main__":
    sys.exit(main())
