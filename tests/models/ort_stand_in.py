#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Accepts the arguments of `kite run` and answers with ONNX Runtime, to prove that check_models.py passes and fails rightly.

STAND_IN_ERROR plants one: offset, winner, threads, batch, shape, nan, silent, exit.
"""

from __future__ import annotations

import argparse
import os
import sys

import numpy as np
import onnxruntime


def spoil(logits: np.ndarray, kind: str, threads: int) -> np.ndarray:
    if kind == "offset":
        # Just outside: 1.5 times what is allowed, at one logit of the last picture.
        logits[-1, 7] += 1.5e-4 * np.abs(logits[-1]).max()
    elif kind == "winner":
        first, second = np.argsort(logits[0])[[-1, -2]]
        logits[0, [first, second]] = logits[0, [second, first]]
    elif kind == "threads" and threads == 2:
        logits[0, 3] = np.nextafter(logits[0, 3], np.float32(np.inf))
    elif kind == "batch" and len(logits) > 1:
        logits[0, 3] = np.nextafter(logits[0, 3], np.float32(np.inf))
    elif kind == "shape":
        return logits[:, :-1]
    elif kind == "nan":
        logits[0, 0] = np.nan
    return logits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["run"])
    parser.add_argument("model")
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--isa")
    parser.add_argument("--no-cache", action="store_true")
    arguments = parser.parse_args()
    kind = os.environ.get("STAND_IN_ERROR", "")
    if kind == "exit":
        print("stand-in: error[PLANTED]: told to fail", file=sys.stderr)
        return 3
    name, _, path = arguments.input.partition("=")
    x = np.load(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Unfused kernels: another order of operations than the reference, as an engine of its own has.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(arguments.model, options, providers=["CPUExecutionProvider"])
    output, _, path = arguments.output.partition("=")
    # Picture by picture, as an engine must that promises the same bits at any batch position.
    logits = np.concatenate([session.run([output], {name: x[i : i + 1]})[0] for i in range(len(x))])
    if kind != "silent":
        np.save(path, spoil(logits, kind, arguments.threads))
    return 0


if __name__ == "__main__":
    sys.exit(main())
