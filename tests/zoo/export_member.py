# SPDX-License-Identifier: Apache-2.0
"""Exports one member of torchvision or timm into a folder: model.onnx, x0.npy ... x2.npy, and PyTorch's own logits. A process of
its own, so that its memory is given back and a time limit can end it.

    export_member.py LIBRARY NAME EXPORTER OPSET SIZE FOLDER

Exit code 3: the member does not tell pictures apart; 4: the exporter failed. The last line of standard error is the reason."""

from __future__ import annotations

import sys
from pathlib import Path

import networks
import telling  # makes tests/models importable
import torch

from export_graphs import Export, export


def main() -> int:
    library, name, exporter, opset, size, folder = sys.argv[1:]
    torch.set_num_threads(1)
    try:
        seeded = networks.seeded(library, name, int(size))
    except telling.NotTelling as reason:
        print(reason, file=sys.stderr)
        return 3
    telling.save(Path(folder), [x[None] for x in seeded.x], seeded.logits)
    try:
        export(seeded.network, Export(exporter, "static", int(opset)), torch.from_numpy(seeded.x[:1]), Path(folder, "model.onnx"))
    except Exception as error:  # whatever the exporter raises is its answer
        while error.__cause__ is not None:  # the dynamo exporter's own message is the same for all of them
            error = error.__cause__
        print(f"{type(error).__name__}: {' '.join(str(error).split())[:400]}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
