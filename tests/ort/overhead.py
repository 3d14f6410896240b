# SPDX-License-Identifier: Apache-2.0
"""What a call of a model of one node takes, beside onnxruntime: blocks of calls in turn, the one or the other first, and the
paired ratio of their times. Prints a line for each model; no test depends on it.

usage: PYTHONPATH=build/release/python build/venv/bin/python tests/ort/overhead.py [BLOCKS]"""

import pathlib
import statistics
import sys
import time

import numpy as np
import onnxruntime
import paperkite.ort
from onnx import TensorProto, helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import paired_ratio

CALLS = 2000  # of a block


def relu(shape):
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def opened(module, model):
    options = module.SessionOptions()
    options.intra_op_num_threads = 1
    return module.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def microseconds(session, names, feed):
    begin = time.perf_counter()
    for _ in range(CALLS):
        session.run(names, feed)
    return (time.perf_counter() - begin) / CALLS * 1e6


def main():
    blocks = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    feed = {"x": np.ones((1, 8), np.float32)}
    for title, shape, names in (("fixed shape", [1, 8], None), ("open batch", ["n", 8], None), ("one output by name", [1, 8], ["y"])):
        sessions = [opened(module, relu(shape)) for module in (onnxruntime, paperkite.ort)]
        times = ([], [])
        for block in range(blocks):
            for which in (0, 1) if block % 2 else (1, 0):
                times[which].append(microseconds(sessions[which], names, feed))
        ratio, low, high = paired_ratio.estimate([ours / theirs for theirs, ours in zip(*times)])
        print(f"{title}: paperkite.ort {statistics.median(times[1]):.2f} us, onnxruntime {statistics.median(times[0]):.2f} us, "
              f"ratio {ratio:.2f} ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
