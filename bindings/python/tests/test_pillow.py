# SPDX-License-Identifier: Apache-2.0
"""A picture that Pillow has read is the picture in the file: every format and mode of tests/pictures, and orientations."""

import sys
import warnings

import numpy as np
import paperkite
import pytest
from conftest import ROOT, tiny_model
from PIL import Image

sys.path.insert(0, str(ROOT / "tests/pictures"))
import bmp_gif_netpbm
import picture_files
import tiffs


@pytest.fixture(scope="module")
def openers(tmp_path_factory):
    model = tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx", size=32)
    return [paperkite.Classifier(model, exif=exif, cache=False) for exif in ("ignore", "apply")]


def compare(openers, paths, most):
    """How many pictures both could read."""
    compared = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in paths[:: max(1, len(paths) // most)]:
            for classifier in openers:
                try:
                    with Image.open(path) as image:
                        given = classifier.preprocess(image)
                    read = classifier.preprocess(path)
                except (paperkite.Error, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
                    continue
                assert (given == read).all(), f"{path.name}, {image.mode}"
                compared += 1
    return compared


@pytest.mark.parametrize(("name", "write"), [
    ("jpeg", lambda w: picture_files.jpegs(w, 30, 200)), ("phone", picture_files.phone_jpegs), ("png", lambda w: picture_files.pngs(w, 60, 200)),
    ("webp", lambda w: picture_files.webps(w, 20, 200)), ("gif", lambda w: bmp_gif_netpbm.gifs(w, 40, 60)),
    ("bmp", lambda w: bmp_gif_netpbm.bmps(w, 40, 60)), ("netpbm", lambda w: bmp_gif_netpbm.netpbms(w, 40, 60)), ("tiff", tiffs.all_tiffs),
], ids=lambda each: each if isinstance(each, str) else "")
def test_a_picture_of_pillow_is_the_picture_in_the_file(openers, tmp_path, name, write):
    writer = picture_files.Writer(tmp_path, np.random.default_rng(7))
    write(writer)
    assert compare(openers, writer.paths, 60) >= 20


def test_orientations_are_applied_where_the_recipe_says_so(openers, tmp_path):
    paths = picture_files.write_oriented(tmp_path, np.random.default_rng(3))
    assert compare(openers, paths, 1000) > len(paths)
    ignoring, applying = openers
    turned = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in paths:
            with Image.open(path) as image:
                turned += not np.array_equal(ignoring.preprocess(image), applying.preprocess(image))
    assert turned > 5


@pytest.mark.parametrize("mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "I", "I;16", "F"])
def test_every_mode_is_converted_as_pillow_converts_it(openers, mode):
    image = Image.fromarray(np.random.default_rng(5).integers(0, 256, (40, 50, 4), np.uint8), "RGBA")
    try:
        image = image.convert(mode) if mode != "I;16" else Image.fromarray(np.arange(2000, dtype="<u2").reshape(40, 50) * 17)
    except ValueError:
        image = image.convert({"La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "HSV": "RGB", "YCbCr": "RGB"}.get(mode, "RGB")).convert(mode)
    assert image.mode == mode
    try:
        wanted = image.convert("RGB")
    except ValueError:
        with pytest.raises(paperkite.InvalidImageError, match="Pillow cannot give"):
            openers[0].preprocess(image)
        return
    assert (openers[0].preprocess(image) == openers[0].preprocess(np.asarray(wanted))).all()


def test_a_picture_that_pillow_cannot_read_has_an_error(openers, tmp_path):
    path = tmp_path / "cut.png"
    Image.fromarray(np.random.default_rng(5).integers(0, 256, (80, 80, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with Image.open(path) as image, pytest.raises(paperkite.InvalidImageError, match="Pillow cannot give the pixels") as raised:
        openers[0](image)
    assert isinstance(raised.value.__cause__, OSError)


def test_a_picture_whose_recipe_ignores_its_orientation_says_so(openers, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(path, exif=exif)
    with Image.open(path) as image:
        for picture in (path, image):
            with pytest.warns(paperkite.Notice, match="orientation") as notices:
                result = openers[0](picture)
            assert [str(each.message) for each in notices] == result.warnings and notices[0].filename == __file__
