# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime on one model, in a process of its own: one thread, default optimisation.

    run_onnxruntime.py answers MODEL OUT.npy X.npy...   the logits of every input; prints the seconds from opening the model
                                                        to the first answer, without Python's own start
    run_onnxruntime.py times MODEL X.npy RUNS           prints the milliseconds of each run"""

from __future__ import annotations

import sys
import time

import numpy as np
import onnxruntime

onnxruntime.set_default_logger_severity(3)


def open_session(model: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def main() -> None:
    what, model, *rest = sys.argv[1:]
    if what == "answers":
        out, *files = rest
        inputs = [np.load(file) for file in files]
        begin = time.perf_counter()
        session = open_session(model)
        scores, name = [session.get_outputs()[-1].name], session.get_inputs()[0].name
        answers = session.run(scores, {name: inputs[0]})
        print(time.perf_counter() - begin)
        answers += [session.run(scores, {name: x})[0] for x in inputs[1:]]
        np.save(out, np.concatenate(answers))
        return
    file, runs = rest
    session = open_session(model)
    feed = {session.get_inputs()[0].name: np.load(file)}
    session.run(None, feed)
    for _ in range(int(runs)):
        begin = time.perf_counter()
        session.run(None, feed)
        print((time.perf_counter() - begin) * 1e3)


if __name__ == "__main__":
    main()
