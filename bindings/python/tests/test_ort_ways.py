# SPDX-License-Identifier: Apache-2.0
"""The ways in which programs and libraries call onnxruntime, each run with it and with paperkite.ort in its place. Every
function that is a way imports onnxruntime itself and returns what its program would go on with."""

import ast
import io
import pathlib

import numpy as np
import pytest
from conftest import MODEL, PICTURE
from ort_both import affine, in_place, picture_classifier, same, text_encoder
from PIL import Image

WAYS = []


def way(program):
    WAYS.append(program)
    return program


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The models, under the names that the programs open."""
    made = tmp_path_factory.mktemp("models")
    (made / "static.onnx").write_bytes(picture_classifier([1, 3, 32, 32]))
    (made / "batch.onnx").write_bytes(picture_classifier(["batch", 3, 32, 32]))
    (made / "half.onnx").write_bytes(picture_classifier([1, 3, 32, 32], np.float16))
    names = {i: name for i, name in enumerate(["paper kite", "monarch", "peacock", "atlas", "cleopatra"])}
    (made / "yolo.onnx").write_bytes(picture_classifier(
        ["batch", 3, "height", "width"],
        metadata={"names": str(names), "imgsz": "[32, 32]", "stride": "1", "task": "classify", "batch": "1", "channels": "3"}))
    (made / "text.onnx").write_bytes(text_encoder())
    (made / "affine.onnx").write_bytes(affine())
    (made / "default.onnx").write_bytes(affine(default=True))
    return made


def pixels(size=32, batch=1):
    """float32 [batch, 3, size, size], from a real picture."""
    picture = Image.open(PICTURE).convert("RGB").resize((size, size))
    scaled = np.asarray(picture).transpose(2, 0, 1)[None].astype(np.float32) / 255
    return np.concatenate([np.roll(scaled, i, axis=3) for i in range(batch)])


@way
def tutorial_of_pytorch(folder):
    """The inputs by the order of the model's own list, all outputs."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(folder / "static.onnx"), providers=["CPUExecutionProvider"])
    given = [pixels()]
    feed = {argument.name: value for argument, value in zip(session.get_inputs(), given, strict=True)}
    return session.run(None, feed)[0]


@way
def tutorial_of_a_hub_model(folder):
    """Pillow's picture to labels, with the network that lies beside this project."""
    import onnxruntime as rt

    session = rt.InferenceSession(MODEL.read_bytes())
    node = session.get_inputs()[0]
    assert node.type == "tensor(float)"
    side = node.shape[2] if isinstance(node.shape[2], int) else 224
    mean = np.array([0.485, 0.456, 0.406], np.float32).reshape(3, 1, 1)
    std = np.array([0.229, 0.224, 0.225], np.float32).reshape(3, 1, 1)
    batch = (pixels(side) - mean) / std
    scores = session.run([session.get_outputs()[0].name], {node.name: batch.astype("float32")})[0][0]
    best = np.argsort(scores)[::-1][:5]
    return [int(i) for i in best], scores


@way
def documentation_of_the_interface(folder):
    """What a session says of its model."""
    import onnxruntime as ort

    session = ort.InferenceSession(folder / "text.onnx")
    meta = session.get_modelmeta()
    return {
        "inputs": [(each.name, each.shape, each.type) for each in session.get_inputs()],
        "outputs": [(each.name, each.shape, each.type) for each in session.get_outputs()],
        "printed": str(session.get_inputs()[0]),
        "initializers": [each.name for each in session.get_overridable_initializers()],
        "providers": session.get_providers(),
        "provider_options": session.get_provider_options(),
        "device": ort.get_device(),
        "threads": session.get_session_options().intra_op_num_threads,
        "meta": [meta.producer_name, meta.graph_name, meta.domain, meta.description, meta.graph_description, meta.version,
                 meta.custom_metadata_map],
    }


@way
def documentation_of_values(folder):
    """OrtValue in and out, and a binding of the CPU."""
    import onnxruntime

    x = pixels(batch=2)
    session = onnxruntime.InferenceSession(folder / "batch.onnx", providers=["CPUExecutionProvider"])
    value = onnxruntime.OrtValue.ortvalue_from_numpy(x)
    said = [value.device_name(), value.shape(), value.data_type(), value.element_type(), value.is_tensor(),
            value.tensor_size_in_bytes(), np.array_equal(value.numpy(), x)]
    by_run = session.run(["output0"], {"images": value})
    by_values = [each.numpy() for each in session.run_with_ort_values(["output0"], {"images": value})]
    binding = session.io_binding()
    binding.bind_cpu_input("images", x)
    binding.bind_output("output0")
    session.run_with_iobinding(binding)
    bound = binding.copy_outputs_to_cpu()
    place = onnxruntime.OrtValue.ortvalue_from_shape_and_type([2, 5], np.float32)
    binding = session.io_binding()
    binding.bind_input("images", "cpu", 0, np.float32, x.shape, x.ctypes.data)
    binding.bind_ortvalue_output("output0", place)
    session.run_with_iobinding(binding)
    return said, by_run, by_values, bound, place.numpy(), binding.get_outputs()[0].data_ptr() == place.data_ptr()


@way
def validation_as_in_timm(folder):
    """Options first, then batches of several sizes through the first input and the first output."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(str(folder / "batch.onnx"), options)
    name = session.get_inputs()[0].name
    answers = []
    for batch in (4, 4, 1, 3):
        output = session.run([], {name: pixels(batch=batch)})
        answers.append(output[0])
    return answers


@way
def detector_class_as_in_ultralytics(folder):
    """Providers by hand, metadata as Python literals, dynamic by the kind of the shape, outputs bound where static."""
    import onnxruntime

    found = []
    for name in ("yolo.onnx", "half.onnx"):
        providers = ["CPUExecutionProvider"]
        if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
            providers.insert(0, "CUDAExecutionProvider")
        session = onnxruntime.InferenceSession(folder / name, providers=providers)
        output_names = [each.name for each in session.get_outputs()]
        metadata = session.get_modelmeta().custom_metadata_map
        labels = ast.literal_eval(metadata["names"]) if metadata else {}
        is_dynamic = isinstance(session.get_outputs()[0].shape[0], str)
        is_half = "float16" in session.get_inputs()[0].type
        images = pixels(48 if is_dynamic else 32)
        if is_half:
            images = images.astype(np.float16)
        if is_dynamic:
            scores = session.run(output_names, {session.get_inputs()[0].name: images})
        else:
            binding = session.io_binding()
            places = []
            for output in session.get_outputs():
                place = np.empty(output.shape, np.float16 if is_half else np.float32)
                binding.bind_output(name=output.name, device_type="cpu", device_id=0, element_type=place.dtype.type,
                                    shape=tuple(place.shape), buffer_ptr=place.ctypes.data)
                places.append(place)
            binding.bind_input(name="images", device_type="cpu", device_id=0, element_type=images.dtype.type,
                               shape=tuple(images.shape), buffer_ptr=images.ctypes.data)
            session.run_with_iobinding(binding)
            scores = places
        found.append((labels, is_dynamic, is_half, scores))
    return found


@way
def model_class_as_in_optimum(folder):
    """Names to places, inputs as many as the session wants, values bound by address with types from the session."""
    import onnxruntime as ort
    from onnxruntime import InferenceSession, SessionOptions

    types = {"tensor(int64)": np.int64, "tensor(float)": np.float32}
    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession((folder / "text.onnx").as_posix(), sess_options=options, providers=["CPUExecutionProvider"],
                               provider_options=[{}])
    inputs = {each.name: i for i, each in enumerate(session.get_inputs())}
    outputs = {each.name: i for i, each in enumerate(session.get_outputs())}
    dtypes = {each.name: each.type for each in [*session.get_inputs(), *session.get_outputs()]}
    found = [inputs, outputs, dtypes, isinstance(session, ort.InferenceSession)]
    for batch, length in ((2, 7), (1, 4), (2, 7)):
        ids = np.arange(batch * length, dtype=np.int64).reshape(batch, length) % 50
        known = {"input_ids": ids, "attention_mask": (ids % 3 > 0).astype(np.int64), "token_type_ids": ids * 0}
        feed = {name: known[name] for name in inputs}
        answers = session.run(None, feed)
        binding = session.io_binding()
        for name, array in feed.items():
            binding.bind_input(name, "cpu", 0, types[dtypes[name]], tuple(array.shape), array.ctypes.data)
        places = {"logits": np.empty((batch, 3), np.float32), "last_hidden_state": np.empty((batch, length, 16), np.float32)}
        for name, place in places.items():
            binding.bind_output(name, "cpu", 0, types[dtypes[name]], tuple(place.shape), place.ctypes.data)
        binding.synchronize_inputs()
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        found.append(({name: answers[place] for name, place in outputs.items()}, places))
    return found


@way
def text_tools_with_a_quiet_logger(folder):
    """Every switch of SessionOptions that such programs set."""
    import onnxruntime as rt

    rt.set_default_logger_severity(3)
    options = rt.SessionOptions()
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.enable_mem_reuse = True
    options.inter_op_num_threads = 2
    options.intra_op_num_threads = 2
    options.execution_mode = rt.ExecutionMode.ORT_PARALLEL
    options.graph_optimization_level = rt.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.use_deterministic_compute = True
    options.logid = "text"
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = rt.InferenceSession(str(folder / "text.onnx"), sess_options=options)
    run = rt.RunOptions()
    run.log_severity_level = 4
    run.logid = "one"
    ids = np.array([[3, 1, 4, 1, 5]], np.int64)
    kept = session.get_session_options()
    return (session.run(["last_hidden_state", "logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)}, run),
            [kept.log_severity_level, kept.enable_cpu_mem_arena, kept.execution_mode.name, kept.graph_optimization_level.name,
             kept.get_session_config_entry("session.intra_op.allow_spinning"), int(rt.GraphOptimizationLevel.ORT_ENABLE_ALL)])


@way
def program_that_prefers_a_gpu(folder):
    """Asks for one, is warned, and goes on."""
    import onnxruntime as ort

    session = ort.InferenceSession(folder / "affine.onnx", providers=[
        ("CUDAExecutionProvider", {"device_id": 0, "arena_extend_strategy": "kNextPowerOfTwo"}), "CPUExecutionProvider"])
    only = ort.InferenceSession(folder / "affine.onnx", providers=["CUDAExecutionProvider"])
    session.set_providers(["CPUExecutionProvider"])
    session.disable_fallback()
    x = np.array([[1, 2, 3]], np.float32)
    return session.get_providers(), only.get_providers(), session.run(None, {"x": x}), only.run(None, {"x": x})


@way
def program_with_fixed_dimensions(folder):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.add_free_dimension_override_by_name("batch", 2)
    options.add_free_dimension_override_by_name("nothing", 2)
    session = ort.InferenceSession(folder / "batch.onnx", options)
    return ([each.shape for each in [*session.get_inputs(), *session.get_outputs()]],
            session.run(None, {"images": pixels(batch=2)}))


@way
def program_that_replaces_an_initializer(folder):
    import onnxruntime as ort

    session = ort.InferenceSession(folder / "default.onnx")
    x = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    other = np.array([2, 2, 0.5], np.float32)
    return ([each.name for each in session.get_inputs()],
            [(each.name, each.shape, each.type) for each in session.get_overridable_initializers()],
            session.run(["y"], {"x": x}), session.run(["y"], {"x": x, "factor": other}), session.run(["y"], {"x": x[:1], "factor": other}),
            [each.numpy() for each in session.run_with_ort_values(["y"], {
                "x": ort.OrtValue.ortvalue_from_numpy(x), "factor": ort.OrtValue.ortvalue_from_numpy(other)})],
            session.run(["y"], {"x": x}))


@way
def program_that_hands_over_lists_and_views(folder):
    """Lists, views with any strides, arrays in the order of columns, subclasses, and arrays that may only be read."""
    import onnxruntime as ort

    session = ort.InferenceSession(folder / "affine.onnx")
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    locked = x[:2, :3].copy()
    locked.flags.writeable = False
    feeds = [[[1.0, 2.0, 3.0]], [[1, 2, 3], [4, 5, 6]], [x[0, :3], x[1, :3]], x[:, ::2], x[::-1, 3:], x[:, :3], x[:3, :2].T,
             np.asfortranarray(x[:, :3]), np.ma.masked_array(x[:, :3].copy()), x[:, :3].copy().view(np.matrix), locked, x[:0, :3]]
    return [session.run(["y"], {"x": feed}) for feed in feeds]


@way
def program_that_catches_errors(folder):
    """By the names that onnxruntime has for them."""
    import onnxruntime as ort
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidProtobuf, NoSuchFile

    caught = []
    session = ort.InferenceSession(folder / "affine.onnx")
    for kind, call in ((NoSuchFile, lambda: ort.InferenceSession("gone.onnx")),
                       (InvalidProtobuf, lambda: ort.InferenceSession(b"\x08")),
                       (InvalidArgument, lambda: session.run(None, {"x": np.zeros((1, 3))})),
                       (InvalidArgument, lambda: session.run(["z"], {"x": np.zeros((1, 3), np.float32)})),
                       (ValueError, lambda: session.run(None, {})),
                       (ort.capi.onnxruntime_pybind11_state.InvalidArgument, lambda: session.run(None, {"x": np.zeros((1, 4), np.float32)}))):
        try:
            call()
        except kind:
            caught.append(kind.__name__)
    options = ort.RunOptions()
    options.terminate = True
    try:
        session.run(None, {"x": np.zeros((1, 3), np.float32)}, options)
    except Fail:
        caught.append("terminated")
    return caught


@way
def program_that_goes_through_a_folder(folder):
    """Bytes of a file object, one session for all, results kept after the session is gone."""
    import onnxruntime as ort

    session = ort.InferenceSession(io.BytesIO((folder / "yolo.onnx").read_bytes()).read())
    kept = [session.run(None, {"images": pixels(size)})[0] for size in range(24, 40, 4)]
    del session
    return kept


@pytest.mark.parametrize("program", WAYS, ids=lambda program: program.__name__)
def test_a_program_goes_on_with_the_same(program, folder):
    same(program, folder)


def test_modules_are_found_under_onnxruntimes_names():
    import paperkite.ort

    with in_place():
        import onnxruntime
        import onnxruntime.capi.onnxruntime_pybind11_state as state
        from onnxruntime import InferenceSession
        from onnxruntime.capi import _pybind_state, onnxruntime_inference_collection
        from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

        assert onnxruntime is paperkite.ort
        assert state.InvalidArgument is InvalidArgument is paperkite.ort.capi.onnxruntime_pybind11_state.InvalidArgument
        assert _pybind_state.SessionOptions is onnxruntime.SessionOptions is paperkite.ort.SessionOptions
        assert onnxruntime_inference_collection.Session is InferenceSession is paperkite.ort.InferenceSession
        assert pathlib.Path(state.__file__).parent.parent.name == "ort"
    import onnxruntime as real

    assert real is not paperkite.ort
