# SPDX-License-Identifier: Apache-2.0
"""Runs a model in ONNX Runtime without graph optimisation, and records what each of its nodes computes.

Only graph outputs can be read, so every node's outputs are added to them, in memory; the model's file is not touched.
ONNX Runtime keeps all graph outputs until the end of a run. So large models are run several times, each time with other
outputs, of at most GROUP_BYTES together.
"""

import math
import os

import numpy as np
import onnx

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library is loaded
import onnxruntime  # noqa: E402

GROUP_BYTES = 1 << 29
UNKNOWN_BYTES = 1 << 24  # of a value whose shape onnx cannot infer
LARGEST_MODEL = (1 << 31) - 1  # protobuf's limit for one message
READABLE = {f"tensor({name})" for name in ("float", "double", "float16", "bool", "int8", "int16", "int32", "int64",
                                           "uint8", "uint16", "uint32", "uint64")}


def wanted_values(model, names):
    """The named outputs of the graph's own nodes, in order. Constants are in the file and need no run."""
    made = [name for node in model.graph.node if node.op_type != "Constant" for name in node.output if name]
    return made if names is None else [name for name in made if name in set(names)]


def sizes(model, tensor, input_name):
    """Bytes of each value whose type and shape follow from the input's."""
    typed = onnx.ModelProto()
    typed.CopyFrom(model)
    for value in typed.graph.input:
        if value.name == input_name:
            for dim, size in zip(value.type.tensor_type.shape.dim, tensor.shape):
                dim.dim_value = size
    try:
        typed = onnx.shape_inference.infer_shapes(typed, data_prop=True)
    except (onnx.shape_inference.InferenceError, ValueError):
        return {}  # models that onnx refuses here may still run
    found = {}
    for value in [*typed.graph.value_info, *typed.graph.output]:
        if not value.type.HasField("tensor_type") or not value.type.tensor_type.HasField("shape"):
            continue
        dims = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in value.type.tensor_type.shape.dim]
        element = 8 if value.type.tensor_type.elem_type in (onnx.TensorProto.DOUBLE, onnx.TensorProto.INT64) else 4
        if 0 not in dims:
            found[value.name] = element * math.prod(dims)
    return found


def groups(names, bytes_of):
    """Consecutive names whose values have at most GROUP_BYTES; at least one name each."""
    group, total = [], 0
    for name in names:
        size = bytes_of.get(name, UNKNOWN_BYTES)
        if group and total + size > GROUP_BYTES:
            yield group
            group, total = [], 0
        group.append(name)
        total += size
    if group:
        yield group


def data_folder(request, model):
    """Where the files of the external data are: beside the model, or in a folder of --data-dir."""
    locations = {entry.value for tensor in model.graph.initializer for entry in tensor.external_data
                 if entry.key == "location"}
    folders = [request.model.parent, *request.data_dirs]
    for folder in folders:
        if all((folder / location).exists() for location in locations):
            return folder
    missing = next(location for location in sorted(locations) if not (folders[0] / location).exists())
    raise OSError(f"{request.model} needs {missing}, which is not beside it; name its folder with --data-dir")


def session_with(model, outputs, folder):
    """A session whose graph outputs are exactly `outputs`."""
    edited = onnx.ModelProto()
    edited.CopyFrom(model)
    known = {value.name: value for value in model.graph.output}
    del edited.graph.output[:]
    for name in outputs:
        edited.graph.output.append(known.get(name, onnx.ValueInfoProto(name=name)))  # ONNX Runtime infers the type
    if edited.ByteSize() > LARGEST_MODEL:
        raise OSError(f"the model holds {edited.ByteSize()} bytes in one file, more than protobuf allows when outputs are "
                      "added; save it with external data")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    return onnxruntime.InferenceSession(edited.SerializeToString(), options, providers=["CPUExecutionProvider"])


def record(request, tensor, recording):
    model = onnx.load(request.model, load_external_data=False)
    folder = data_folder(request, model)
    names = wanted_values(model, request.values)
    for missing in sorted(set(request.values or []) - set(names)):
        recording.left_out(missing, "no node of the model makes it")
    batch = request.input.get("batch", 1)  # a model of a fixed batch gets the one picture in every row
    feed = {request.input["name"]: np.repeat(tensor, batch, axis=request.input["axes"].find("N")) if batch > 1 else tensor}
    done = 0
    for group in groups(names, sizes(model, tensor, request.input["name"])):
        print(f"values {done + 1} to {done + len(group)} of {len(names)}", flush=True)
        session = session_with(model, group, folder)
        kinds = {value.name: value.type for value in session.get_outputs()}
        readable = [name for name in group if kinds[name] in READABLE]
        for name in group:
            if name not in readable:
                recording.left_out(name, f"numpy has no {kinds[name]}")
        for name, array in zip(readable, session.run(readable, feed) if readable else []):
            recording.value(name, array)
        done += len(group)
