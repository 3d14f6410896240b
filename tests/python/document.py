# SPDX-License-Identifier: Apache-2.0
"""Snippets of the pages in docs/, and whether they give what stands below them."""

import contextlib
import doctest
import os
import pathlib
import re
import shutil
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def page(name):
    return (ROOT / "docs" / name).read_text()


def section(text, heading):
    """From a heading to the next one of its level."""
    level = heading.split(" ")[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^{level} |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1]


def blocks(text):
    """(language, content) of each."""
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def python_blocks(text):
    return "\n".join(content for language, content in blocks(text) if language == "python")


def run_python(text, names=None):
    """What differs; "" where nothing does."""
    report = []
    parsed = doctest.DocTestParser().get_doctest(text, names or {}, "snippets", "snippets", 0)
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    runner.run(parsed, out=report.append)
    assert runner.tries > 0, "the text has no example"
    return "".join(report) if runner.failures else ""


def is_same(wanted, got):
    return doctest.OutputChecker().check_output(wanted, got.rstrip("\n") + "\n", FLAGS)


@contextlib.contextmanager
def folder_of_the_reader():
    """The present folder: model.onnx, photo.jpg and the folder photos of two species, as the pages name them."""
    with tempfile.TemporaryDirectory(prefix="document-") as name:
        folder = pathlib.Path(name)
        shutil.copy(ROOT / "models/regnet_x_400mf.onnx", folder / "model.onnx")
        shutil.copy(ROOT / "models/pictures/paper_kite_1.jpg", folder / "photo.jpg")
        (folder / "photos").mkdir()
        for path in (ROOT / "models/pictures").glob("m*.jpg"):
            shutil.copy(path, folder / "photos")
        before = os.getcwd()
        os.chdir(folder)
        os.environ["KITE_CACHE_DIR"] = str(folder / "cache")
        try:
            yield folder
        finally:
            os.chdir(before)
