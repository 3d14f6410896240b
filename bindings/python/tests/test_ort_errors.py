# SPDX-License-Identifier: Apache-2.0
"""Where onnxruntime raises, paperkite.ort raises a class that is the same in kind, and says more. Where onnxruntime goes on
with an answer that is wrong, it raises or gives the right one."""

import builtins
import copy
import pickle

import ml_dtypes
import numpy as np
import paperkite
import paperkite.ort
import pytest
from onnx import TensorProto, helper
from ort_both import affine, both, identity, in_place, model, picture_classifier, tensor

ROWS = np.ones((2, 3), np.float32)


def here():
    import onnxruntime

    return onnxruntime


def session(made=None, **options):
    return here().InferenceSession(affine() if made is None else made, **options)


def run(feed, names=None, *more):
    return lambda: session().run(names, feed, *more)


def bad_node(op, domain=""):
    made = helper.make_model(helper.make_graph([helper.make_node(op, ["x"], ["y"], domain=domain)], "g", [tensor("x", [1])], [tensor("y", [1])]),
                             opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("somewhere", 1)], ir_version=9)
    return made.SerializeToString()


def run_options(**attributes):
    options = here().RunOptions()
    for name, value in attributes.items():
        setattr(options, name, value)
    return options


def set_option(name, value):
    options = here().SessionOptions()
    setattr(options, name, value)


def value_of(array, *more):
    return here().OrtValue.ortvalue_from_numpy(array, *more)


def bound(act):
    """A binding of both ends, after `act` of it, run."""
    made = session()
    binding = made.io_binding()
    binding.bind_cpu_input("x", ROWS)
    binding.bind_output("y")
    act(binding, made)
    made.run_with_iobinding(binding)


def spent_capsule():
    capsule = ROWS.__dlpack__()
    here().OrtValue.from_dlpack(capsule)
    return here().OrtValue.from_dlpack(capsule)


# What is done, and the class of onnxruntime's exception, by its name.
CALLS = {
    "a file that is not there": (lambda: session("gone.onnx"), "NoSuchFile"),
    "bytes of something else": (lambda: session(b"<html>no model</html>"), "InvalidProtobuf"),
    "a model cut short": (lambda: session(affine()[:-30]), "InvalidProtobuf"),
    "a model of the wrong type": (lambda: session(3), "TypeError"),
    "a model that is None": (lambda: here().InferenceSession(None), "TypeError"),
    "a bytearray": (lambda: session(bytearray(affine())), "TypeError"),
    "an empty path": (lambda: session(""), "TypeError"),
    "options of the wrong type": (lambda: session(sess_options=3), "TypeError"),
    "a double for a float": (run({"x": ROWS.astype(np.float64)}), "InvalidArgument"),
    "an int for a float": (run({"x": ROWS.astype(np.int64)}), "InvalidArgument"),
    "a half for a float": (run({"x": ROWS.astype(np.float16)}), "InvalidArgument"),
    "an axis too few": (run({"x": ROWS[0]}), "InvalidArgument"),
    "an axis too many": (run({"x": ROWS[None]}), "InvalidArgument"),
    "another size": (run({"x": np.ones((2, 4), np.float32)}), "InvalidArgument"),
    "no input": (run({}), "ValueError"),
    "another input": (run({"x": ROWS, "z": ROWS}), "InvalidArgument"),
    "another output": (run({"x": ROWS}, ["z"]), "InvalidArgument"),
    "one output by its name": (run({"x": ROWS}, "y"), "TypeError"),
    "an output that is a number": (run({"x": ROWS}, [0]), "TypeError"),
    "an input that is a number": (run({"x": ROWS, 0: ROWS}), "TypeError"),
    "objects": (run({"x": ROWS.astype(object)}), "InvalidArgument"),
    "strings": (run({"x": ROWS.astype(str)}), "InvalidArgument"),
    "a ragged list": (run({"x": [[1.0, 2.0], [1.0]]}), "RuntimeError"),
    "a tuple": (run({"x": ((1.0, 2.0, 3.0),)}), "RuntimeError"),
    "a number": (run({"x": 1.0}), "RuntimeError"),
    "a dict": (run({"x": {}}), "RuntimeError"),
    "run options of the wrong type": (run({"x": ROWS}, None, 3), "TypeError"),
    "run options that are terminated": (lambda: session().run(None, {"x": ROWS}, run_options(terminate=True)), "Fail"),
    "a double for a float, as a value": (lambda: session().run_with_ort_values(["y"], {"x": value_of(ROWS.astype(np.float64))}), "InvalidArgument"),
    "no input among values": (lambda: session().run_with_ort_values(["y"], {}), "ValueError"),
    "a value of strings": (lambda: value_of(np.array(["a"])), "RuntimeError"),
    "a value of objects": (lambda: value_of(np.array([None])), "RuntimeError"),
    "a value of a list": (lambda: value_of([1, 2]), "RuntimeError"),
    "a value on another device": (lambda: value_of(ROWS, "cuda", 0), "RuntimeError"),
    "a value of a negative size": (lambda: here().OrtValue.ortvalue_from_shape_and_type([-1], np.float32), "RuntimeError"),
    "a value that is updated with more": (lambda: value_of(ROWS.copy()).update_inplace(np.ones((3, 3), np.float32)), "RuntimeError"),
    "a value of a number": (lambda: here().OrtValue.from_dlpack(3), "TypeError"),
    "a capsule that is used twice": (spent_capsule, "TypeError"),
    "a value of a tensor with gaps": (lambda: here().OrtValue.from_dlpack(np.ones((3, 2)).T), "RuntimeError"),
    "a binding without an output": (lambda: bound(lambda binding, _: binding.clear_binding_outputs()), "RuntimeError"),
    "a binding of another output": (lambda: bound(lambda binding, _: binding.bind_output("z")), "RuntimeError"),
    "a binding of another input": (lambda: bound(lambda binding, _: binding.bind_cpu_input("z", ROWS)), "RuntimeError"),
    "a binding of a list": (lambda: bound(lambda binding, _: binding.bind_cpu_input("x", [1])), "RuntimeError"),
    "a binding of too small a place": (lambda: bound(lambda binding, _: binding.bind_ortvalue_output("y", value_of(ROWS[:1].copy()))), "RuntimeError"),
    "a binding of a place of doubles": (lambda: bound(lambda binding, _: binding.bind_ortvalue_output("y", value_of(ROWS.astype(float)))), "RuntimeError"),
    "a binding of another session": (lambda: bound(lambda binding, _: session().run_with_iobinding(binding)), "ValueError"),
    "a binding on another device": (lambda: bound(lambda binding, _: binding.bind_input("x", "cuda", 0, np.float32, (2, 3), ROWS.ctypes.data)), "RuntimeError"),
    "memory of the program without a shape": (lambda: bound(lambda binding, _: binding.bind_output("y", buffer_ptr=ROWS.ctypes.data)), "ValueError"),
    "an option that there is not": (lambda: set_option("threads", 3), "AttributeError"),
    "threads that are a text": (lambda: set_option("intra_op_num_threads", "3"), "TypeError"),
    "threads that are no whole number": (lambda: set_option("intra_op_num_threads", 1.5), "TypeError"),
    "a level that is a number": (lambda: set_option("graph_optimization_level", 99), "TypeError"),
    "an entry that is a number": (lambda: here().SessionOptions().add_session_config_entry("a", 1), "TypeError"),
    "an entry that there is not": (lambda: here().SessionOptions().get_session_config_entry("a"), "RuntimeError"),
    "a severity that there is not": (lambda: here().set_default_logger_severity(9), "RuntimeError"),
    "sizes that do not multiply": (lambda: session(model([helper.make_node("MatMul", ["x", "w"], ["y"])],
                                                         [tensor("x", ["n", "m"]), tensor("w", ["k", "l"])], [tensor("y", ["n", "l"])]))
                                   .run(None, {"x": ROWS, "w": ROWS}), "Fail"),
}


def kind_of(error):
    """The name of a class of onnxruntime's module, or of a builtin one."""
    return type(error).__name__


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_call_raises_the_same_kind(name):
    call, expected = CALLS[name]
    (theirs, _), (ours, _) = both(call)
    assert kind_of(theirs) == expected
    state = paperkite.ort.capi.onnxruntime_pybind11_state
    kind = getattr(state, expected, None) or getattr(builtins, expected)
    assert isinstance(ours, kind), repr(ours)
    if expected != "AttributeError":
        assert isinstance(ours, paperkite.Error)
        assert ours.what and ours.code
        assert pickle.loads(pickle.dumps(ours)).args == ours.args


def test_errors_say_where_and_what_to_do():
    opened = paperkite.ort.InferenceSession(affine())

    def message(feed, names=None):
        with pytest.raises(paperkite.Error) as raised:
            opened.run(names, feed)
        return str(raised.value)

    assert message({"x": ROWS.astype(np.float64)}) == (
        'the model wants elements of float32, found float64[2,3]; input "x"; convert them, as with array.astype(numpy.float32)')
    assert message({"x": ROWS[:, :2]}) == 'the model states float32[n,3], found float32[2,2]; input "x"; give tensors that fit what the model states and computes'
    assert message({"y": ROWS}) == "the feed lacks ['x']; the inputs are ['x']"
    assert message({"x": ROWS, "w": ROWS}) == 'the model has no input "w"; leave it out of the feed'
    assert message({"x": ROWS}, ["z"]) == "the model has no output \"z\"; its outputs are ['y', 'm']"


def test_what_would_be_lost_is_refused_by_its_name(tmp_path):
    options = paperkite.ort.SessionOptions()
    for name, value in (("enable_profiling", True), ("optimized_model_filepath", str(tmp_path / "o.onnx"))):
        with pytest.raises(paperkite.ort.capi.onnxruntime_pybind11_state.NotImplemented, match=name):
            setattr(options, name, value)
        setattr(options, name, getattr(options, name))
    for call in (lambda: options.register_custom_ops_library("ops.so"), lambda: options.add_initializer("w", None),
                 lambda: options.add_external_initializers(["w"], [None]), lambda: options.add_external_initializers_from_files_in_memory([], [], []),
                 lambda: options.add_free_dimension_override_by_denotation("DATA_BATCH", 1),
                 lambda: options.add_provider("CUDAExecutionProvider", {}), lambda: options.add_provider_for_devices([], {}),
                 lambda: options.add_session_config_entry("optimization.enable_gelu_approximation", "1"),
                 lambda: options.add_session_config_entry("session.load_model_format", "ORT"),
                 lambda: paperkite.ort.RunOptions().add_active_adapter(None)):
        with pytest.raises(paperkite.UsageError) as raised:
            call()
        assert raised.value.remedy
    with pytest.raises(RuntimeError, match="gelu"):
        options.get_session_config_entry("optimization.enable_gelu_approximation")  # it was not kept
    for call in (lambda: paperkite.ort.SparseTensor, lambda: paperkite.ort.InferenceSession(affine()).run_async):
        with pytest.raises(AttributeError) as missing:
            call()
        assert missing.value.remedy
    assert not hasattr(paperkite.ort, "nothing_of_this_name")
    options.add_provider("CPUExecutionProvider", {})
    options.add_session_config_entry("optimization.enable_gelu_approximation", "0")


def test_what_is_not_known_is_announced():
    options = paperkite.ort.SessionOptions()
    options.add_session_config_entry("session.disable_prepacking", "1")
    options.add_session_config_entry("session.speling", "1")
    with pytest.warns(paperkite.Notice, match="session.speling") as caught:
        paperkite.ort.InferenceSession(affine(), options)
    assert len(caught) == 1
    with pytest.warns(paperkite.Notice, match="options"):
        paperkite.ort.InferenceSession(affine(), options=options)
    with pytest.warns(paperkite.Notice, match="speling"):
        paperkite.ort.RunOptions().add_run_config_entry("speling", "1")


@pytest.mark.parametrize("providers", [["CUDAExecutionProvider"], "CPUExecutionProvider", [3], ["Nothing"], ["CPUExecutionProvider"] * 2])
def test_providers_that_make_no_sense_end_in_the_cpu(providers):
    (theirs, their_notices), (ours, our_notices) = both(lambda: session(providers=providers).get_providers())
    assert ours == theirs == ["CPUExecutionProvider"]
    assert all(isinstance(each, paperkite.Notice) for each in our_notices) and our_notices
    assert their_notices or providers == [3]  # onnxruntime prints something there
    with in_place():
        if providers != ["CPUExecutionProvider"] * 2 and not isinstance(providers[0], str):
            with pytest.raises(ValueError, match="providers"):
                session(providers=providers, enable_fallback=0)


def test_answers_that_onnxruntime_gets_wrong():
    opened = paperkite.ort.InferenceSession(affine())
    swapped = ROWS.astype(ROWS.dtype.newbyteorder(">"))
    assert opened.run(["y"], {"x": swapped})[0].tolist() == [[2, 3, 4]] * 2
    whole = paperkite.ort.InferenceSession(identity(TensorProto.INT64))
    with pytest.raises(paperkite.InvalidInputError, match="list holds float64"):
        whole.run(None, {"x": [[1.5, 2.0, 3.0]]})  # onnxruntime cuts the numbers
    small = paperkite.ort.InferenceSession(identity(TensorProto.UINT8))
    with pytest.raises(paperkite.InvalidInputError, match="uint8"):
        small.run(None, {"x": [[300, 1, -1]]})
    value = paperkite.ort.OrtValue.ortvalue_from_numpy(ROWS.copy())
    with pytest.raises(paperkite.InvalidInputError, match="24 bytes"):
        value.update_inplace(ROWS.astype(np.float64))


def test_types_that_cannot_be_handed_over_are_refused_by_name():
    four = paperkite.ort.InferenceSession(identity(TensorProto.INT4))
    assert four.get_inputs()[0].type == "tensor(int4)"
    for feed in (np.ones((1, 3), ml_dtypes.int4), np.ones((1, 3), np.int8), [[1, 2, 3]]):
        with pytest.raises(paperkite.InvalidInputError, match="int4"):
            four.run(None, {"x": feed})
    with pytest.raises(paperkite.InvalidInputError, match="int4"):
        paperkite.ort.OrtValue.ortvalue_from_shape_and_type([1], TensorProto.INT4)
    for kind in (TensorProto.STRING, 99, "no type", object):
        with pytest.raises(paperkite.InvalidInputError):
            paperkite.ort.OrtValue.ortvalue_from_shape_and_type([1], kind)
    halves = paperkite.ort.InferenceSession(identity(TensorProto.BFLOAT16))
    with pytest.raises(RuntimeError, match="bfloat16; call run_with_ort_values"):
        halves.run(None, {"x": np.ones((1, 3), ml_dtypes.bfloat16)})
    with pytest.raises(paperkite.InvalidInputError, match="elements of bfloat16, found uint16"):
        halves.run(None, {"x": np.ones((1, 3), np.uint16)})
    with pytest.raises(paperkite.UnsupportedModelError, match="STRING"):
        paperkite.ort.InferenceSession(identity(TensorProto.STRING))


def test_a_model_with_unknown_operators_is_not_implemented():
    state = paperkite.ort.capi.onnxruntime_pybind11_state
    for made in (bad_node("Nothing"), bad_node("Nothing", "somewhere")):
        with pytest.raises(state.NotImplemented, match="Nothing"):
            paperkite.ort.InferenceSession(made)
    undefined = model([helper.make_node("Relu", ["q"], ["y"])], [tensor("x", [1])], [tensor("y", [1])])
    with pytest.raises(state.InvalidGraph, match="no node makes"):
        paperkite.ort.InferenceSession(undefined)


def test_a_session_that_was_never_opened_says_so():
    class Forgetful(paperkite.ort.InferenceSession):
        def __init__(self):
            paperkite._native.Session.__init__(self)

    with pytest.raises(paperkite.UsageError, match="not opened"):
        Forgetful().run(None, {})
    with pytest.raises(AttributeError):
        Forgetful().get_inputs()


def test_a_feed_that_changes_or_raises_is_an_error():
    opened = paperkite.ort.InferenceSession(affine())

    class Broken:
        def __array__(self, *arguments, **keywords):
            raise OSError("it is gone")

    class Emptied(dict):
        def keys(self):
            raise RuntimeError("no keys")

    with pytest.raises(paperkite.InvalidInputError, match="it is gone"):
        opened.run(None, {"x": Broken()})
    assert opened.run(["y"], Emptied(x=ROWS))[0].tolist() == [[2, 3, 4]] * 2  # a dict is a dict

    class Mapping:
        def keys(self):
            return ["x"]

        def __getitem__(self, name):
            return ROWS

    assert opened.run(["y"], Mapping())[0].tolist() == [[2, 3, 4]] * 2
    for feed in (None, [ROWS], 3):
        with pytest.raises(TypeError):
            opened.run(None, feed)


def test_fixed_dimensions_are_held(tmp_path):
    options = paperkite.ort.SessionOptions()
    options.add_free_dimension_override_by_name("batch", 2)
    (tmp_path / "m.onnx").write_bytes(picture_classifier(["batch", 3, 32, 32]))
    opened = paperkite.ort.InferenceSession(tmp_path / "m.onnx", options)
    with pytest.raises(paperkite.InvalidInputError, match=r"set to 2 .* found \[1,3,32,32\]"):
        opened.run(None, {"images": np.zeros((1, 3, 32, 32), np.float32)})
    for name, size in (("n", -1), ("n", 1.5), (3, 1)):
        with pytest.raises((ValueError, TypeError)):
            options.add_free_dimension_override_by_name(name, size)


def test_loading_is_cancelled_by_the_options():
    options = paperkite.ort.SessionOptions()
    options.set_load_cancellation_flag(True)
    with pytest.raises(paperkite.ort.capi.onnxruntime_pybind11_state.ModelLoadCanceled):
        paperkite.ort.InferenceSession(affine(), options)


def test_the_engines_own_entries(tmp_path):
    options = paperkite.ort.SessionOptions()
    for key, value in (("paperkite.isa", "generic"), ("paperkite.cache_dir", str(tmp_path / "plans")), ("paperkite.memory_limit", "100000000"),
                       ("paperkite.max_plans", "2"), ("paperkite.use_cache", "1")):
        options.add_session_config_entry(key, value)
    (tmp_path / "m.onnx").write_bytes(affine())
    opened = paperkite.ort.InferenceSession(tmp_path / "m.onnx", copy.deepcopy(options))
    assert opened.run(["y"], {"x": ROWS})[0].tolist() == [[2, 3, 4]] * 2
    assert list((tmp_path / "plans").iterdir())
    for key, value in (("paperkite.use_cache", "yes"), ("paperkite.max_plans", "0"), ("paperkite.max_plans", "-1"), ("paperkite.nothing", "1")):
        with pytest.raises(paperkite.UsageError):
            options.add_session_config_entry(key, value)
    options.add_session_config_entry("paperkite.isa", "z80")
    with pytest.raises(paperkite.UsageError, match="z80"):
        paperkite.ort.InferenceSession(tmp_path / "m.onnx", options)
    options.add_session_config_entry("paperkite.isa", "generic")
    options.add_session_config_entry("paperkite.memory_limit", "1000")
    with pytest.raises(paperkite.ort.capi.onnxruntime_pybind11_state.RuntimeException, match="limit"):
        paperkite.ort.InferenceSession(picture_classifier([1, 3, 32, 32]), options)
