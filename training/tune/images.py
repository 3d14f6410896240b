# SPDX-License-Identifier: Apache-2.0
"""Finds labelled pictures, splits them, decodes and augments them; every choice follows from the seed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance, UnidentifiedImageError
from torch.utils.data import Dataset
from tqdm import tqdm

from training.labels import PREPROCESS

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


class BadData(Exception):
    """The data set cannot be used; the text says which file and why."""


@dataclass
class Listing:
    names: list[str]  # class names in index order
    files: list[Path]
    labels: list[int]


def _from_csv(root: Path) -> tuple[list[Path], list[str]]:
    table = root / "Training_set.csv"
    with open(table, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"filename", "label"} <= set(rows[0]):
        raise BadData(f"{table}: expected a header with filename,label and at least one row")
    # The public set has its labels in capital letters; the study wrote them in title case.
    return [root / "train" / row["filename"] for row in rows], [row["label"].strip().title() for row in rows]


def _from_folders(root: Path) -> tuple[list[Path], list[str]]:
    files = sorted(path for path in root.glob("*/*") if path.suffix.lower() in _SUFFIXES)
    if not files:
        raise BadData(f"{root}: neither Training_set.csv nor <class>/<picture> files found")
    return files, [path.parent.name for path in files]


def find(root: Path, names: list[str] | None = None) -> Listing:
    """Lists root's pictures; `names` fixes the classes (a validation set uses the training set's)."""
    if not root.is_dir():
        raise BadData(f"{root}: no such folder")
    files, words = _from_csv(root) if (root / "Training_set.csv").exists() else _from_folders(root)
    names = names or sorted(set(words))
    strange = sorted(set(words) - set(names))
    if strange:
        raise BadData(f"{root}: class {strange[0]!r} is not one of the {len(names)} classes trained on")
    absent = next((path for path in files if not path.exists()), None)
    if absent is not None:
        raise BadData(f"{absent}: listed but not there")
    index = {name: k for k, name in enumerate(names)}
    return Listing(names, files, [index[word] for word in words])


def split(listing: Listing, share: float, seed: int) -> tuple[Listing, Listing]:
    """Holds back `share` of every class."""
    rng = np.random.default_rng([seed, 77])
    labels = np.array(listing.labels)
    held: set[int] = set()
    for label in range(len(listing.names)):
        places = np.flatnonzero(labels == label)
        held.update(rng.permutation(places)[: round(share * len(places))].tolist())

    def part(keep: list[int]) -> Listing:
        return Listing(listing.names, [listing.files[k] for k in keep], [listing.labels[k] for k in keep])

    return part([k for k in range(len(labels)) if k not in held]), part(sorted(held))


def load(path: Path, short_side: int = 0) -> Image.Image:
    """The picture as RGB; with short_side, no larger than needed for that."""
    try:
        image = Image.open(path)
        if short_side:
            image.draft("RGB", (short_side, short_side))
        image = image.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise BadData(f"{path}: not a readable picture ({error})") from error
    if short_side and min(image.size) > short_side:
        scale = short_side / min(image.size)
        image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))),
                             Image.Resampling.BILINEAR)  # fmt: skip
    return image


def evaluation_pixels(image: Image.Image) -> np.ndarray:
    """torchvision's Resize and CenterCrop on a PIL picture: 3 x crop x crop, uint8."""
    size, crop = PREPROCESS["resize"], PREPROCESS["crop"]
    width, height = image.size
    short, long = min(width, height), max(width, height)
    long = int(size * long / short)
    image = image.resize((size, long) if width <= height else (long, size), Image.Resampling.BILINEAR)
    left, top = round((image.width - crop) / 2.0), round((image.height - crop) / 2.0)
    return np.asarray(image.crop((left, top, left + crop, top + crop))).transpose(2, 0, 1)


class Training(Dataset):
    """Random crops, flips and colours; what item k is in epoch e depends on (seed, e, k) only."""

    def __init__(self, listing: Listing, seed: int, cache_px: int, min_area: float):
        self.listing, self.seed, self.min_area = listing, seed, min_area
        self.cache_px, self.side, self.epoch = cache_px, PREPROCESS["crop"], 0
        self.pixels: list[np.ndarray] | None = None
        if cache_px:
            quiet = None  # tqdm: only on a terminal
            self.pixels = [np.asarray(load(path, cache_px)) for path in tqdm(listing.files, "decode", disable=quiet)]

    def __len__(self) -> int:
        return len(self.listing.files)

    def __getitem__(self, k: int) -> tuple[torch.Tensor, int]:
        rng = np.random.default_rng([self.seed, self.epoch, k])
        image = load(self.listing.files[k]) if self.pixels is None else Image.fromarray(self.pixels[k])
        image = self._crop(image, rng)
        if rng.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        for enhance in (ImageEnhance.Brightness, ImageEnhance.Color):
            if rng.random() < 0.4:
                image = enhance(image).enhance(rng.uniform(0.75, 1.25))
        return torch.from_numpy(np.asarray(image).transpose(2, 0, 1).copy()), self.listing.labels[k]

    def _crop(self, image: Image.Image, rng: np.random.Generator) -> Image.Image:
        width, height = image.size
        area = width * height * rng.uniform(self.min_area, 1.0)
        ratio = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
        w, h = min(width, np.sqrt(area * ratio)), min(height, np.sqrt(area / ratio))
        x, y = rng.uniform(0, width - w), rng.uniform(0, height - h)
        return image.resize((self.side, self.side), Image.Resampling.BILINEAR, box=(x, y, x + w, y + h))


class Evaluation(Dataset):
    """The pictures exactly as a deployed model sees them."""

    def __init__(self, listing: Listing):
        self.listing = listing

    def __len__(self) -> int:
        return len(self.listing.files)

    def __getitem__(self, k: int) -> tuple[torch.Tensor, int]:
        return torch.from_numpy(evaluation_pixels(load(self.listing.files[k])).copy()), self.listing.labels[k]
