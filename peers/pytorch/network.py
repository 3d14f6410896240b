# SPDX-License-Identifier: Apache-2.0
"""A torchvision network from the state dict beside the ONNX file: shared by the contestant and export_torchscript.py."""

import os
import sys
import warnings

import torch
import torchvision
from safetensors.torch import load_file

SIDE = 224  # of the picture that a network is traced with


def architecture_of(path):
    """The torchvision model that the file's name begins with: regnet_x_400mf-tuned.safetensors is a regnet_x_400mf."""
    stem = os.path.basename(path).lower()
    names = [name for name in torchvision.models.list_models(module=torchvision.models) if stem.startswith(name)]
    if not names:
        sys.exit(f"contestant: {path}: no torchvision model has the name that this file begins with; "
                 "rename it, or give --set architecture=NAME")  # fmt: skip
    return max(names, key=len)


def load(path, architecture=None):
    """The network in evaluation mode. Its head has as many classes as the last tensor of the file."""
    state = load_file(path) if path.endswith(".safetensors") else torch.load(path, map_location="cpu", weights_only=True)
    name = architecture or architecture_of(path)
    heads = [key for key in ("fc.bias", "classifier.bias", "head.bias", "heads.head.bias") if key in state]
    heads = heads or [key for key in state if key.startswith(("classifier.", "heads.", "head.")) and key.endswith(".bias")]
    if not heads:
        sys.exit(f"contestant: {path}: no tensor looks like a classifier's bias; it is no state dict of {name}")
    net = torchvision.models.get_model(name, weights=None, num_classes=len(state[heads[-1]]))
    net.load_state_dict(state)
    return net.eval()


def frozen_script(net, optimised):
    """TorchScript with the weights inside. `optimised`: for this CPU; such a module cannot be saved."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is deprecated, but libtorch reads its files
        traced = torch.jit.trace(net, torch.zeros(1, 3, SIDE, SIDE), check_trace=False)
        frozen = torch.jit.freeze(traced)
        return torch.jit.optimize_for_inference(frozen) if optimised else frozen
