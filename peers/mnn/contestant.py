# SPDX-License-Identifier: Apache-2.0
"""MNN through its Python wheel. README.md says which settings, and why they are fair."""

import os
import sys

# MNN prints on standard output, which is for answers, so the output of its libraries is sent to standard error.
sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

import importlib.metadata  # noqa: E402

import MNN  # noqa: E402
import numpy as np  # noqa: E402

sys.path.insert(1, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "sdk", "python"))
import paperkite_contestant as sdk  # noqa: E402


def tensor_over(array):
    return MNN.Tensor(array.shape, MNN.Halide_Type_Float, array, MNN.Tensor_DimensionType_Caffe)


def load(request):
    converted = request.settings["converted"]
    if not os.path.isfile(converted):
        sdk.fail(f"there is no file {converted}; it is made by `prepare`")
    before = sdk.tasks()
    interpreter = MNN.Interpreter(converted)
    session = interpreter.createSession({"backend": "CPU", "numThread": request.threads, "precision": "high"})
    threads = sdk.tasks() - before + 1
    source, shape, host = interpreter.getSessionInput(session), None, None

    def infer(tensor):
        nonlocal shape, host
        if tensor[1].shape != shape:  # another size than the last picture's needs a new plan
            shape = tensor[1].shape
            interpreter.resizeTensor(source, shape)
            interpreter.resizeSession(session)
            sink = interpreter.getSessionOutput(session)
            host = tensor_over(np.zeros(sink.getShape(), np.float32))
        source.copyFrom(tensor[0])
        interpreter.runSession(session)
        interpreter.getSessionOutput(session).copyToHostTensor(host)
        return host

    # The array is kept beside its tensor, which may borrow the array's memory.
    return sdk.Engine(infer, threads, "backend CPU; precision: high (float32)", wrap=lambda array: (tensor_over(array), array),
                      unwrap=lambda output: np.array(output.getData(), np.float32))  # fmt: skip


def prepare(request):
    """Converts the model with the converter's function: its program would first install a package that reports its use."""
    import _tools

    converted = request.settings["converted"]
    _tools.mnnconvert(["MNNConvert", "-f", "ONNX", "--modelFile", request.model, "--MNNModel", converted, "--bizCode", "MNN"])
    if not os.path.isfile(converted):
        sdk.fail(f"MNN could not convert {request.model}; its reason stands above")


sdk.run(load, {"mnn": importlib.metadata.version("MNN")}, prepare)
