# SPDX-License-Identifier: Apache-2.0
"""Memory that a session and its caller share: layouts, types, lifetimes, DLPack, bindings."""

import gc
import sys
import threading
import weakref

import ml_dtypes
import numpy as np
import paperkite
import paperkite.ort as ort
import pytest
from onnx import TensorProto, helper
from ort_both import affine, identity, model, picture_classifier, same, tensor

TYPES = {
    np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE, np.float16: TensorProto.FLOAT16, np.int8: TensorProto.INT8,
    np.int16: TensorProto.INT16, np.int32: TensorProto.INT32, np.int64: TensorProto.INT64, np.uint8: TensorProto.UINT8,
    np.uint16: TensorProto.UINT16, np.uint32: TensorProto.UINT32, np.uint64: TensorProto.UINT64, np.bool_: TensorProto.BOOL,
}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (2, 3), (1, 2, 1, 3, 1, 2, 1, 2)], ids=str)
def test_every_type_and_rank_goes_through(kind, shape):
    array = np.asarray(np.arange(np.prod(shape, dtype=int)).reshape(shape) % 120, kind)
    made = identity(TYPES[kind], [f"d{axis}" for axis in range(len(shape))])

    def program():
        import onnxruntime

        session = onnxruntime.InferenceSession(made)
        node = session.get_inputs()[0]
        value = onnxruntime.OrtValue.ortvalue_from_numpy(array)
        return (node.type, node.shape, session.run(None, {"x": array}), value.data_type(), value.element_type(), value.shape(),
                value.numpy(), session.run_with_ort_values(None, {"x": value})[0].numpy())

    same(program)


LAYOUTS = {
    "transposed": lambda a: a.T,
    "reversed": lambda a: a[::-1, ::-1],
    "every other": lambda a: a[::2, ::3],
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape),
    "unaligned": lambda a: np.frombuffer(b"-" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    "locked": lambda a: np.lib.stride_tricks.as_strided(a, writeable=False),
    "swapped": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "a memoryview": memoryview,
    "with DLPack alone": lambda a: type("Tensor", (), {"__dlpack__": lambda self, **more: a.__dlpack__(**more),
                                                       "__dlpack_device__": lambda self: (1, 0)})(),
    "with DLPack and gaps": lambda a: type("Tensor", (), {"__dlpack__": lambda self, **more: a.T.__dlpack__(**more),
                                                          "__dlpack_device__": lambda self: (1, 0)})(),
    "with __array__ alone": lambda a: type("Table", (), {"__array__": lambda self, *more, **words: a})(),
    "a value": lambda a: ort.OrtValue.ortvalue_from_numpy(a.T),
    "of ctypes": lambda a: np.ctypeslib.as_ctypes(a),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", [np.float32, np.int64], ids=lambda kind: kind.__name__)
def test_every_layout_gives_the_numbers_that_it_stands_for(layout, kind):
    array = np.arange(24, dtype=kind).reshape(4, 6) - 7
    feed = LAYOUTS[layout](array)
    numbers = array.T if layout in ("with DLPack and gaps", "a value") else feed if isinstance(feed, np.ndarray) else array
    session = ort.InferenceSession(identity(TYPES[kind], ["a", "b"]))
    answer = session.run(None, {"x": feed})[0]
    np.testing.assert_array_equal(answer, numbers)
    assert answer.dtype == kind and answer.flags.c_contiguous and answer.flags.writeable


def test_bools_of_any_byte_are_true_or_false():
    session = ort.InferenceSession(identity(TensorProto.BOOL))
    strange = np.array([[0, 1, 2], [3, 255, 0]], np.uint8).view(np.bool_)
    assert session.run(None, {"x": strange})[0].view(np.uint8).tolist() == [[0, 1, 1], [1, 1, 0]]


def test_outputs_live_longer_than_their_session_and_are_each_their_own():
    session = ort.InferenceSession(affine())
    x = np.ones((2, 3), np.float32)
    y, m = session.run(None, {"x": x})
    again = session.run(["m", "m"], {"x": x})
    m[:] = 7
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None
    assert y.tolist() == [[2, 3, 4]] * 2 and again[0].tolist() == [[1, 2, 3]] * 2
    again[0][:] = 9
    assert again[1].tolist() == [[1, 2, 3]] * 2 and y.tolist() == [[2, 3, 4]] * 2


def test_a_value_shares_the_memory_of_its_array():
    array = np.zeros((2, 3), np.float32)
    value = ort.OrtValue.ortvalue_from_numpy(array)
    assert value.data_ptr() == array.ctypes.data
    array[0, 0] = 5
    assert value.numpy()[0, 0] == 5
    value.numpy()[1, 1] = 6
    assert array[1, 1] == 6
    value.update_inplace(np.full((2, 3), 8, np.float32))
    assert array.tolist() == [[8, 8, 8]] * 2
    count = sys.getrefcount(array)
    del value
    assert sys.getrefcount(array) == count - 1 or sys.getrefcount(array) == count
    kept = ort.OrtValue.ortvalue_from_numpy(np.arange(3, dtype=np.int64))
    gc.collect()
    assert kept.numpy().tolist() == [0, 1, 2], "the value keeps the array alive"
    locked = np.zeros(3, np.float32)
    locked.flags.writeable = False
    value = ort.OrtValue.ortvalue_from_numpy(locked)
    assert not value.numpy().flags.writeable
    with pytest.raises(paperkite.InvalidInputError, match="only be read"):
        value.update_inplace(np.ones(3, np.float32))
    assert np.asarray(value, dtype=np.float64).dtype == np.float64
    assert np.array(value, copy=True) is not value.numpy()


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_dlpack_in_and_out_shares_memory(kind):
    array = np.arange(6).reshape(2, 3).astype(kind)
    value = ort.OrtValue.from_dlpack(array)
    assert value.data_ptr() == array.ctypes.data and value.shape() == [2, 3]
    back = np.from_dlpack(value)
    assert back.ctypes.data == array.ctypes.data and back.dtype == array.dtype
    capsule = ort.OrtValue.from_dlpack(array.__dlpack__())
    del array
    gc.collect()
    np.testing.assert_array_equal(capsule.numpy(), back)
    assert value.__dlpack_device__() == (1, 0)
    assert ort.OrtValue.from_dlpack(value.to_dlpack()).data_ptr() == value.data_ptr()


def test_dlpack_of_memory_that_may_only_be_read():
    array = np.ones(3, np.float32)
    array.flags.writeable = False
    value = ort.OrtValue.from_dlpack(array)
    assert value.data_ptr() == array.ctypes.data and not value.numpy().flags.writeable
    assert not np.from_dlpack(value).flags.writeable


def test_bfloat16_goes_through_as_a_value():
    session = ort.InferenceSession(identity(TensorProto.BFLOAT16))
    array = np.array([[1, -2, 3.5]], ml_dtypes.bfloat16)
    values = [ort.OrtValue.ortvalue_from_numpy(array), ort.OrtValue.ortvalue_from_numpy_with_onnx_type(array.view(np.uint16), TensorProto.BFLOAT16)]
    for feed in (*values, array):
        answer = session.run_with_ort_values(None, {"x": feed})[0]
        assert (answer.data_type(), answer.element_type()) == ("tensor(bfloat16)", TensorProto.BFLOAT16)
        other = ort.OrtValue.from_dlpack(answer)  # as torch.from_dlpack() reads it
        assert other.data_type() == "tensor(bfloat16)" and other.data_ptr() == answer.data_ptr()
        whole = ort.OrtValue.ortvalue_from_shape_and_type([1, 3], np.uint16)
        whole.update_inplace(answer)
        assert whole.numpy().view(ml_dtypes.bfloat16).tolist() == array.tolist()
    place = ort.OrtValue.ortvalue_from_shape_and_type([1, 3], TensorProto.BFLOAT16)
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", values[0])
    binding.bind_ortvalue_output("y", place)
    session.run_with_iobinding(binding)
    assert place.tensor_size_in_bytes() == 6


def test_a_binding_reads_and_writes_the_same_memory_at_every_run():
    session = ort.InferenceSession(affine())
    x = np.ones((2, 3), np.float32)
    y = np.zeros((2, 3), np.float32)
    binding = session.io_binding()
    binding.bind_cpu_input("x", x)
    binding.bind_output("y", "cpu", 0, np.float32, y.shape, y.ctypes.data)
    binding.bind_output("m")
    for i in range(3):
        x[:] = i
        session.run_with_iobinding(binding)
        assert y[0].tolist() == [i + 1, 2 * i + 1, 3 * i + 1]
        assert [value.numpy()[1].tolist() for value in binding.get_outputs()] == [y[1].tolist(), [i, 2 * i, 3 * i]]
    kept = binding.copy_outputs_to_cpu()
    binding.clear_binding_inputs()
    binding.clear_binding_outputs()
    assert binding.get_outputs() == [] and kept[1].tolist() == [[2, 4, 6]] * 2
    binding.bind_cpu_input("x", x)
    binding.bind_ortvalue_output("y", ort.OrtValue.ortvalue_from_numpy(x))  # in place
    session.run_with_iobinding(binding)
    assert x.tolist() == [[3, 5, 7]] * 2


def test_an_output_whose_shape_the_model_does_not_state():
    made = model([helper.make_node("Relu", ["x"], ["y"])], [tensor("x", ["n", 3])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    assert ort.InferenceSession(made).get_outputs()[0].shape == [None, None]
    fixed = model([helper.make_node("Relu", ["x"], ["y"])], [tensor("x", [2, 3])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    assert ort.InferenceSession(fixed).get_outputs()[0].shape == [2, 3]


def test_an_array_that_another_thread_changes_meanwhile_is_no_crash():
    """Indices are checked before they are used: they must not change between."""
    table = np.arange(64, dtype=np.float32)
    made = model([helper.make_node("Gather", ["table", "x"], ["y"])], [tensor("x", ["n"], TensorProto.INT64)], [tensor("y", ["n"])],
                 [helper.make_tensor("table", TensorProto.FLOAT, [64], table)])
    session = ort.InferenceSession(made)
    x = np.zeros(100_000, np.int64)
    end = threading.Event()

    def change():
        while not end.is_set():
            x[:] = 2**60
            x[:] = 3

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for _ in range(100):
            try:
                assert set(np.unique(session.run(None, {"x": x})[0])) <= {0, 3}
            except paperkite.InvalidInputError:
                pass
    finally:
        end.set()
        changing.join()


def test_sixteen_threads_on_one_session_get_what_one_gets():
    session = ort.InferenceSession(picture_classifier(["batch", 3, "height", "width"]))
    draw = np.random.default_rng(3)
    feeds = [draw.random((1 + i % 3, 3, 16 + 4 * (i % 4), 20), np.float32) for i in range(12)]
    wanted = [session.run(None, {"images": feed})[0] for feed in feeds]
    wrong = []

    def work(begin):
        for i in range(len(feeds)):
            at = (begin + i) % len(feeds)
            if session.run(None, {"images": feeds[at]})[0].tobytes() != wanted[at].tobytes():
                wrong.append(at)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_other_threads_go_on_while_a_session_runs():
    session = ort.InferenceSession(picture_classifier([8, 3, 160, 160]))
    feed = {"images": np.zeros((8, 3, 160, 160), np.float32)}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)  # a thread gives up the lock by itself alone
    try:
        counted, end = [0], threading.Event()

        def work():
            while not end.is_set():
                session.run(None, feed)
                counted[0] += 1

        thread = threading.Thread(target=work)
        thread.start()
        turns = 0
        while counted[0] < 50:
            turns += 1
            end.wait(0.001)
        end.set()
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert turns > 5


def test_terminate_is_looked_at_when_the_run_ends():
    session = ort.InferenceSession(picture_classifier([16, 3, 224, 224]))
    options = ort.RunOptions()

    def stop():
        options.terminate = True

    timer = threading.Timer(0.002, stop)
    timer.start()
    with pytest.raises(ort.capi.onnxruntime_pybind11_state.Fail, match="terminate"):
        for _ in range(1000):
            session.run(None, {"images": np.zeros((16, 3, 224, 224), np.float32)}, options)
    timer.join()
    options.terminate = False
    assert session.run(None, {"images": np.zeros((16, 3, 224, 224), np.float32)}, options)[0].shape == (16, 5)
