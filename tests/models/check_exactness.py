#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the error of whole networks with double precision. On every instruction set that this machine has, kite's error
must be at most 1.5 times that of ONNX Runtime; 1.6 times where multiply-adds are not fused, so that each product is rounded
before it is added. The error is the root mean square over all logits of three seeded inputs."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

from kite_runner import FEATURES, missing_features

HERE = Path(__file__).resolve().parent
ALLOWED = {"generic": 1.6, "avx2": 1.5, "avx512": 1.5}
INPUTS = 3


def run_kite(kite: Path, model: Path, x: Path, out: Path, *options: str) -> np.ndarray:
    command = [kite, "run", model, "--input", f"x={x}", "--output", f"logits={out}", "--no-cache", *options]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    return np.load(out).astype(np.float64)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kite", type=Path, required=True)
    parser.add_argument("networks", nargs="*", default=["regnet_x_400mf", "mobilenet_v2", "resnet50", "regnet_y_16gf"])
    arguments = parser.parse_args()
    isas = [isa for isa in FEATURES if not missing_features(isa)]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for network in arguments.networks:
            model = Path(folder, network + ".onnx")
            graph = HERE / "graphs" / f"{network}-dynamo-static.onnx.gz"
            subprocess.run([sys.executable, HERE / "fill.py", graph, "-o", model], check=True, stdout=subprocess.DEVNULL)
            session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
            squares = dict.fromkeys(["onnxruntime", *isas], 0.0)
            for seed in range(INPUTS):
                tensor = np.random.default_rng(seed).standard_normal((1, 3, 224, 224), np.float32)
                x, out = Path(folder, "x.npy"), Path(folder, "out.npy")
                np.save(x, tensor)
                want = run_kite(arguments.kite, model, x, out, "--oracle")
                answers = {"onnxruntime": session.run(None, {"x": tensor})[0]}
                answers |= {isa: run_kite(arguments.kite, model, x, out, "--isa", isa) for isa in isas}
                for name, answer in answers.items():
                    squares[name] += float(np.square(answer - want).sum())
            for isa in isas:
                ratio = (squares[isa] / squares["onnxruntime"]) ** 0.5
                failed += ratio > ALLOWED[isa]
                trouble = f": more than the {ALLOWED[isa]} allowed" if ratio > ALLOWED[isa] else ""
                print(f"{network:<20} {isa:<8} {ratio:.2f} of ONNX Runtime's distance{trouble}", flush=True)
            model.unlink()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
