# SPDX-License-Identifier: Apache-2.0
"""PyTorch on the CPU, from a state dict. README.md says which settings, and why they are fair."""

import os
import sys

import torch
import torchvision

sys.path.insert(1, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "sdk", "python"))
import network  # noqa: E402
import paperkite_contestant as sdk  # noqa: E402

FORMS = {
    "eager": "eager, contiguous",
    "channels-last": "eager, channels last",
    "jit-freeze": "traced, frozen, optimize_for_inference",
    "compile-freezing": "torch.compile (inductor) with freezing",
}


def compiled(net, cache):
    """Compiles at the first call. If there is a `cache`, the compiled code is kept in it for later processes."""
    if cache:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache
    import torch._inductor.config as inductor

    inductor.freezing = True
    return torch.compile(net, dynamic=False)


def load(request):
    form = request.settings.get("form", "eager")
    if form not in FORMS:
        sdk.fail(f"--set form={form}: one of {', '.join(FORMS)}")
    if request.threads:
        torch.set_num_threads(request.threads)
    torch.set_grad_enabled(False)
    net = network.load(request.model, request.settings.get("architecture"))
    settings = f"{FORMS[form]}; float32, no gradients"
    if form == "channels-last":
        net = net.to(memory_format=torch.channels_last)
        # The input is NCHW; the time of this mode includes reordering it.
        return engine(lambda x: net(x.contiguous(memory_format=torch.channels_last)), settings)
    if form == "jit-freeze":
        return engine(network.frozen_script(net, optimised=True), settings)
    if form == "compile-freezing":
        return engine(compiled(net, request.settings.get("cache_dir")), settings)
    return engine(net, settings)


def engine(infer, settings):
    return sdk.Engine(infer, torch.get_num_threads(), settings, torch.from_numpy, lambda y: y.numpy())


def prepare(request):
    """Compiles for the number of threads asked for, into the cache that the measured processes read."""
    net = load(request)
    net.infer(torch.zeros(1, 3, network.SIDE, network.SIDE))


sdk.run(load, {"torch": torch.__version__, "torchvision": torchvision.__version__}, prepare)
