# SPDX-License-Identifier: Apache-2.0
"""The shape of errors and announcements."""

import pickle
import warnings

import paperkite
import pytest
from conftest import MODEL, PICTURE, ROOT, tiny_model

KINDS = {
    "usage": (paperkite.UsageError, ValueError), "invalid-model": (paperkite.InvalidModelError, paperkite.Error),
    "unsupported-model": (paperkite.UnsupportedModelError, paperkite.Error), "invalid-input": (paperkite.InvalidInputError, ValueError),
    "invalid-image": (paperkite.InvalidImageError, ValueError), "unsupported-image": (paperkite.UnsupportedImageError, paperkite.Error),
    "limit": (paperkite.LimitError, paperkite.Error), "io": (paperkite.IoError, OSError),
    "interrupted": (paperkite.InterruptedCallError, paperkite.Error),
}


def test_every_code_of_the_engine_has_a_class():
    from paperkite._errors import _CLASSES

    source = (ROOT / "src/base/error.cc").read_text()
    import re

    assert set(re.findall(r'return "([a-z-]+)"', source)) - {"unknown"} == set(_CLASSES) == set(KINDS)


@pytest.mark.parametrize("code", KINDS)
def test_an_error_has_its_parts(code):
    kind, base = KINDS[code]
    error = kind("what is wrong", "where", "do this")
    assert issubclass(kind, paperkite.Error) and isinstance(error, base)
    assert (error.code, error.what, error.where, error.remedy) == (code, "what is wrong", "where", "do this")
    assert str(error) == "what is wrong; where; do this" and str(kind("only")) == f"only; {kind('only').remedy}"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind and vars(again) == vars(error) and str(again) == str(error)
    assert f"{kind.__module__}.{kind.__qualname__}" == f"paperkite.{kind.__name__}" and kind.__name__ in paperkite.__all__


def test_errors_of_the_engine_arrive_whole(tmp_path):
    with pytest.raises(paperkite.IoError) as raised:
        paperkite.Classifier(tmp_path / "größe\udcff.onnx")
    assert "größe\udcff.onnx" in raised.value.where and raised.value.what
    with pytest.raises(paperkite.UsageError) as raised:
        paperkite.Classifier(ROOT / "models/regnet_x_400mf.onnx", scores_from="absent")
    assert raised.value.what and raised.value.remedy


def test_remedies_speak_of_keywords():
    from paperkite._errors import with_keywords

    assert with_keywords("say so with --size HxW or --labels FILE") == "say so with size=HxW or labels=FILE"
    assert with_keywords("use --raw, or --scores-from NAME") == "use raw=True, or scores_from=NAME"
    assert with_keywords("--exif ignore|apply; --data-dir DIR") == "exif=ignore|apply; data_dirs=DIR"
    assert with_keywords("no flag -- here") == "no flag -- here"


def test_guesses_are_announced_where_the_classifier_is_made(tmp_path):
    import onnx

    path = tiny_model(tmp_path / "guess.onnx")
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    with pytest.warns(paperkite.Notice) as notices:
        opened = paperkite.Classifier(path, cache=False)
    assert {each.filename for each in notices} == {__file__}
    assert any(each.is_guess for each in opened.explain()) and ", a guess)" in str(opened.explain())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.loads(pickle.dumps(opened))  # announced once
        with pytest.raises(paperkite.Notice):
            paperkite.Classifier(path, cache=False)


def test_notices_of_lists_and_streams_name_the_callers_line(tmp_path):
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    Image.new("RGB", (20, 30)).save(path, exif=exif)
    opened = paperkite.Classifier(MODEL)
    for call in (lambda: opened(path), lambda: opened([PICTURE, path]), lambda: list(opened(iter([path])))):
        with pytest.warns(paperkite.Notice, match="orientation") as notices:
            call()
        assert [each.filename for each in notices] == [__file__]


def test_what_an_error_shows_cannot_control_a_terminal():
    error = paperkite.IoError("it is \x1b[31m\n", "a\u202e\x9b\udcff.png", "h\u00e9 \u6f22")
    assert str(error) == "it is \\x1b[31m\\n; a\\u202e\\x9b\\udcff.png; h\u00e9 \u6f22"
    assert error.where == "a\u202e\x9b\udcff.png"


@pytest.mark.parametrize("kind", [each for each in paperkite.Error.__subclasses__() if each.__module__ == "paperkite"])
def test_every_error_says_what_to_do(kind):
    assert kind("it is wrong").remedy
    assert kind("it is wrong", "", "do this").remedy == "do this"
