# SPDX-License-Identifier: Apache-2.0
"""usage: export_torchscript.py MODEL.safetensors OUT.pt: a frozen TorchScript for programs that link libtorch."""

import os
import sys

import network
import torch


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model, out = sys.argv[1:]
    if not os.path.isfile(model):
        sys.exit(f"export_torchscript: there is no file {model}")
    partial = out + ".partial"
    with torch.no_grad():
        torch.jit.save(network.frozen_script(network.load(model), optimised=False), partial)
    os.replace(partial, out)
    print(f"{out}: {os.path.getsize(out) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
