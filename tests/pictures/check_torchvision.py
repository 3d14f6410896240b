# SPDX-License-Identifier: Apache-2.0
"""Checks rules.py against torchvision itself. Needs PyTorch, so it is run by hand and not by the test suite."""

import sys

import numpy as np
from PIL import Image
from torchvision import transforms

import rules

MODES = transforms.InterpolationMode


def main() -> int:
    rng = np.random.default_rng(7)
    failed = 0
    cases = 400
    for i in range(cases):
        width, height = (int(n) for n in rng.integers(1, 700, 2))
        if max(width, height) > 60 * min(width, height):
            width = height
        image = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        name = list(rules.FILTERS)[i % 6]
        short = int(rng.integers(1, 300))
        resize = short if i % 3 else [short, int(rng.integers(1, 300))]
        crop = [int(n) for n in rng.integers(1, 320, 2)]
        mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
        recipe = {"resize": resize, "crop": crop, "interpolation": name, "mean": mean, "std": std}
        theirs = transforms.Compose([
            transforms.Resize(resize, interpolation=MODES(name)),
            transforms.CenterCrop(crop),
            transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ])(image).numpy()
        ours = rules.normalize(np.asarray(rules.picture(image, recipe)), recipe)
        if ours.shape != theirs.shape or ours.tobytes() != theirs.tobytes():
            failed += 1
            print(f"differs: {width}x{height} {recipe}")
    print(f"{cases - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
