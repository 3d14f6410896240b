# SPDX-License-Identifier: Apache-2.0
"""Calls that hypothesis makes up: each has an answer or an Error. PAPERKITE_SECONDS is how long they go on (default: 3)."""

import os
import pickle
import time
import warnings

import numpy as np
import paperkite
import pytest
from conftest import MODEL, PICTURE, tiny_model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

SECONDS = float(os.environ.get("PAPERKITE_SECONDS", "3"))
CONTENT = PICTURE.read_bytes()

numbers = st.one_of(st.none(), st.integers(), st.floats(), st.booleans(), st.text(max_size=5))
anything = st.recursive(st.one_of(numbers, st.binary(max_size=50), st.builds(object)),
                        lambda each: st.one_of(st.lists(each, max_size=3), st.dictionaries(st.text(max_size=3), each, max_size=2)), max_leaves=5)


@st.composite
def changed_files(draw):
    """The bytes of a picture with some of them changed, or cut short."""
    content = bytearray(CONTENT)
    for _ in range(draw(st.integers(0, 4))):
        content[draw(st.integers(0, min(len(content) - 1, 700)))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(0, len(content)))])


@st.composite
def views(draw):
    """Arrays of any type and shape, seen with any strides."""
    dtype = draw(st.one_of(st.just(np.dtype("u1")), arrays.scalar_dtypes(), arrays.nested_dtypes(max_itemsize=32)))
    shape = draw(st.one_of(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 4)), arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=6)))
    array = np.zeros(shape, dtype)
    if dtype == np.uint8:
        array[...] = draw(st.integers(0, 255))
    for _ in range(draw(st.integers(0, 2))):
        array = draw(st.sampled_from([lambda a: a[::-1], lambda a: a.T, lambda a: a[1:], lambda a: a[..., ::2], lambda a: a[..., None],
                                      lambda a: a.swapaxes(0, -1)]))(array) if array.ndim else array
    array.flags.writeable = draw(st.booleans())
    return draw(st.sampled_from([lambda a: a, lambda a: memoryview(a), lambda a: a.__dlpack__(), lambda a: a.tobytes(), lambda a: a.tolist()]))(array)


@st.composite
def pictures(draw):
    try:
        return draw(st.one_of(views(), changed_files(), st.just(str(PICTURE)), st.text(max_size=20), anything))
    except (BufferError, ValueError, TypeError, RuntimeError, NotImplementedError):  # numpy itself cannot show it
        return draw(anything)


keywords = st.fixed_dictionaries({}, optional={
    "threads": numbers, "isa": st.one_of(numbers, st.sampled_from(["generic", "avx2"])), "labels": anything, "recipe": anything,
    "size": st.one_of(numbers, st.lists(st.integers(-2, 70), max_size=3)), "scores_from": numbers, "activation": st.one_of(numbers, st.just("sigmoid")),
    "threshold": numbers, "raw": st.booleans(), "exif": st.one_of(numbers, st.just("apply")), "processor": numbers, "data_dirs": anything,
    "memory_limit": numbers, "cache_dir": st.one_of(st.none(), st.integers(), st.just("/dev/null/no")),
})


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    path = tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")
    return path, path.read_bytes(), paperkite.Classifier(path, cache=False)


def go_on(opened, call, seconds):
    """Runs `call` with what hypothesis draws, in rounds of new draws, until the time is over."""
    end, rounds = time.monotonic() + seconds, 0
    while rounds == 0 or time.monotonic() < end:
        call(opened)
        rounds += 1


def test_pictures(opened):
    path, content, classifier = opened

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(pictures(), max_size=4), st.one_of(st.just(5), numbers))
    def call(many, k):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                results = classifier(many, k)
            except paperkite.UsageError as error:
                assert error.what.startswith("k is")
                return
            assert len(results) == len(many)
            for picture, result in zip(many, results, strict=True):
                assert repr(result) and pickle.loads(pickle.dumps(result)) is not None
                if result.error is None:
                    assert result.scores.shape == (3,) and abs(float(result.scores.sum()) - 1) < 1e-5
                else:
                    assert str(result.error) and result.error.code
                try:
                    single = classifier(picture)
                    if isinstance(single, paperkite.Result):
                        assert single.label in ("red", "green", "blue")
                    else:
                        list(single)
                    classifier.preprocess(picture)
                except paperkite.Error as error:
                    assert str(error)

    go_on(opened, lambda _: call(), SECONDS / 2)


def test_options(opened):
    path, content, _ = opened

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from([path, content, content[:-1], MODEL, 3]), keywords)
    def call(model, options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                made = paperkite.Classifier(model, cache=False, **options)
            except paperkite.Error as error:
                assert str(error) and error.code
                return
            assert str(made.explain()) and isinstance(made.recipe, dict) and made(np.zeros((9, 9, 3), np.uint8)) is not None

    go_on(opened, lambda _: call(), SECONDS / 2)
