# SPDX-License-Identifier: Apache-2.0
"""M01-M17: files that are no model, cut and odd protocol buffers, weights in other files, tensors that contradict themselves."""

import os
import socket
import struct

import numpy as np
from onnx import TensorProto

from row import (
    ANY,
    IO,
    LIMIT,
    MODEL,
    OK,
    REFUSED,
    UNSUPPORTED,
    USAGE,
    Call,
    block,
    content_of,
    hand_model,
    hand_node,
    hand_relu,
    i64,
    model,
    node,
    noise,
    number,
    relu,
    row,
    three_nodes,
    try_model,
    value_info,
    varint,
)

# ---- M01, M02, M05: no models, and the message says what it is

FILL = bytes(60)
for name, content, *words in [
    ("empty", b"", "empty"),
    ("git_lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1234\n", "LFS"),
    ("html", b"<!DOCTYPE html><html><body>Not found</body></html>", "HTML"),
    ("pickle_zip", b"PK\3\4" + FILL, "zip"),
    ("pickle", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "PyTorch"),
    ("tflite", b"\x1c\0\0\0TFL3" + FILL, "TensorFlow Lite"),
    ("safetensors", struct.pack("<Q", 40) + b'{"w":{"dtype":"F32","shape":[1]}}       ' + bytes(4), "safetensors"),
    ("hdf5", b"\x89HDF\r\n\x1a\n" + FILL, "HDF5"),
    ("gguf", b"GGUF\3\0\0\0" + FILL, "GGUF"),
    ("gzip", b"\x1f\x8b\x08" + FILL, "gzip"),
    ("zstd", b"\x28\xb5\x2f\xfd" + FILL, "zstd"),
    ("xz", b"\xfd7zXZ\0" + FILL, "xz"),
    ("bzip2", b"BZh91AY&SY" + FILL, "bzip2"),
    ("tar", (b"m.onnx" + bytes(251) + b"ustar\0" + b"00").ljust(1024, b"\0"), "tar"),
    ("rar", b"Rar!\x1a\x07\x01\0" + FILL, "RAR"),
    ("seven_zip", b"7z\xbc\xaf\x27\x1c" + FILL, "7-Zip"),
    ("json", b'{"model": 1}', "JSON"),
    ("xml", b"<?xml version='1.0'?><net/>", "XML"),
    ("yaml", b"---\nmodel: resnet\n", "text"),
    ("python", b"#!/usr/bin/env python3\nimport onnx\n", "text"),
    ("png", b"\x89PNG\r\n\x1a\n" + FILL, "picture"),
    ("jpeg", b"\xff\xd8\xff\xe0" + FILL, "picture"),
    ("numpy", b"\x93NUMPY\1\0" + FILL, "NumPy"),
    ("pdf", b"%PDF-1.7\n" + FILL, "PDF"),
    ("elf", b"\x7fELF" + FILL, "program"),
    ("utf16", "hello world, this is text\n".encode("utf-16"), "text"),
    ("zeros", bytes(5000), "zero"),
]:
    row("M01" if name == "empty" else "M05", name, MODEL, try_model(content), *words)
for i in range(6):
    row("M02", f"random_{i}", MODEL, try_model(np.random.default_rng(i).bytes(4096 if i == 0 else 20 + 30 * i)))


def at_path(make):
    return lambda folder: Call(make(folder))


def fifo(folder):
    os.mkfifo(folder / "fifo.onnx")
    return folder / "fifo.onnx"


def link_loop(folder):
    os.symlink("b.onnx", folder / "a.onnx")
    os.symlink("a.onnx", folder / "b.onnx")
    return folder / "a.onnx"


def broken_link(folder):
    os.symlink("nowhere.onnx", folder / "a.onnx")
    return folder / "a.onnx"


def a_socket(folder):
    here = os.getcwd()
    os.chdir(folder)  # the name of a socket is short
    socket.socket(socket.AF_UNIX).bind("s.onnx")
    os.chdir(here)
    return folder / "s.onnx"


for name, expected, make, *words in [
    ("fifo", IO, fifo, "pipe"),
    ("socket", IO, a_socket, "socket"),
    ("link_loop", IO, link_loop, "symbolic link"),
    ("broken_link", IO, broken_link, "a.onnx"),
    ("folder", IO, lambda folder: folder, "holds no .onnx"),
    ("zeros_for_ever", IO, lambda folder: "/dev/zero", "device"),
    ("null", IO, lambda folder: "/dev/null", "device"),
    ("missing", IO, lambda folder: folder / "none.onnx", "none.onnx"),
    ("below_a_file", IO, lambda folder: fifo(folder) / "m.onnx", "m.onnx"),
    ("name_of_5000", IO, lambda folder: "/" + "a" * 5000, "too long"),
    ("memory", f"{IO}|{MODEL}", lambda folder: "/proc/self/mem"),
]:
    row("M05", name, expected, at_path(make), *words)

# ---- M03, M04: cuts and flipped bits

SMALL = three_nodes().SerializeToString()
for k in range(1, len(SMALL)):
    row("M03", f"cut_{k:03}", ANY if k > 40 else REFUSED, try_model(SMALL[:k]), heavy=k % 9 != 0)
for k in range(len(SMALL)):
    flipped = bytearray(SMALL)
    flipped[k] ^= 1 << (k * 5 % 8)
    row("M04", f"flip_{k:03}", ANY, try_model(bytes(flipped)), heavy=k % 9 != 0)

# ---- M06-M10: the wire format

WEIGHT = noise(4, 3, 3, 3)


def dims_of(array, packed=False):
    return block(1, b"".join(varint(d) for d in array.shape)) if packed else b"".join(number(1, d) for d in array.shape)


def conv(pads, packed_dims=False, more=b""):
    weight = block(5, dims_of(WEIGHT, packed_dims) + number(2, 1) + block(8, "w") + block(9, WEIGHT.tobytes()))
    attribute = block(5, block(1, "pads") + pads + number(20, 7))
    return hand_model(hand_node("Conv", ["x", "w"], ["y"], attribute + more) + weight + value_info(11, "x", (1, 3, 6, 6)) + value_info(12, "y"))


UNKNOWN = number(1000, 5) + block(1001, b"later") + varint(1002 << 3 | 5) + bytes(4) + varint(1003 << 3 | 1) + bytes(8)
GROUP = varint(900 << 3 | 3) + number(1, 2) + block(2, "text") + varint(900 << 3 | 4)
PADS = {"unpacked": number(8, 1) * 4, "packed": block(8, b"\1\1\1\1"), "mixed": number(8, 1) + block(8, b"\1\1") + number(8, 1)}


def unknown_everywhere():
    graph = three_nodes().graph
    parts = [(1, graph.node), (5, graph.initializer), (11, graph.input), (12, graph.output)]
    return hand_model(b"".join(block(field, each.SerializeToString() + UNKNOWN) for field, items in parts for each in items) + UNKNOWN, UNKNOWN)


def split_graph():
    graph = three_nodes().graph
    first = block(1, graph.node[0].SerializeToString())
    rest = b"".join(block(1, each.SerializeToString()) for each in graph.node[1:])
    rest += b"".join(
        block(field, each.SerializeToString()) for field, items in ((5, graph.initializer), (11, graph.input), (12, graph.output)) for each in items
    )
    return number(1, 8) + block(7, first) + block(8, number(2, 17)) + block(7, rest)


def split_tensor():
    value = block(5, number(1, 2)) + block(5, number(1, 3) + number(2, 1) + block(9, noise(2, 3).tobytes()))
    constant = hand_node("Constant", [], ["c"], block(5, block(1, "value") + value + number(20, 4)))
    return hand_model(constant + hand_node("Add", ["x", "c"], ["y"]) + value_info(11, "x", (2, 3)) + value_info(12, "y"))


for item, name, expected, content in [
    ("M06", "open_groups", MODEL, b"\x0b" * 10000 + b"\x0c" * 10000),
    ("M06", "groups_never_closed", MODEL, b"\x0b" * 2_000_000),
    ("M06", "unknown_groups_deep", f"{MODEL}|{LIMIT}", hand_relu(more=varint(900 << 3 | 3) * 100_000 + varint(900 << 3 | 4) * 100_000)),
    ("M06", "group_closed_by_another", MODEL, hand_relu(more=varint(900 << 3 | 3) + varint(901 << 3 | 4))),
    ("M07", "length_2e63", MODEL, number(1, 8) + varint(7 << 3 | 2) + varint((1 << 63) - 1) + b"x"),
    ("M07", "length_2e64", MODEL, number(1, 8) + varint(7 << 3 | 2) + b"\xff" * 9 + b"\1x"),
    ("M07", "length_one_too_long", MODEL, number(1, 8) + varint(7 << 3 | 2) + varint(2) + b"x"),
    ("M07", "varint_of_11", MODEL, b"\x08" + b"\x80" * 11 + b"\1"),
    ("M07", "varint_with_bit_64", REFUSED, b"\x08" + b"\xff" * 9 + b"\x02"),
    ("M07", "field_0", MODEL, b"\0\1"),
    ("M07", "wire_type_6", MODEL, b"\x0e"),
    ("M07", "wire_type_7", MODEL, b"\x0f"),
    ("M07", "end_of_no_group", MODEL, hand_relu(more=varint(900 << 3 | 4))),
    ("M07", "text_for_a_number", MODEL, block(1, b"abc")),
    ("M07", "number_for_a_graph", MODEL, number(1, 8) + number(7, 5)),
    ("M08", "unknown_fields", OK, unknown_everywhere),
    ("M08", "unknown_group_in_model", OK, hand_relu(more=GROUP)),
    ("M08", "unknown_group_in_graph", OK, hand_relu(graph=GROUP)),
    ("M08", "unknown_group_in_node", OK, hand_relu(node_more=GROUP)),
    *[("M09", f"pads_{name}", OK, conv(pads)) for name, pads in PADS.items()],
    *[("M09", f"packed_dims_pads_{name}", OK, conv(pads, True)) for name, pads in PADS.items()],
    ("M10", "graph_in_two_pieces", OK, split_graph),
    ("M10", "tensor_in_two_pieces", OK, split_tensor),
    ("M10", "graph_name_twice", OK, lambda: SMALL + block(7, block(2, "other"))),
    (
        "M10",
        "operator_twice_the_last_counts",
        OK,
        hand_model(hand_node("Sigmoid", ["x"], ["y"], block(4, "Relu")) + value_info(11, "x", (2,)) + value_info(12, "y")),
    ),
]:
    row(item, name, expected, try_model(content))


def large_hole(size):
    """Almost all of the file is an unknown field that is a hole."""

    def make(folder):
        head = content_of(three_nodes()) + varint(3000 << 3 | 2) + varint(size)
        with open(folder / "m.onnx", "wb") as file:
            file.write(head)
            file.truncate(len(head) + size)
        return Call(folder / "m.onnx")

    return make


row("M11", "unknown_field_of_3_GB", OK, large_hole(3 << 30), heavy=True)
row("M11", "unknown_field_of_5_GB", OK, large_hole(5 << 30), heavy=True)

# ---- M12, M13: weights in another file

WEIGHTS = np.float32([1, 2, 3, 4])


def tensor(dims, kind=1, **fields):
    made = TensorProto(name="w", data_type=kind)
    made.dims.extend(dims)
    for key, value in fields.items():
        if key == "raw_data":
            made.raw_data = value
        elif key == "segment":
            made.segment.begin, made.segment.end = 0, 1
        else:
            getattr(made, key).extend(value)
    return made


def added(weight):
    return model([node("Add", ["x", "w"], ["y"])], [("x", [4])], [("y", None)], {"w": weight})


def external(entries, raw=None, inside=added):
    weight = tensor([4]) if raw is None else tensor([4], raw_data=raw)
    weight.data_location = TensorProto.EXTERNAL
    for key, value in entries:
        weight.external_data.add(key=key, value=value)

    def make(folder):
        home = folder / "model"
        (home / "sub").mkdir(parents=True)
        for path in (home / "w.bin", home / "sub/w.bin", folder / "outside.bin"):
            path.write_bytes(WEIGHTS.tobytes())
        for target, name in (
            ("w.bin", "link.bin"),
            ("..", "parent"),
            ("sub", "linked"),
            ("/etc/passwd", "passwd"),
            ("loop", "loop"),
            ("/proc/self/fd/0", "stdin.bin"),
        ):
            os.symlink(target, home / name)
        os.mkfifo(home / "fifo")
        (home / "empty.bin").write_bytes(b"")
        (home / "m.onnx").write_bytes(content_of(inside(weight)))
        return Call(home / "m.onnx")

    return make


OUTSIDE = f"{MODEL}|{IO}"
for name, location, expected in [
    ("plain", "w.bin", OK),
    ("below", "sub/w.bin", OK),
    ("dot", "./w.bin", OK),
    # Links are followed where they end inside the model's own folder: docs and SECURITY.md say so.
    ("link_inside", "link.bin", OK),
    ("linked_folder_inside", "linked/w.bin", OK),
    ("up", "../outside.bin", OUTSIDE),
    ("far_up", "../" * 20 + "etc/passwd", OUTSIDE),
    ("absolute", "/etc/passwd", OUTSIDE),
    ("down_and_up", "sub/../../outside.bin", OUTSIDE),
    ("linked_parent", "parent/outside.bin", OUTSIDE),
    ("link_outside", "passwd", OUTSIDE),
    ("link_to_itself", "loop", OUTSIDE),
    ("link_to_a_descriptor", "stdin.bin", OUTSIDE),
    ("fifo", "fifo", OUTSIDE),
    ("folder", "sub", OUTSIDE),
    ("missing", "none.bin", OUTSIDE),
    ("empty_name", "", OUTSIDE),
    ("zero_in_name", "w.bin\0../x", OUTSIDE),
    ("name_of_5000", "a" * 5000, OUTSIDE),
    ("drive", "C:\\x", OUTSIDE),
    ("share", "\\\\server\\x", OUTSIDE),
    ("backslash_up", "..\\outside.bin", OUTSIDE),
    ("root", "/", OUTSIDE),
    ("dots", "..", OUTSIDE),
    ("slash_behind", "w.bin/", OUTSIDE),
    ("proc", "/proc/self/environ", OUTSIDE),
    ("empty_file", "empty.bin", OUTSIDE),
    ("escape_sequence", "a\nb\x1b[31m", OUTSIDE),
    ("url", "http://localhost/w.bin", OUTSIDE),
    ("itself", "m.onnx", OUTSIDE),
]:
    row("M12", name, expected if name != "itself" else ANY + "|io", external([("location", location)]))
for name, expected, entries in [
    ("whole", OK, [("offset", "0"), ("length", "16")]),
    ("offset_minus_1", MODEL, [("offset", "-1")]),
    ("offset_2e63", MODEL, [("offset", str(2**63 - 1)), ("length", "16")]),
    ("offset_2e64", MODEL, [("offset", str(2**64))]),
    ("wraps", MODEL, [("offset", str(2**64 - 8)), ("length", "16")]),
    ("length_too_long", MODEL, [("length", "17")]),
    ("length_too_short", MODEL, [("length", "15")]),
    ("length_0", MODEL, [("length", "0")]),
    ("behind_the_end", MODEL, [("offset", "4")]),
    ("offset_a_word", MODEL, [("offset", "abc")]),
    ("offset_hexadecimal", MODEL, [("offset", "0x0")]),
    ("offset_fraction", MODEL, [("offset", "0.0")]),
    ("offset_empty", MODEL, [("offset", "")]),
    ("length_a_word", MODEL, [("length", "16 bytes")]),
    ("unknown_key", f"{OK}|{MODEL}", [("mode", "w")]),
    ("location_twice", f"{OK}|{MODEL}", [("location", "../outside.bin")]),
    ("checksum_wrong", f"{OK}|{MODEL}", [("checksum", "0" * 40)]),
]:
    row("M13", name, expected, external([("location", "w.bin"), *entries]))
row("M13", "no_location", MODEL, external([("offset", "0")]))
row("M13", "external_and_raw", MODEL, external([("location", "w.bin")], raw=WEIGHTS.tobytes()))
row(
    "M12",
    "up_in_an_attribute",
    OUTSIDE,
    external(
        [("location", "../outside.bin")],
        inside=lambda weight: model([node("Constant", [], ["w"], value=weight), node("Add", ["x", "w"], ["y"])], [("x", [4])], [("y", None)]),
    ),
)

# ---- M15-M17: shape, type and data of a tensor

for item, name, expected, weight in [
    ("M15", "overflow", f"{MODEL}|{LIMIT}", tensor([2**32, 2**32])),
    ("M15", "wraps_to_0", f"{MODEL}|{LIMIT}", tensor([2**33, 2**31, 4])),
    ("M15", "negative", MODEL, tensor([-1], raw_data=b"")),
    ("M15", "least", MODEL, tensor([-(2**63)])),
    ("M15", "zero_and_huge", f"{MODEL}|{LIMIT}", tensor([0, 2**62, 2**62])),
    ("M15", "70_dimensions", f"{REFUSED}|{LIMIT}", tensor([1] * 70, raw_data=bytes(4))),
    ("M15", "8_dimensions", OK, tensor([1] * 8, raw_data=bytes(4))),
    ("M15", "no_data", MODEL, tensor([4])),
    ("M15", "scalar", OK, tensor([], float_data=[1.0])),
    ("M15", "scalar_of_4", MODEL, tensor([], float_data=[1, 2, 3, 4])),
    ("M15", "empty", f"{OK}|{MODEL}", tensor([0])),
    ("M16", "two_data_fields", MODEL, tensor([4], float_data=[1, 2, 3, 4], raw_data=bytes(16))),
    ("M16", "two_typed_fields", MODEL, tensor([4], float_data=[1, 2, 3, 4], int64_data=[1, 2, 3, 4])),
    ("M17", "wrong_data_field", MODEL, tensor([4], int64_data=[1, 2, 3, 4])),
    ("M17", "raw_one_less", MODEL, tensor([4], raw_data=bytes(15))),
    ("M17", "raw_one_more", MODEL, tensor([4], raw_data=bytes(17))),
    ("M17", "float_one_less", MODEL, tensor([4], float_data=[1, 2, 3])),
    ("M17", "float_one_more", MODEL, tensor([4], float_data=[1, 2, 3, 4, 5])),
    ("M17", "type_0", MODEL, tensor([4], 0, raw_data=bytes(16))),
    ("M17", "type_99", REFUSED, tensor([4], 99, raw_data=bytes(16))),
    ("M17", "type_minus_1", REFUSED, tensor([4], -1, raw_data=bytes(16))),
    ("M17", "strings", REFUSED, tensor([1], 8, string_data=[b"a"])),
    ("M17", "complex", REFUSED, tensor([2], 14, raw_data=bytes(16))),
    ("M17", "float8", REFUSED, tensor([4], 17, raw_data=bytes(4))),
    # int4 is supported; here the types of Add differ, as in ONNX.
    ("M17", "int4_where_float_is_due", MODEL, tensor([4], 22, raw_data=bytes(2))),
    ("M17", "int4_one_byte_less", MODEL, tensor([5], 22, raw_data=bytes(2))),
    ("M17", "segment", REFUSED, tensor([4], raw_data=bytes(16), segment=1)),
]:
    row(item, name, expected, try_model(added(weight)))
TWO = tensor([4], float_data=[1, 2, 3, 4], raw_data=bytes(16))
row(
    "M16",
    "two_data_fields_in_an_attribute",
    MODEL,
    try_model(model([node("Constant", [], ["w"], value=TWO), node("Add", ["x", "w"], ["y"])], [("x", [4])], [("y", None)])),
)


def two_fields_in_a_function():
    from onnx import helper

    inner = helper.make_function(
        "local", "F", ["a"], ["b"], [node("Constant", [], ["w"], value=TWO), node("Add", ["a", "w"], ["b"])], [helper.make_opsetid("", 17)]
    )
    return model([node("F", ["x"], ["y"], domain="local")], [("x", [4])], [("y", None)], functions=[inner], opsets=[helper.make_opsetid("local", 1)])


row("M16", "two_data_fields_in_a_function", MODEL, try_model(two_fields_in_a_function))
row("M17", "no_name", MODEL, try_model(lambda: hand_relu(graph=block(5, number(1, 1) + number(2, 1) + block(9, bytes(4))))))
row(
    "M17",
    "same_name_twice",
    MODEL,
    try_model(lambda: hand_relu(graph=block(5, number(1, 1) + number(2, 1) + block(8, "w") + block(9, bytes(4))) * 2)),
)
row("M05", "empty_path", USAGE, lambda folder: Call(""))
row("M02", "nothing_but_a_version", REFUSED, try_model(number(1, 8)))
row("M02", "no_graph", REFUSED, try_model(number(1, 8) + block(8, number(2, 17))))
row("M13", "weights_that_the_sum_needs", OK, try_model(lambda: model([node("Add", ["x", "w"], ["y"])], [("x", [4])], [("y", None)], {"w": WEIGHTS})))
row("M17", "int64_shape", OK, try_model(lambda: model([node("Reshape", ["x", "s"], ["y"])], [("x", [4])], [("y", None)], {"s": i64(2, 2)})))
row("M05", "extension_does_not_matter", OK, try_model(relu(), "model.bin"))
row("M17", "unsupported_and_named", UNSUPPORTED, try_model(added(tensor([1], 8, string_data=[b"a"]))))
