# SPDX-License-Identifier: Apache-2.0
"""Compares kite's pictures with Pillow's, byte for byte, over a large generated set.

    compare_pillow.py PATH/TO/kite_picture_dump [--only SECTION] [--seed N] [--keep FOLDER]

Needs numpy and Pillow 13 or newer: that version changed the order of the two resize passes for tall pictures. The last line is "N passed, N failed"; one case is one picture, one resize or one tensor.
"""

import argparse
import json
import pathlib
import re
import sys
import tempfile
import time
import warnings

import numpy as np
import PIL
from PIL import Image, ImageOps

import bad_pictures
import bmp_gif_netpbm
import kite_dump
import picture_files
import rules
import tiffs

# A refused bomb may cost this much memory, the program and its libraries included.
BOMB_MEMORY_BYTES = 64 << 20


FORMATS = pathlib.Path(__file__).parents[2] / "src/image/formats/formats.inc"
# For each row of it: writes at least 300 pictures of all of its modes, with sides from 1 on.
GENERATORS = {
    "JPEG": picture_files.all_jpegs,
    "PNG": picture_files.all_pngs,
    "WebP": picture_files.all_webps,
    "TIFF": tiffs.all_tiffs,
    "GIF": lambda writer: bmp_gif_netpbm.gifs(writer, 320, 60),
    "BMP": lambda writer: bmp_gif_netpbm.bmps(writer, 320, 60),
    "netpbm": lambda writer: bmp_gif_netpbm.netpbms(writer, 320, 60),
}


class Tally:
    def __init__(self):
        self.passed, self.failed, self.began = 0, 0, time.monotonic()

    def check(self, ok: bool, what: str) -> None:
        self.passed += ok
        self.failed += not ok
        if not ok and self.failed <= 40:
            print(f"FAILED {what}")

    def section(self, name: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {self.passed:6d} passed  {self.failed} failed  after {name}", flush=True)


def pillow_rgb(path, upright=False):
    """The reference pixels, or None where Pillow refuses."""
    try:
        with Image.open(path) as image:
            if upright:
                image = ImageOps.exif_transpose(image)
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, TypeError, Image.DecompressionBombError):
        return None


def difference(answer, expected) -> str:
    """Empty when equal."""
    if not answer.ok:
        return f"refused: {answer.error}"
    if answer.pixels.shape != expected.shape:
        return f"shape {answer.pixels.shape} instead of {expected.shape}"
    if np.array_equal(answer.pixels, expected):
        return ""
    delta = np.abs(answer.pixels.astype(int) - expected)
    return f"{np.count_nonzero(delta)} bytes differ, by up to {delta.max()}"


def compare_formats(tally, program, folder, rng) -> None:
    """Each row of formats.inc has a generator; Pillow's picture is kite's, and what Pillow refuses is refused."""
    rows = re.findall(r'^KITE_PICTURE_FORMAT\(\w+, "(\w+)"\)', FORMATS.read_text(), re.MULTILINE)
    tally.check(rows == list(GENERATORS), f"formats.inc has {rows}, the generators are for {list(GENERATORS)}")
    for name, generate in GENERATORS.items():
        writer = picture_files.Writer(folder, rng)
        generate(writer)
        equal = named = 0
        for path, answer in zip(writer.paths, kite_dump.run(program, [("decode", p, "ignore") for p in writer.paths], folder)):
            expected = pillow_rgb(path)
            if expected is None:
                tally.check(not answer.ok and answer.error[0] in bad_pictures.REFUSALS, f"{path.name}: Pillow refuses it")
            elif not answer.ok and answer.error[0] == "unsupported-image":
                named += 1
                tally.check(" with " in answer.error[1], f"{path.name}: refused without a reason: {answer.error}")
            else:
                problem = difference(answer, expected)
                equal += not problem
                tally.check(not problem, f"decode {path.name}: {problem}")
            path.unlink()
        tally.check(equal >= 300, f"{name}: only {equal} pictures were compared")
        tally.section(f"{name}: {equal} equal, {named} of a kind that is refused by name")


def compare_orientation(tally, program, folder, rng) -> None:
    paths = picture_files.write_oriented(folder, rng)
    jobs = [("decode", p, policy) for p in paths for policy in ("ignore", "apply")]
    for (_, path, policy), answer in zip(jobs, kite_dump.run(program, jobs, folder)):
        problem = difference(answer, pillow_rgb(path, upright=policy == "apply"))
        tally.check(not problem, f"orientation {policy} {path.name}: {problem}")
    facts = kite_dump.run(program, [("facts", p) for p in paths], folder)
    for path, answer in zip(paths, facts):
        stated = int(path.stem.split("orientation-")[1])
        tally.check(answer.data.split(b"\t")[0] == str(stated).encode(), f"orientation of {path.name}: {answer.data}")
    tally.section("orientation")


def sources(folder, rng, count, limit):
    """Noise and extreme values: the pictures that are most sensitive to a wrong weight."""
    writer = picture_files.Writer(folder, rng)
    for i in range(count):
        shape = (picture_files.side(rng, limit), picture_files.side(rng, limit), 3)
        pixels = rng.integers(0, 2, shape, dtype=np.uint8) * 255 if i % 3 == 0 else rng.integers(0, 256, shape, dtype=np.uint8)
        writer.save("source.png", Image.fromarray(pixels), format="PNG", compress_level=1)
    return writer.paths


def compare_resizing(tally, program, folder, rng) -> None:
    jobs = []
    for path in sources(folder, rng, 260, 400) + sources(folder, rng, 6, 4000):
        with Image.open(path) as image:
            size = image.size
        for name in rules.FILTERS:
            for whole in (True, False):
                width, height = picture_files.side(rng, 400), picture_files.side(rng, 400)
                if rng.integers(0, 8) == 0:
                    width = size[0]
                if rng.integers(0, 8) == 0:
                    height = size[1]
                x, y = (0, 0) if whole else (int(rng.integers(0, width)), int(rng.integers(0, height)))
                w, h = (width, height) if whole else (int(rng.integers(1, width - x + 1)), int(rng.integers(1, height - y + 1)))
                jobs.append(("resize", path, width, height, name, x, y, w, h))
    opened = (None, None)
    for job, answer in zip(jobs, kite_dump.run(program, jobs, folder)):
        _, path, width, height, name, x, y, w, h = job
        if opened[0] != path:
            opened = path, Image.open(path).convert("RGB")
        expected = np.asarray(opened[1].resize((width, height), rules.FILTERS[name]).crop((x, y, x + w, y + h)))
        problem = difference(answer, expected)
        tally.check(not problem, f"resize {opened[1].size} {job[2:]}: {problem}")
    tally.section("resizing")


def random_recipe(rng) -> dict:
    recipe = {"interpolation": str(rng.choice(list(rules.FILTERS)))}
    kind = int(rng.integers(0, 4))
    if kind == 0:
        recipe["resize"] = [int(rng.integers(1, 260)), int(rng.integers(1, 260))]
    elif kind < 3:
        recipe["resize"] = int(rng.integers(1, 300))
    if rng.integers(0, 5):
        recipe["crop"] = [int(rng.integers(1, 280)), int(rng.integers(1, 280))]
    if rng.integers(0, 3) == 0:
        recipe["crop_offset"] = "floor"
    if rng.integers(0, 3) == 0:
        recipe["channels"] = "bgr"
    if rng.integers(0, 3) == 0:
        recipe["arithmetic"] = "huggingface"
        if rng.integers(0, 2):
            recipe["rescale"] = float(rng.choice([0.00392156862745098, 1.0, 1 / 127.5]))
    if rng.integers(0, 4):
        recipe["mean"] = [round(float(v), 3) for v in rng.uniform(0, 1, 3)]
        recipe["std"] = [round(float(v), 3) for v in rng.uniform(0.05, 1, 3)]
    else:
        recipe["mean"], recipe["std"] = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    return recipe


def compare_recipes(tally, program, folder, rng) -> None:
    jobs, expected = [], []
    for path in sources(folder, rng, 160, 500):
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        for _ in range(4):
            recipe = random_recipe(rng)
            width, height = rules.resized_size(image.size, recipe.get("resize"))
            if width * height > 1_000_000 or min(width, height) < 1:
                continue
            seen = rules.picture(image, recipe)
            layout = str(rng.choice(["nchw", "nhwc"]))
            planes = rules.normalize(np.asarray(seen), recipe)
            jobs += [("crop", path, json.dumps(recipe)), ("tensor", path, json.dumps(recipe), layout)]
            expected += [np.asarray(seen), planes if layout == "nchw" else np.ascontiguousarray(planes.transpose(1, 2, 0))]
    for job, answer, reference in zip(jobs, kite_dump.run(program, jobs, folder), expected):
        if job[0] == "crop":
            problem = difference(answer, reference)
        else:  # bit for bit, not merely equal
            problem = "" if answer.ok and answer.data == reference.tobytes() else f"tensor differs {answer.data[:80] if not answer.ok else ''}"
        tally.check(not problem, f"{job[0]} {job[2]}: {problem}")
    tally.section("recipes")


def compare_forms(tally, program, folder, rng) -> None:
    """Grey and RGBA, uint8 and float16: converted as Pillow does it, then resized and cropped."""
    jobs, expected = [], []
    for path in sources(folder, rng, 60, 300):
        recipe = random_recipe(rng)
        mode, pixels = ("L", "grey") if rng.random() < 0.7 else ("RGBA", "rgba")
        recipe["mean"], recipe["std"] = [0.5] * 3, [0.25] * 3
        dtype = str(rng.choice(["float32", "float16", "uint8"]))
        if dtype == "uint8":
            recipe = {key: recipe[key] for key in recipe if key not in ("mean", "std", "arithmetic")} | {"rescale": 1}
        with Image.open(path) as opened:
            if mode == "RGBA" and (opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info):
                continue  # refused: a transparency of the picture's own
            image = opened.convert("RGB").convert(mode)
        resized = rules.resized_size(image.size, recipe.get("resize"))
        if min(resized) < 1 or resized[0] * resized[1] > 1_000_000:
            continue
        seen = np.asarray(rules.picture(image, recipe))
        if mode == "RGBA" and (seen[..., 3] != 255).any():
            continue  # refused: a transparent border
        planes = np.atleast_3d(seen).transpose(2, 0, 1)
        if mode == "RGBA" and recipe.get("channels") == "bgr":
            planes = planes[[2, 1, 0, 3]]
        if dtype != "uint8":
            planes = np.concatenate([rules.normalize(np.repeat(plane[..., None], 3, 2), recipe)[:1] for plane in planes])
        jobs.append(("tensor", path, json.dumps(recipe), "nchw", pixels, dtype))
        expected.append(np.ascontiguousarray(planes).astype(dtype))
    for job, answer, reference in zip(jobs, kite_dump.run(program, jobs, folder), expected):
        ok = answer.ok and answer.data == reference.tobytes()
        tally.check(ok, f"{job}: {answer.error if not answer.ok else 'differs'}")
    tally.section("forms")


def compare_truncations(tally, program, folder, rng) -> None:
    """Where Pillow still gives a picture, kite must give the same one; where Pillow refuses, kite must refuse."""
    paths = bad_pictures.truncations(rng, folder)
    for path, answer in zip(paths, kite_dump.run(program, [("decode", p, "ignore") for p in paths], folder)):
        expected = pillow_rgb(path)
        if expected is None:
            tally.check(not answer.ok and answer.error[0] == "invalid-image", f"truncated {path.name}: accepted, or {answer.ok or answer.error}")
        else:
            problem = difference(answer, expected)
            tally.check(not problem, f"truncated {path.name}: {problem}")
    tally.section("truncations")


def check_bad_files(tally, program, folder, rng) -> None:
    paths = bad_pictures.bit_flips(rng, folder, 2200)
    for path, answer in zip(paths, kite_dump.run(program, [("decode", p, "ignore") for p in paths], folder)):
        tally.check(answer.ok or answer.error[0] in bad_pictures.REFUSALS, f"damaged {path.name}: {answer.data[:100]}")
        # Of the other formats the libraries decide what damage becomes, and they differ in their versions.
        if answer.ok and path.suffix in (".tif", ".gif", ".bmp", ".ppm", ".pgm"):
            expected = pillow_rgb(path)
            problem = "" if expected is None else difference(answer, expected)
            tally.check(not problem, f"damaged {path.name}: {problem}")
    tally.section("bit flips")

    bombs = bad_pictures.bombs(folder, rng)
    for path, code in bombs:
        answer = kite_dump.run(program, [("decode", path, "ignore")], folder)[0]
        got = "" if answer.ok else answer.error[0]
        tally.check(got == code, f"bomb {path.name}: {got or 'decoded'} instead of {code or 'decoded'}")
    refused = [("decode", path, "ignore") for path, code in bombs if code]
    peak = kite_dump.peak_memory_bytes(program, refused, folder)
    tally.check(peak < BOMB_MEMORY_BYTES, f"refusing the bombs took {peak >> 20} MiB")

    cases = bad_pictures.foreign(folder, rng)
    jobs = [("decode", path, "ignore") for path, _, _ in cases]
    for (path, code, word), answer in zip(cases, kite_dump.run(program, jobs, folder)):
        ok = not answer.ok and answer.error[0] == code and word in answer.error[1]
        tally.check(ok, f"foreign {path.name}: {answer.data[:120]}")

    paths = bad_pictures.lying_names(folder, rng)
    for path, answer in zip(paths, kite_dump.run(program, [("decode", p, "ignore") for p in paths], folder)):
        problem = difference(answer, pillow_rgb(path))
        tally.check(not problem, f"lying name {path.name}: {problem}")
    tally.section("bad files")


SECTIONS = {
    "decode": lambda *given: (compare_formats(*given), compare_orientation(*given)),
    "resize": compare_resizing,
    "recipes": compare_recipes,
    "forms": compare_forms,
    "bad": lambda *given: (compare_truncations(*given), check_bad_files(*given)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path, help="kite_picture_dump")
    parser.add_argument("--only", choices=SECTIONS, help="one section instead of all")
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--keep", type=pathlib.Path, help="keep the generated files in this folder")
    options = parser.parse_args()
    if int(PIL.__version__.split(".")[0]) < 13:
        print(f"compare_pillow.py needs Pillow 13 or newer, this is {PIL.__version__}", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")  # Pillow warns about bombs and palettes that are here on purpose
    tally = Tally()
    with tempfile.TemporaryDirectory() as temporary:
        for index, (name, compare) in enumerate(SECTIONS.items()):
            if options.only not in (None, name):
                continue
            folder = (options.keep or pathlib.Path(temporary)) / name
            folder.mkdir(parents=True, exist_ok=True)
            compare(tally, options.program, folder, np.random.default_rng([options.seed, index]))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
