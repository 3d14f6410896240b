# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime through its Python wheel. README.md says which settings, and why they are fair."""

import os
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library is loaded
import onnxruntime as ort  # noqa: E402

sys.path.insert(1, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "sdk", "python"))
import paperkite_contestant as sdk  # noqa: E402

LEVELS = {
    "disabled": ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
}


def session_options(request):
    """The options, and a text that describes them. The default track sets nothing at all. Settings whose names begin with
    "session." are the library's own configuration entries and are passed on unchanged."""
    options = ort.SessionOptions()
    for key, value in request.settings.items():
        if key.startswith("session."):
            options.add_session_config_entry(key, value)
    if request.track == "default":
        return options, "nothing set"
    level = request.settings.get("optimisation", "all")
    if level not in LEVELS:
        sdk.fail(f"--set optimisation={level}: one of {', '.join(LEVELS)}")
    options.graph_optimization_level = LEVELS[level]
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = request.threads
    return options, f"graph optimisation: {level}; sequential; the pool spins between calls, as it does by default"


def load(request):
    options, settings = session_options(request)
    path = request.settings.get("saved_model", request.model)
    if path != request.model:
        options.graph_optimization_level = LEVELS["disabled"]  # a saved model is optimised already
        settings = "graph optimisation: all, done before and saved; sequential; the pool spins between calls"
    before = sdk.tasks()
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name, outputs = session.get_inputs()[0].name, [session.get_outputs()[0].name]
    return sdk.Engine(lambda x: session.run(outputs, {name: x})[0], sdk.tasks() - before + 1, settings)


def prepare(request):
    options, _ = session_options(request)
    options.optimized_model_filepath = request.settings["saved_model"]
    ort.InferenceSession(request.model, options, providers=["CPUExecutionProvider"])


sdk.run(load, {"onnxruntime": ort.__version__}, prepare)
