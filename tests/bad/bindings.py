# SPDX-License-Identifier: Apache-2.0
"""What the C ABI and the Python package add: arguments, arrays, options, calls that are stopped. (More of the kind: tests/c,
bindings/python/tests; requests to a server: bindings/python/tests/test_requests.py and test_service.py.)"""

from row import INPUT, LIMIT, MODEL, OK, USAGE, Asked, classifier, content_of, plain_picture, row


def asked(way, *words, files=False):
    def make(folder):
        (folder / "m.onnx").write_bytes(content_of(classifier()))
        plain_picture(folder)
        return Asked(way, [str(folder / word) if word in ("m.onnx", "good.png") else word for word in words])

    return make


def library(item, name, expected, *words):
    row(item, name, expected, asked("library", *words))


def python(item, name, expected, *words):
    row(item, name, expected, asked("Python", *words))


for name, option in {
    "unknown": "thread=1",
    "empty_name": "=1",
    "dashes": "--threads=1",
    "threads_0": "threads=0",
    "threads_2e40": "threads=1099511627776",
    "threads_word": "threads=two",
    "threads_empty": "threads=",
    "threshold_nan": "threshold=nan",
    "threshold_1": "threshold=1",
    "size_0": "size=0x5",
    "memory_word": "memory-limit=much",
    "memory_negative": "memory-limit=-1",
    "isa": "exif=yes",
    "escape": "\x1b[31m=1",
    "name_of_100000": "a" * 100_000 + "=1",
    "value_of_100000": "threads=" + "9" * 100_000,
    "not_utf8": "\udcff=\udcfe",
}.items():
    library("A01", f"option_{name}", USAGE, "options", option)
for name, expected, words in [
    ("2e63_x_2e63", USAGE, ["9223372036854775807", "9223372036854775807", "3", "0"]),
    ("0", USAGE, ["0", "4", "3", "0"]),
    ("negative", USAGE, ["-4", "4", "3", "0"]),
    ("4_channels", USAGE, ["2", "2", "4", "0"]),
    ("stride_too_short", USAGE, ["2", "2", "3", "5"]),
    ("stride_negative", USAGE, ["2", "2", "3", "-9"]),
    ("good", OK, ["2", "2", "3", "6"]),
]:
    library("A02", f"pixels_{name}", expected, "pixels", *words)
for name, expected, words in [
    ("type_0", USAGE, ["0", "4", "1"]),
    ("type_99", USAGE, ["99", "4", "1"]),
    ("negative", USAGE, ["1", "4", "-1"]),
    ("too_short", USAGE, ["1", "3", "1"]),
    ("9_dimensions", LIMIT, ["1", "4", *["1"] * 9]),
    ("2e126", LIMIT, ["1", "4", str(2**63 - 1), str(2**63 - 1)]),
    ("good", OK, ["1", "16", "2", "2"]),
    ("empty", OK, ["1", "0", "0"]),
]:
    library("A03", f"tensor_{name}", expected, "tensor", *words)
for count, expected in ((-1, USAGE), (1025, USAGE), (2**31 - 1, USAGE), (1, OK)):
    library("A04", f"threads_{count}", expected, "threads", str(count))
library("A05", "stopped_before_it_began", "interrupted", "stopped", "m.onnx", "good.png", "recipe=imagenet")
library("A06", "bytes", OK, "bytes", "m.onnx")
library("A06", "bytes_of_a_picture", MODEL, "bytes", "good.png")
library("A06", "no_bytes", MODEL, "bytes", "none.onnx")
library("A07", "option_of_a_session_alone", USAGE, "classify", "m.onnx", "good.png", "max-plans=3")
library("A07", "labels_that_are_none", "io", "classify", "m.onnx", "good.png", "labels=none.txt")
library("A07", "memory", LIMIT, "classify", "m.onnx", "good.png", "memory-limit=1")
library("A07", "isa", USAGE, "classify", "m.onnx", "good.png", "isa=mmx")

python("B01", "stopped_before_it_began", "interrupted", "stopped", "m.onnx", "good.png")
for name, expected, words in [
    ("float_array", "invalid-image", "np.zeros((4, 4, 3), 'f4')"),
    ("objects", "invalid-image", "np.zeros((4, 4, 3), object)"),
    ("empty", "invalid-image", "np.zeros((0, 4, 3), 'u1')"),
    ("5_axes", "invalid-image", "np.zeros((1,) * 5, 'u1')"),
    ("byte_swapped", "invalid-image", "np.zeros((4, 4, 3), '>u2')"),
    ("read_only", OK, "np.frombuffer(bytes(48), 'u1').reshape(4, 4, 3)"),
    ("negative_strides", OK, "np.zeros((4, 4, 3), 'u1')[::-1, ::-1]"),
    ("not_dense", OK, "np.zeros((8, 8, 3), 'u1')[::2, ::3]"),
    ("subclass", OK, "np.zeros((4, 4, 3), 'u1').view(type('Mine', (np.ndarray,), {}))"),
    ("masked", f"{OK}|invalid-image", "np.ma.masked_array(np.zeros((4, 4, 3), 'u1'))"),
    ("number", USAGE, "3"),
    ("nothing", USAGE, "None"),
    ("bytes", "invalid-image", "b'junk'"),
    ("path_with_a_zero", f"{USAGE}|io", "'a\\0b.png'"),
    ("surrogate", "io", "'\\udcff.png'"),
    ("broadcast_2e31", LIMIT, "np.broadcast_to(np.zeros((1, 1, 3), 'u1'), (1, 2**31, 3))"),
    ("broadcast_2e34", LIMIT, "np.broadcast_to(np.zeros((1, 1, 3), 'u1'), (2**17, 2**17, 3))"),
    ("broadcast_2e62", LIMIT, "np.broadcast_to(np.zeros((1, 1, 1), 'u1'), (2**31, 2**31, 1))"),
    ("file_of_2e40", LIMIT, "np.broadcast_to(np.zeros(1, 'u1'), (2**40,))"),
    ("broadcast_2_GB", f"{OK}|{LIMIT}|invalid-image", "np.broadcast_to(np.zeros((1, 1, 3), 'u1'), (6000, 6000, 3))"),
]:
    python("B02", f"array_{name}", expected, "array", "m.onnx", words)
for name, expected, words in [
    ("none", INPUT, "{}"),
    ("unknown", INPUT, "{'z': np.zeros(3, 'f4')}"),
    ("type", INPUT, "{'x': np.zeros((1, 3, 8, 8))}"),
    ("shape", INPUT, "{'x': np.zeros((1, 3, 8, 9), 'f4')}"),
    ("ragged_list", INPUT, "{'x': [[1], [1, 2]]}"),
    ("list_of_words", INPUT, "{'x': [['a']]}"),
    ("objects", INPUT, "{'x': np.array([None])}"),
    ("byte_swapped", f"{OK}|{INPUT}", "{'x': np.zeros((1, 3, 8, 8), '>f4')}"),
    ("not_dense", OK, "{'x': np.zeros((1, 3, 8, 16), 'f4')[..., ::2]}"),
    ("read_only", OK, "{'x': np.frombuffer(bytes(768), 'f4').reshape(1, 3, 8, 8)}"),
    ("number_for_a_name", f"{INPUT}|{USAGE}", "{3: np.zeros((1, 3, 8, 8), 'f4')}"),
]:
    python("B03", f"feed_{name}", expected, "feed", "m.onnx", words)


# ---- Requests to a server, as S06-S08 of V1 and V2 have them


def request(way, body, header_length=""):
    def make(folder):
        path = folder / "body"
        content = body() if callable(body) else body
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return Asked("Python", [way, header_length, str(path)])

    return make


def v2(shape="[3]", datatype="UINT8", data="[1, 2, 3]", more="", name='"x"', behind=""):
    return f'{{"inputs": [{{"name": {name}, "shape": {shape}, "datatype": "{datatype}", "data": {data}{more}}}]{behind}}}'


for name, body in {
    "number": '{"instances": 3}',
    "list": "[]",
    "no_picture": '{"instances": [null]}',
    "no_base64": '{"instances": ["?"]}',
    "ragged": '{"instances": [[[1], [1, 2]]]}',
    "words": '{"instances": [["a"]]}',
    "fractions": '{"instances": [{"pixels": [[1.5]]}]}',
    "infinite": '{"instances": [{"pixels": [[Infinity]]}]}',
    "objects": '{"instances": [[{}]]}',
    "900_deep": '{"instances": [' + '{"b64": ' * 900 + '""' + "}" * 900 + "]}",
    "lists_900_deep": '{"instances": [' + "[" * 900 + "1" + "]" * 900 + "]}",
    "surrogate": '{"instances": ["\\ud800"]}',
    "2e4000": '{"instances": [[' + "9" * 4000 + "]]}",
    "k_0": '{"instances": [], "k": 0}',
    "k_2e64": '{"instances": [], "k": 18446744073709551616}',
    "k_text": '{"instances": [], "k": "5"}',
    "k_list": '{"instances": [], "k": [1]}',
    "image_in_image": '{"instances": [{"image": {"image": {"image": 3}}}]}',
}.items():
    row("S06", f"v1_{name}", INPUT, request("v1", body))
for name, body, *header in [
    ("empty", ""),
    ("no_object", "3"),
    ("nan_alone", "NaN"),
    ("deep", "[" * 1_000_000),
    ("cut", '{"inputs": ['),
    ("behind_the_end", v2() + "x"),
    ("not_utf8", b'{"inputs": [{"name": "\xff"}]}'),
    ("digits", v2(data="[" + "9" * 1_000_000 + "]")),
    ("no_inputs", "{}"),
    ("inputs_empty", '{"inputs": []}'),
    ("inputs_text", '{"inputs": "x"}'),
    ("shape_2e64", v2(shape="[16, 1152921504606846978]")),
    ("shape_2e62", v2(shape="[4, 1152921504606846978]")),
    ("shape_negative", v2(shape="[2, -5]")),
    ("shape_of_100", v2(shape=str([1] * 100))),
    ("shape_fraction", v2(shape="[1.5]")),
    ("shape_text", v2(shape='["3"]')),
    ("shape_true", v2(shape="[true]")),
    ("shape_of_1000000", v2(shape=str([1] * 1_000_000))),
    ("too_short", v2(shape="[4]")),
    ("too_long", v2(shape="[2]")),
    ("strings", v2(data='["a", "b", "c"]')),
    ("null", v2(data="null")),
    ("300", v2(data="[1, 2, 300]")),
    ("minus_1", v2(data="[1, 2, -1]")),
    ("datatype", v2(datatype="STRING")),
    ("datatype_of_1_MB", v2(datatype="x" * 1_000_000)),
    ("bytes_as_numbers", v2(datatype="BYTES")),
    ("two_inputs", '{"inputs": [' + v2()[12:-2] + "," + v2()[12:-2] + "]}"),
    ("name_a_number", v2(name="3")),
    ("name_a_surrogate", v2(name='"\\ud800"', shape="[4]")),
    ("id_a_number", v2(behind=', "id": 3')),
    ("parameters_a_list", v2(behind=', "parameters": [1]')),
    ("output_unknown", v2(behind=', "outputs": [{"name": "nope"}]')),
    ("outputs_text", v2(behind=', "outputs": "x"')),
    ("timeout_text", v2(behind=', "parameters": {"timeout": "soon"}')),
    ("timeout_negative", v2(behind=', "parameters": {"timeout": -1}')),
    ("timeout_list", v2(behind=', "parameters": {"timeout": []}')),
    ("binary_2e64", v2(more=', "parameters": {"binary_data_size": 18446744073709551616}')),
    ("binary_negative", v2(more=', "parameters": {"binary_data_size": -1}')),
    ("binary_missing", v2(more=', "parameters": {"binary_data_size": 3}')),
    ("header_negative", v2(), "-1"),
    ("header_too_long", v2(), "99999"),
    ("header_a_word", v2(), "abc"),
    ("header_0", v2(), "0"),
    ("header_superscript", v2(), "\u00b2"),
    ("classification_text", v2(behind=', "outputs": [{"name": "labels", "parameters": {"classification": "x"}}]')),
]:
    row("S07", f"v2_{name}", INPUT, request("v2", body, *header))
for name, body in {"good": v2(), "mark": "\ufeff" + v2(), "ragged_but_as_many": v2(data="[[1], [2, 3]]")}.items():
    row("S07", f"v2_{name}", OK, request("v2", body))
