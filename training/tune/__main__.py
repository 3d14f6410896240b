# SPDX-License-Identifier: Apache-2.0
"""python -m training.tune: fine-tunes RegNet_x_400mf or RegNet_y_16gf and writes all that the contestants load."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from training.export import STYLES, export
from training.labels import write_mapping
from training.nets import MODELS, NoWeights, build, start_from

from .images import BadData, Evaluation, Training, find, split
from .loop import Recipe, Run, Stage, evaluate, report


def _stages(text: str) -> list[Stage]:
    try:
        stages = [Stage(*(int(part) for part in item.split(":"))) for item in text.split(",")]
    except (ValueError, TypeError):
        raise argparse.ArgumentTypeError(f"{text!r} is not SIDE:EPOCHS[,SIDE:EPOCHS...], such as 128:8,224:2") from None
    if any(stage.side < 32 or stage.epochs < 1 for stage in stages):
        raise argparse.ArgumentTypeError("sides start at 32 pixels, epochs at 1")
    return stages


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.tune", description=__doc__)
    add = parser.add_argument
    add("--images", type=Path, required=True, help="<class>/<picture> folders, or a folder with Training_set.csv and train/")
    add("--out", type=Path, required=True, help="where models, labels and the checkpoint go")
    add("--model", choices=sorted(MODELS), default="regnet_x_400mf")
    add("--weights", default="imagenet", help="imagenet (torchvision's, downloaded), none (from scratch), or a state dict file")
    add("--val", type=Path, help="pictures to judge by (default: a share of --images is held back)")
    add("--val-share", type=float, default=0.1)
    add("--stages", type=_stages, default=_stages("224:10"), help="SIDE:EPOCHS,... small pictures first saves time")
    add("--batch", type=int, default=64)
    add("--lr", type=float, default=0.05, help="peak learning rate for SGD")
    add("--seed", type=int, default=1)
    add("--min-area", type=float, default=0.35, help="smallest random crop as a share of the picture")
    add("--cache-px", type=int, default=0, help="keep the pictures decoded in memory with this short side (0: decode each time)")
    add("--max-steps", type=int, default=0, help="stop after this many steps (0: all epochs)")
    add("--checkpoint-every", type=int, default=200, metavar="STEPS")
    add("--resume", action="store_true", help="go on from OUT/checkpoint.pt where there is one")
    add("--threads", type=int, default=0, help="0: PyTorch's choice")
    add("--workers", type=int, default=0, help="loader processes")
    add("--no-export", action="store_true", help="leave the ONNX files out (python -m training.export makes them)")
    args = parser.parse_args()
    if args.batch < 2 or args.checkpoint_every < 1 or not 0 <= args.val_share < 1 or not 0 < args.min_area <= 1:
        parser.error("--batch >= 2, --checkpoint-every >= 1, 0 <= --val-share < 1 and 0 < --min-area <= 1 are needed")
    return args


def _finish(args: argparse.Namespace, run: Run, names: list[str]) -> None:
    net = run.average.net.cpu().float().to(memory_format=torch.contiguous_format)
    state = {name: value.contiguous() for name, value in net.state_dict().items()}
    partial = args.out / f"{args.model}.safetensors.partial"
    save_file(state, str(partial), metadata={"format": "pt"})
    partial.chmod(0o644)  # safetensors makes its files private
    partial.replace(args.out / f"{args.model}.safetensors")
    write_mapping(args.out / "labels_mapping.json", names)
    if args.no_export:
        return
    for style in STYLES:
        suffix = "" if style == "dynamo" else ".torchscript"
        export(net, args.out / f"{args.model}{suffix}.onnx", names, style)


def main() -> int:
    args = _arguments()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        listing = find(args.images)
        if args.val is not None:
            train, val = listing, find(args.val, listing.names)
        else:
            train, val = split(listing, args.val_share, args.seed)
        if len(train.files) < args.batch:
            raise BadData(f"{args.images}: {len(train.files)} training pictures are fewer than one batch of {args.batch}")
        net = build(args.model, len(listing.names))
        checkpoint = args.out / "checkpoint.pt"
        going_on = args.resume and checkpoint.exists()
        origin = f"from {checkpoint}" if going_on else start_from(net, args.model, args.weights)
        args.out.mkdir(parents=True, exist_ok=True)
        print(f"{args.model} {origin}; {len(train.files)} pictures to learn, {len(val.files)} to judge, "
              f"{len(listing.names)} classes, {device}, process {os.getpid()}", file=sys.stderr, flush=True)  # fmt: skip
        recipe = Recipe(args.stages, args.batch, args.lr, args.seed, max_steps=args.max_steps)
        identity = {"model": args.model, "classes": listing.names, "pictures": len(train.files), "batch": args.batch,
                    "seed": args.seed, "stages": [[s.side, s.epochs] for s in args.stages], "lr": args.lr,
                    "max_steps": args.max_steps}  # fmt: skip
        data = Training(train, args.seed, args.cache_px, args.min_area)
        run = Run(net, data, recipe, checkpoint, args.checkpoint_every, device, args.workers, identity)
        if going_on:
            run.resume()
            print(f"resumed at step {run.step} of {run.plan.steps}", file=sys.stderr, flush=True)
        run.train()
        if val.files:
            result = report(evaluate(run.average.net, Evaluation(val), 32, device, args.workers), listing.names)
            (args.out / "accuracy.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
            print(f"top-1 {100 * result['top1']:.2f} % of {result['pictures']} pictures not learnt from", file=sys.stderr)
        _finish(args, run, listing.names)
    except (BadData, NoWeights, ValueError) as error:
        print(f"training.tune: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
