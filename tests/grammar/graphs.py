# SPDX-License-Identifier: Apache-2.0
"""Models that are cut, and shown as text."""

import numpy as np
import onnx


def names_read(node):
    """Also those that the graphs of its attributes take from around it."""
    names = set(node.input)
    for a in node.attribute:
        for inner in (a.g.node if a.type == onnx.AttributeProto.GRAPH else ()):
            names |= names_read(inner)
    return names


def without_dead(model):
    """The same without nodes, inputs and initializers that no output needs."""
    needed = {o.name for o in model.graph.output}
    nodes = []
    for node in reversed(model.graph.node):
        if needed & {name for name in node.output if name}:
            nodes.insert(0, node)
            needed.update(names_read(node))
    made = onnx.ModelProto()
    made.CopyFrom(model)
    for field, kept in (("node", nodes), ("initializer", [t for t in model.graph.initializer if t.name in needed]),
                        ("input", [i for i in model.graph.input if i.name in needed])):
        del getattr(made.graph, field)[:]
        getattr(made.graph, field).extend(kept)
    return made


def text_of(model):
    """One line for each node, with the shapes of what it reads where they are stated."""
    shapes = {i.name: f"{onnx.TensorProto.DataType.Name(i.type.tensor_type.elem_type).lower()}{[d.dim_value for d in i.type.tensor_type.shape.dim]}"
              for i in [*model.graph.input, *model.graph.output]}
    for t in model.graph.initializer:
        shapes[t.name] = f"{onnx.TensorProto.DataType.Name(t.data_type).lower()}{list(t.dims)}"
        if np.prod(t.dims) <= 8 and t.data_type != onnx.TensorProto.BFLOAT16:
            shapes[t.name] += "=" + str(onnx.numpy_helper.to_array(t).tolist())
    opsets = ", ".join(f"{o.domain or 'opset'} {o.version}" for o in model.opset_import)
    lines = [f"  {opsets}"]
    for node in model.graph.node:
        reads = ", ".join(f"{name}:{shapes[name]}" if name in shapes else name or "-" for name in node.input)
        attributes = " ".join(f"{a.name}={short(onnx.helper.get_attribute_value(a))}" for a in node.attribute)
        lines.append(f"  {', '.join(node.output)} = {node.op_type}({reads}) {attributes}")
    return "\n".join(lines) + "\n  outputs " + ", ".join(f"{o.name}:{shapes[o.name]}" for o in model.graph.output)


def short(value):
    if isinstance(value, onnx.GraphProto):
        return "{" + "; ".join(f"{', '.join(n.output)} = {n.op_type}({', '.join(n.input)})" for n in value.node) + "}"
    return value.decode() if isinstance(value, bytes) else list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else value
