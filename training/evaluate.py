# SPDX-License-Identifier: Apache-2.0
"""python -m training.evaluate: a state dict's accuracy and confusions on labelled pictures, deployed preprocessing, float32."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from training.labels import read_mapping
from training.nets import MODELS, build, read_state
from training.tune.images import BadData, Evaluation, find
from training.tune.loop import evaluate, report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("state", type=Path, help="state dict: .safetensors or .pth")
    parser.add_argument("--images", type=Path, required=True, help="<class>/<picture> folders or the Training_set.csv layout")
    parser.add_argument("--labels", type=Path, required=True, help="labels_mapping.json")
    parser.add_argument("--model", choices=sorted(MODELS), default="regnet_x_400mf")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's choice")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    names = read_mapping(args.labels)
    net = build(args.model, len(names))
    net.load_state_dict(read_state(args.state))
    try:
        matrix = evaluate(net.to(memory_format=torch.channels_last), Evaluation(find(args.images, names)), args.batch, "cpu")
    except BadData as error:
        print(f"training.evaluate: error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(report(matrix, names), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
