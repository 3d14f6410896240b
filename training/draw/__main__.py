# SPDX-License-Identifier: Apache-2.0
"""python -m training.draw: draws the demo's butterfly pictures."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from .dataset import write_csv, write_flat, write_folders
from .species import NAMES


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, such as 500x332") from None
    if not (32 <= width <= 4000 and 32 <= height <= 4000):
        raise argparse.ArgumentTypeError("width and height must lie between 32 and 4000")
    return width, height


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.draw", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write (made if missing)")
    parser.add_argument("--per-class", type=_count, default=20, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws other individuals")
    parser.add_argument("--size", type=_size, metavar="WxH", help="one size for all (default: varied)")
    parser.add_argument("--quality", type=int, choices=range(10, 101), metavar="10..100", help="JPEG quality (default: varied)")
    parser.add_argument("--layout", choices=("folders", "csv", "flat"), default="folders",
                        help="ImageFolder tree, the public set's Training_set.csv, or one folder")  # fmt: skip
    parser.add_argument("--test-per-class", type=_count, default=2, metavar="N", help="csv layout: unlabelled test pictures")
    parser.add_argument("--workers", type=_count, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    if args.seed < 0:
        parser.error("--seed must not be negative")
    start = time.monotonic()
    rest = (args.seed, args.size, args.quality, args.workers)
    if args.layout == "csv":
        total = args.per_class + args.test_per_class
        size = write_csv(args.out, args.per_class, args.test_per_class, *rest)
    else:
        total = args.per_class
        size = (write_folders if args.layout == "folders" else write_flat)(args.out, args.per_class, *rest)
    took = time.monotonic() - start
    count = total * len(NAMES)
    print(f"{count} pictures of {len(NAMES)} species in {args.out}: {size / 1e6:.1f} MB, {took:.1f} s, "
          f"{count / took:.0f} pictures/s", file=sys.stderr)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
