# SPDX-License-Identifier: Apache-2.0
"""Writes drawn pictures as an ImageFolder tree or in the public set's layout (Training_set.csv)."""

from __future__ import annotations

import csv
import multiprocessing
import re
from pathlib import Path

from .picture import draw, encode
from .species import NAMES


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _write(job: tuple) -> int:
    path, seed, label, number, size, quality = job
    data = encode(draw(seed, label, number, size), seed, label, number, quality)
    Path(path).write_bytes(data)
    return len(data)


def _run(jobs: list[tuple], workers: int) -> int:
    """Draws all jobs; returns the bytes written."""
    if workers <= 1:
        return sum(map(_write, jobs))
    with multiprocessing.Pool(workers) as pool:
        return sum(pool.imap_unordered(_write, jobs, chunksize=16))


def write_folders(out: Path, per_class: int, seed: int, size, quality, workers: int) -> int:
    """OUT/<class name>/<class>_<n>.jpg, what torchvision's ImageFolder reads."""
    jobs = []
    for label, name in enumerate(NAMES):
        (out / name).mkdir(parents=True, exist_ok=True)
        jobs += [(str(out / name / f"{slug(name)}_{n}.jpg"), seed, label, n, size, quality)
                 for n in range(1, per_class + 1)]  # fmt: skip
    return _run(jobs, workers)


def write_flat(out: Path, per_class: int, seed: int, size, quality, workers: int) -> int:
    """OUT/<class>_<n>.jpg, all in one folder."""
    out.mkdir(parents=True, exist_ok=True)
    jobs = [(str(out / f"{slug(name)}_{n}.jpg"), seed, label, n, size, quality)
            for label, name in enumerate(NAMES) for n in range(1, per_class + 1)]  # fmt: skip
    return _run(jobs, workers)


def write_csv(out: Path, per_class: int, test_per_class: int, seed: int, size, quality, workers: int) -> int:
    """The public set's layout: train/Image_<n>.jpg with Training_set.csv, test/ with Testing_set.csv (no labels)."""
    jobs, tables = [], {"train": [], "test": []}
    for part, count, first in (("train", per_class, 1), ("test", test_per_class, per_class + 1)):
        (out / part).mkdir(parents=True, exist_ok=True)
        for n in range(first, first + count):
            for label, name in enumerate(NAMES):
                filename = f"Image_{len(tables[part]) + 1}.jpg"
                tables[part].append((filename, name.upper()))
                jobs.append((str(out / part / filename), seed, label, n, size, quality))
    with open(out / "Training_set.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("filename", "label"), *tables["train"]])
    with open(out / "Testing_set.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("filename",), *[(row[0],) for row in tables["test"]]])
    return _run(jobs, workers)
