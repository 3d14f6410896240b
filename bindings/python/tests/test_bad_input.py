# SPDX-License-Identifier: Apache-2.0
"""Arguments that mean nothing: each has an Error with what is wrong, and nothing crashes."""

import array
import datetime
import mmap

import numpy as np
import paperkite
import pytest
from conftest import MODEL, PICTURE
from PIL import Image


class Tensor:
    """A tensor of another library: DLPack, and no buffer protocol."""

    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **options):
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


RGB = np.arange(10 * 12 * 3, dtype=np.uint8).reshape(10, 12, 3)


@pytest.mark.parametrize(("picture", "says"), [
    (RGB.astype("f4"), "'f'"), (RGB.astype("f8"), "'d'"), (RGB.astype("i1"), "'b'"), (RGB.astype("?"), r"'\?'"),
    (RGB.astype(">u2"), "'>H'"), (RGB.astype("<u2"), "'H'"), (RGB.astype("f2"), "'e'"), (RGB.astype("c8"), "'Zf'"),
    (RGB.astype(object), "'O'"), (np.array(["a.jpg", "b.jpg"], object), "'O'"), (np.array(["a.jpg"]), "'5w'"),
    (np.array([datetime.date(2024, 1, 1)], "M8[D]"), "does not show its memory"), (RGB.view("V3"), "'3x'"),
    (np.zeros((0, 4, 3), "u1"), r"\(0, 4, 3\) and holds no pixel"), (np.zeros((4, 0), "u1"), "holds no pixel"),
    (np.zeros((4, 5, 0), "u1"), "holds no pixel"), (np.zeros((4, 5, 2), "u1"), "not 3 channels"),
    (np.zeros((3, 4, 5), "u1"), r"not 3 channels; put the channels last.*transpose\(1, 2, 0\)"), (np.zeros((4, 5, 4), "u1"), r"\[:, :, :3\]"),
    (np.zeros((1, 4, 5, 3), "u1"), r"list\(array\)"), (np.zeros((1,) * 5, "u1"), "5 axes"), (np.uint8(3), "0 axes"),
    (np.zeros(0, "u1"), r"\(0,\) and holds no pixel"), (np.zeros(10, "u1"), None),
    (Tensor(RGB.astype("f4")), "float32"), (Tensor(RGB.astype("i8")), "int64"), (Tensor(RGB.astype("?")), "type 6"),
    (Tensor(np.zeros((0, 4, 3), "u1")), "holds no pixel"), (Tensor(np.zeros((4, 5, 2), "u1")), "not 3 channels"),
    (array.array("i", [1, 2, 3]), "'i'"), (b"", None), (b"\xff\xd8\xff", None), (bytearray(), None), (memoryview(b""), None),
], ids=str)
def test_what_is_no_picture_is_an_invalid_image(classifier, picture, says):
    for call in (classifier, classifier.preprocess):
        with pytest.raises(paperkite.InvalidImageError, match=says) as raised:
            call(picture)
        assert raised.value.code == "invalid-image" and isinstance(raised.value, ValueError)
    assert classifier([picture, PICTURE])[0].error.code == "invalid-image"


@pytest.mark.parametrize("picture", [None, 3, 2.5, object(), RGB.shape[0], print, Ellipsis], ids=str)
def test_what_is_no_picture_at_all_is_a_usage_error(classifier, picture):
    for call in (classifier, classifier.preprocess):
        with pytest.raises(paperkite.UsageError, match="is not a picture; pass a path"):
            call(picture)
    assert classifier([picture])[0].error.code == "usage"


@pytest.mark.parametrize("path", ["/no/such/file.jpg", ".", "", "a\0b.jpg", "\udcff.jpg", "x" * 5000], ids=repr)
def test_a_path_without_a_picture_has_its_error(classifier, path):
    with pytest.raises((paperkite.IoError, paperkite.UsageError, paperkite.InvalidImageError)):
        classifier(path)
    if path == "/no/such/file.jpg":
        with pytest.raises(OSError, match="/no/such/file.jpg"):
            classifier(path)


def test_tensors_of_other_libraries_are_read(classifier):
    with Image.open(PICTURE) as image:
        array = np.asarray(image.convert("RGB")).copy()
    wanted = classifier(array).scores
    for view in (array, array[::-1], array[:, ::2], array[:, :, 0], array[:, :, ::-1]):
        assert (classifier(Tensor(view)).scores == classifier(view).scores).all()
    assert (classifier(array.__dlpack__()).scores == wanted).all()
    read_only = array.copy()
    read_only.flags.writeable = False
    assert (classifier(Tensor(read_only)).scores == wanted).all()


def test_a_capsule_is_used_once(classifier):
    capsule = np.zeros((8, 8, 3), np.uint8).__dlpack__()
    assert classifier(capsule).error is None
    for _ in range(2):
        with pytest.raises(paperkite.InvalidImageError, match="has given it already"):
            classifier(capsule)


class Raising:
    def __dlpack__(self, **_):
        raise RuntimeError("not now")


class Lying:
    def __dlpack__(self, **_):
        return 3


class Foreign:
    """Looks like a picture of Pillow."""

    mode, size = "RGB", (4, 4)

    def convert(self, _):
        return self

    def tobytes(self):
        return b"short"


class Texts(Foreign):
    def tobytes(self):
        return "text"


class Sizes(Foreign):
    size = (-4, 4)


class Path:
    def __fspath__(self):
        return 3


class Interrupted:
    def __dlpack__(self, **_):
        raise KeyboardInterrupt


@pytest.mark.parametrize("picture", [Raising(), Lying(), Foreign(), Texts(), Sizes(), Path()], ids=lambda each: type(each).__name__)
def test_objects_that_do_not_do_what_they_promise(classifier, picture):
    with pytest.raises(paperkite.Error):
        classifier(picture)
    results = classifier([PICTURE, picture, PICTURE])
    assert [each.error is None for each in results] == [True, False, True]


def test_buffers_of_other_kinds(classifier, tmp_path):
    with PICTURE.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert classifier(mapped).label == "Paper Kite"
    assert classifier(array.array("B", PICTURE.read_bytes())).label == "Paper Kite"
    view = memoryview(PICTURE.read_bytes())
    view.release()
    with pytest.raises(paperkite.Error):
        classifier(view)


@pytest.mark.parametrize("k", [0, -1, 2**31, 2.0, "5", None], ids=repr)
def test_k_is_a_number_of_classes(classifier, k):
    with pytest.raises(paperkite.UsageError, match="k is"):
        classifier(PICTURE, k)
    with pytest.raises(paperkite.UsageError, match="k is"):
        classifier([PICTURE], k=k)


@pytest.mark.parametrize(("options", "says"), [
    ({"threads": 0}, "threads is 0"), ({"threads": 1025}, "1025"), ({"threads": 1.5}, "float"), ({"threads": "2"}, "str"),
    ({"isa": "mmx"}, "mmx"), ({"isa": 3}, "isa is of the type int"), ({"isa": "a\0b"}, "zero byte"),
    ({"labels": "/no/labels.txt"}, "/no/labels.txt"), ({"labels": ["one"]}, "75"), ({"labels": [1] * 75}, "not every label"),
    ({"recipe": {"resize": object()}}, "JSON"), ({"recipe": {"rezise": 3}}, "rezise"), ({"recipe": "nonsense"}, "nonsense"),
    ({"recipe": {"mean": float("nan")}}, "JSON"), ({"size": 0}, "size is 0"), ({"size": (1, 2, 3)}, "size is"), ({"size": "axb"}, "size is"),
    ({"size": 2.5}, "size is"), ({"size": (99, 99)}, "size contradicts the model"), ({"threshold": 2}, "threshold"), ({"threshold": float("nan")}, "threshold"),
    ({"threshold": "x"}, "threshold"), ({"activation": "relu"}, "relu"), ({"exif": "maybe"}, "maybe"), ({"processor": "cv"}, "cv"),
    ({"scores_from": "nothing"}, "nothing"), ({"memory_limit": 10}, "10"), ({"memory_limit": -1}, "-1"), ({"data_dirs": [3]}, "data_dirs"),
    ({"cache_dir": 5}, "cache_dir"),
], ids=str)
def test_an_option_that_means_nothing_is_named(options, says):
    with pytest.raises(paperkite.Error, match=says) as raised:
        paperkite.Classifier(MODEL, **options)
    assert "--" not in str(raised.value)


@pytest.mark.parametrize(("model", "kind"), [
    ("/no/such/model.onnx", paperkite.IoError), (b"", paperkite.InvalidModelError), (b"\x08\x07nonsense", paperkite.InvalidModelError),
    (PICTURE, paperkite.InvalidModelError), (3, paperkite.UsageError), (None, paperkite.UsageError), ("m\0.onnx", paperkite.UsageError),
], ids=repr)
def test_what_is_no_model(model, kind):
    with pytest.raises(kind) as raised:
        paperkite.Classifier(model)
    assert raised.value.what and raised.value.code


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_model_that_was_cut_short(share, tmp_path):
    content = MODEL.read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(content[: int(len(content) * share)])
    for model in (path, path.read_bytes()):
        with pytest.raises(paperkite.InvalidModelError):
            paperkite.Classifier(model)


def test_an_object_whose_opening_failed_is_harmless():
    class Kept(paperkite.Classifier):
        made = []

        def __init__(self, *arguments):
            Kept.made.append(self)
            super().__init__(*arguments)

    with pytest.raises(paperkite.IoError):
        Kept("/no/such/model.onnx")
    with pytest.raises(paperkite.UsageError, match="closed"):
        Kept.made[0](PICTURE)
    assert "closed" in repr(Kept.made[0])
    bare = paperkite.Classifier.__new__(paperkite.Classifier)
    with pytest.raises((paperkite.UsageError, AttributeError)):
        bare(PICTURE)
    with pytest.raises(TypeError):
        paperkite._native.ClassifierPool()


def test_an_interrupt_in_an_object_passes_through(classifier):
    with pytest.raises((KeyboardInterrupt, paperkite.InvalidImageError)):
        classifier(Interrupted())
