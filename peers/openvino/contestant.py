# SPDX-License-Identifier: Apache-2.0
"""OpenVINO through its Python wheel, on the CPU. README.md says which settings, and why they are fair."""

import os
import sys

import openvino as ov

sys.path.insert(1, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "sdk", "python"))
import paperkite_contestant as sdk  # noqa: E402


def configuration(request):
    """The default track sets nothing: it computes in bf16 if the processor can, and reports that."""
    values = {}
    if request.track == "matched":
        values = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        if request.threads:
            values["INFERENCE_NUM_THREADS"] = request.threads
    if "cache_dir" in request.settings:
        values["CACHE_DIR"] = request.settings["cache_dir"]
    return values


def compiled(request):
    return ov.Core().compile_model(request.model, "CPU", configuration(request))


def load(request):
    model = compiled(request)
    infer_request = model.create_infer_request()

    def infer(tensor):
        return infer_request.infer({0: tensor}, share_inputs=True, share_outputs=True)

    precision = model.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    streams = model.get_property("NUM_STREAMS")
    hint = str(model.get_property("PERFORMANCE_HINT")).split(".")[-1].lower()
    settings = f"computes in {precision}; {streams} stream(s); performance hint: {hint}"
    if "cache_dir" in request.settings:
        settings += "; compiled model cached before"
    return sdk.Engine(infer, model.get_property("INFERENCE_NUM_THREADS"), settings, unwrap=lambda result: result[0])


sdk.run(load, {"openvino": ov.__version__.split("-")[0]}, prepare=compiled)
