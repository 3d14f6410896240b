# SPDX-License-Identifier: Apache-2.0
"""Every snippet of docs/python.md runs, and prints what stands below it."""

import doctest
import re
import shutil
import warnings

import pytest
from conftest import MODEL, PICTURE, ROOT

PAGE = ROOT / "docs/python.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_snippets(tmp_path, monkeypatch):
    shutil.copy(MODEL, tmp_path / "model.onnx")
    shutil.copy(PICTURE, tmp_path / "photo.jpg")
    (tmp_path / "photos").mkdir()
    for path in (ROOT / "models/pictures").glob("m*.jpg"):
        shutil.copy(path, tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    snippets = "\n".join(text for language, text in BLOCKS if language == "python")
    assert snippets.count(">>>") > 25
    parsed = doctest.DocTestParser().get_doctest(snippets, {}, "python.md", str(PAGE), 0)
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    with warnings.catch_warnings():
        runner.run(parsed, out=report.append, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


def test_no_page_installs_a_foreign_package_of_our_name():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        assert not re.search(r"pip3? install (-\S+ )*paperkite", page.read_text()), page


@pytest.mark.parametrize("name", ["Classifier", "Result"])
def test_public_attributes_are_in_the_page(name):
    import paperkite

    text = PAGE.read_text()
    kind = getattr(paperkite, name)
    assert [each for each in vars(kind) if not each.startswith("_") and each not in text] == []
