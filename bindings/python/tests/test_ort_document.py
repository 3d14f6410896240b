# SPDX-License-Identifier: Apache-2.0
"""Every snippet of docs/python-ort.md runs, and prints what stands below it; what it names is there."""

import doctest
import re
import shutil
import sys

import paperkite.ort
import pytest
from conftest import MODEL, ROOT
from ort_both import in_place

PAGE = ROOT / "docs/python-ort.md"
TEXT = PAGE.read_text()


def test_snippets(tmp_path, monkeypatch):
    shutil.copy(MODEL, tmp_path / "model.onnx")
    monkeypatch.chdir(tmp_path)
    snippets = "\n".join(re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))
    assert snippets.count(">>>") > 12
    parsed = doctest.DocTestParser().get_doctest(snippets, {}, PAGE.name, str(PAGE), 0)
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    with in_place():
        runner.run(parsed, out=report.append, clear_globs=False)
        assert sys.modules["onnxruntime"] is paperkite.ort
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


def test_names_of_the_interface_are_there():
    holders = [paperkite.ort, paperkite.ort.InferenceSession, paperkite.ort.OrtValue, paperkite.ort.SessionOptions, paperkite.ort.RunOptions,
               paperkite.ort.capi.onnxruntime_pybind11_state]
    section = TEXT.split("## What is there")[1].split("**What may be fed")[0] + TEXT.split("## Errors")[1]
    names = set(re.findall(r"`(?:onnxruntime\.)?([A-Za-z_]+)(?:\([^`]*\))?`", section)) - {
        "paperkite", "code", "where", "remedy", "except", "io", "limit", "usage", "custom_metadata_map", "RuntimeError", "ValueError", "TypeError"}
    assert len(names) > 20
    assert [name for name in names if not any(hasattr(holder, name) for holder in holders)] == []


def test_entries_that_are_named_are_known():
    options = paperkite.ort.SessionOptions()
    named = re.findall(r"^\| `(paperkite\.\w+)`", TEXT, re.MULTILINE)
    assert len(named) == 5
    for name in named:
        with pytest.raises((paperkite.UsageError, AssertionError)):
            options.add_session_config_entry(name, "")
            assert name in ("paperkite.isa", "paperkite.cache_dir")
            raise AssertionError
    with pytest.raises(paperkite.UsageError, match="there is no entry"):
        options.add_session_config_entry("paperkite.other", "1")
