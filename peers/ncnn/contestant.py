# SPDX-License-Identifier: Apache-2.0
"""ncnn through its Python wheel. README.md says which settings, and why they are fair."""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys

import ncnn
import numpy as np

sys.path.insert(1, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "sdk", "python"))
import paperkite_contestant as sdk  # noqa: E402


def load(request):
    before = sdk.tasks()
    net = ncnn.Net()
    options = net.opt
    options.num_threads = request.threads
    # By default ncnn stores and computes in 16 bits if the processor can. The options are read when the model is loaded.
    for name in dir(options):
        if name.startswith(("use_fp16", "use_bf16")):
            setattr(options, name, False)
    winograd = request.settings.get("winograd", "on")
    if winograd not in ("on", "off"):
        sdk.fail(f"--set winograd={winograd}: on or off")
    options.use_winograd_convolution = winograd == "on"
    converted = request.settings["converted"]
    for read, name in ((net.load_param, "param"), (net.load_model, "bin")):
        path = f"{converted}.ncnn.{name}"
        if not os.path.isfile(path) or read(path) != 0:
            sdk.fail(f"{path}: cannot be loaded; it is made by `prepare`")
    source, sink = net.input_names()[0], net.output_names()[0]

    def infer(tensor):
        with net.create_extractor() as extractor:
            extractor.input(source, tensor[0])
            status, output = extractor.extract(sink)
        if status != 0:
            sdk.fail(f"ncnn ended an inference with {status}")
        return output

    settings = f"float32 everywhere; Winograd convolutions {winograd}; packed layouts, as by default"
    threads = sdk.tasks() - before + 1
    # ncnn's matrix borrows the array's memory and does not keep the array alive.
    return sdk.Engine(infer, threads, settings, wrap=lambda array: (ncnn.Mat(array[0]), array), unwrap=np.array)


def prepare(request):
    """Converts the model. The wheel's own wrapper of the converter needs PyTorch; the converter does not."""
    converter = os.path.join(importlib.util.find_spec("pnnx").submodule_search_locations[0], "pnnx")
    link = request.settings["converted"] + ".onnx"  # the converter writes beside the file that it reads
    if os.path.lexists(link):
        os.remove(link)
    os.symlink(os.path.abspath(request.model), link)
    result = subprocess.run([converter, link, "fp16=0"], cwd=os.path.dirname(link), capture_output=True, text=True, check=False)
    if result.returncode != 0 or not os.path.isfile(request.settings["converted"] + ".ncnn.bin"):
        sdk.fail(f"pnnx could not convert {request.model}: {(result.stderr + result.stdout)[-400:]}")


sdk.run(load, {"ncnn": ncnn.__version__, "pnnx": importlib.metadata.version("pnnx")}, prepare)
