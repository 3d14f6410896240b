# SPDX-License-Identifier: Apache-2.0
"""A type checker sees what the package promises: `mypy --strict` of a program, and of the package itself."""

import os
import pathlib
import subprocess
import sys

import paperkite

RIGHT = '''
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import paperkite

with paperkite.Classifier("m.onnx", threads=2, labels=["a"], recipe={"resize": 256}) as classifier:
    one: paperkite.Result = classifier(Path("a.jpg"), k=3)
    same: paperkite.Result = classifier(np.zeros((8, 8, 3), np.uint8))
    of_bytes: paperkite.Result = classifier(b"bytes")
    many: list[paperkite.Result] = classifier(["a.jpg", "b.jpg"])
    mixed: list[paperkite.Result] = classifier(["a.jpg", b"bytes", Path("c.jpg")])
    lazy: Iterator[paperkite.Result] = classifier(Path(".").glob("*.jpg"), look_ahead=4)
    index: int = one.top[0].index
    label: str = one.label
    score: float = one.top[0].score
    best = int(one.scores.argmax())
    decode: float = one.timings.decode_ms
    tensor = classifier.preprocess("a.jpg")
    shape: tuple[int, ...] = tensor.shape
    source: str = classifier.explain()[0].source
    error: paperkite.Error | None = one.error
    classes: int = len(classifier.labels)
try:
    paperkite.set_threads(None)
except paperkite.Error as raised:
    print(raised.code, raised.where, raised.remedy)
'''
WRONG = '''
import paperkite
classifier = paperkite.Classifier(3)
number: int = classifier("a.jpg")
classifier("a.jpg").lable
classifier([1, 2])
paperkite.set_threads("2")
'''


def test_the_package_and_a_program_are_checked_strictly(tmp_path):
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    package = pathlib.Path(paperkite.__file__).parent
    assert (package / "py.typed").exists()
    ran = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(tmp_path / "cache"),
                          "-p", "paperkite", "-m", "right", "-m", "wrong"], capture_output=True, text=True, check=False,
                         env={**os.environ, "MYPYPATH": f"{package.parent}:{tmp_path}"})
    lines = ran.stdout.splitlines()
    assert [line for line in lines if "wrong.py" not in line] == [] and ran.stderr == ""
    assert {int(line.split("wrong.py:")[1].split(":")[0]) for line in lines if "error" in line} == {3, 4, 5, 6, 7}
