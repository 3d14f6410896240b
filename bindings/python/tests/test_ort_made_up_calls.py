# SPDX-License-Identifier: Apache-2.0
"""Calls of sessions that hypothesis makes up: each gives what numpy gives, or an Error. PAPERKITE_SECONDS is how long they go
on (default: 2)."""

import os
import time
import warnings

import numpy as np
import paperkite
import paperkite.ort as ort
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from onnx import TensorProto, helper
from ort_both import affine, model, tensor

SECONDS = float(os.environ.get("PAPERKITE_SECONDS", "2"))

strange = st.recursive(st.one_of(st.none(), st.integers(), st.floats(), st.booleans(), st.text(max_size=4), st.binary(max_size=20), st.builds(object)),
                       lambda each: st.one_of(st.lists(each, max_size=3), st.dictionaries(st.text(max_size=3), each, max_size=2)), max_leaves=4)


@st.composite
def views(draw, dtypes=None):
    """Arrays of any type and shape, seen with any strides and by any protocol."""
    dtype = draw(dtypes or st.one_of(st.sampled_from([np.dtype(np.float32), np.dtype(np.int64)]), arrays.scalar_dtypes(), arrays.nested_dtypes(max_itemsize=32)))
    shape = draw(st.one_of(st.tuples(st.integers(0, 4), st.integers(2, 4)), arrays.array_shapes(min_dims=0, max_dims=9, min_side=0, max_side=3)))
    array = np.zeros(shape, dtype)
    if dtype.kind in "biuf":
        array.reshape(-1)[:] = np.arange(array.size) % 7
    for _ in range(draw(st.integers(0, 2))):
        array = draw(st.sampled_from([lambda a: a[::-1], lambda a: a.T, lambda a: a[1:], lambda a: a[..., ::2], lambda a: a[..., None],
                                      lambda a: a.swapaxes(0, -1)]))(array) if array.ndim else array
    if draw(st.booleans()):
        array.flags.writeable = False
    return array


@st.composite
def values(draw):
    try:
        array = draw(views())
        return draw(st.sampled_from([lambda a: a, memoryview, lambda a: a.tolist(), lambda a: a.__dlpack__(), ort.OrtValue.from_dlpack,
                                     ort.OrtValue.ortvalue_from_numpy, np.asfortranarray]))(array)
    except (BufferError, ValueError, TypeError, RuntimeError, NotImplementedError, paperkite.Error):  # it cannot be shown so
        return draw(strange)


@pytest.fixture(scope="module")
def sessions():
    gather = model([helper.make_node("Gather", ["x", "at"], ["y"])], [tensor("x", ["n", 3]), tensor("at", ["k"], TensorProto.INT64)], [tensor("y", ["k", 3])])
    return ort.InferenceSession(affine()), ort.InferenceSession(gather)


def go_on(call, seconds):
    end, rounds = time.monotonic() + seconds, 0
    while rounds == 0 or time.monotonic() < end:
        call()
        rounds += 1


def numbers_of(value):
    """What a feed stands for; None where it may be taken in more than one way."""
    if isinstance(value, ort.OrtValue):
        return value.numpy()
    return np.asarray(value) if isinstance(value, (np.ndarray, memoryview)) else None


def test_runs(sessions):
    multiply, gather = sessions
    names = st.one_of(st.none(), st.lists(st.one_of(st.sampled_from(["y", "m"]), strange), max_size=3), strange)
    run_options = st.one_of(st.none(), st.builds(ort.RunOptions), strange)

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(names, values(), st.dictionaries(st.one_of(st.just("x"), st.text(max_size=2)), values(), max_size=1), run_options, st.booleans())
    def call(wanted, x, more, options, is_plain):
        try:
            answers = multiply.run(None if is_plain else wanted, {"x": x} if is_plain else {"x": x, **more}, None if is_plain else options)
        except paperkite.Error as error:
            assert str(error) and error.code
            return
        given_numbers = numbers_of(x if is_plain or "x" not in more else more["x"])
        if given_numbers is not None:
            expected = given_numbers.astype(np.float32) * np.float32([1, 2, 3])
            for answer in answers:
                assert answer.dtype == np.float32
                assert any(np.array_equal(answer, each, equal_nan=True) for each in (expected, expected + 1))

    @settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(values(), st.one_of(values(), st.lists(st.integers(-9, 9), max_size=4)))
    def pick(x, at):
        try:
            answer = gather.run(None, {"x": x, "at": at})[0]
        except paperkite.Error as error:
            assert str(error)
            return
        table, places = numbers_of(x), at if isinstance(at, list) else numbers_of(at)
        if table is not None and places is not None:
            np.testing.assert_array_equal(answer, table[np.asarray(places, np.int64)])

    go_on(lambda: (call(), pick()), SECONDS / 2)


def test_values_and_bindings(sessions):
    multiply, _ = sessions
    kinds = st.one_of(st.sampled_from([np.float32, np.int8, "float16", 1, 7, 16, 22, 99, bool]), strange)
    shapes = st.one_of(st.lists(st.integers(-1, 5), max_size=9), strange)

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(values(), values(), kinds, shapes, strange)
    def call(one, other, kind, shape, name):
        made = []
        for make in (lambda: ort.OrtValue.ortvalue_from_numpy(one), lambda: ort.OrtValue.from_dlpack(other), lambda: ort.OrtValue.from_dlpack(one),
                     lambda: ort.OrtValue.ortvalue_from_shape_and_type(shape, kind),
                     lambda: ort.OrtValue.ortvalue_from_numpy_with_onnx_type(one, kind)):
            try:
                made.append(make())
            except (paperkite.Error, TypeError, ValueError) as error:
                assert str(error)
        for value in made:
            assert value.data_type().startswith("tensor(") and value.tensor_size_in_bytes() >= 0
            for to in made:
                try:
                    value.update_inplace(to)
                except paperkite.InvalidInputError:
                    assert value.tensor_size_in_bytes() != to.tensor_size_in_bytes() or not value.numpy().flags.writeable
        binding = multiply.io_binding()
        binding.bind_output("y")
        for bind in (lambda: binding.bind_cpu_input("x", one), lambda: binding.bind_ortvalue_output("m", made[0]), lambda: binding.bind_output(name)):
            try:
                bind()
                multiply.run_with_iobinding(binding)
                assert binding.get_outputs()
            except (paperkite.Error, IndexError, TypeError) as error:
                assert str(error)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        go_on(call, SECONDS / 2)
