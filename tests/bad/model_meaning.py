# SPDX-License-Identifier: Apache-2.0
"""M27-M30: models that classify no picture, and labels and preprocessing that nobody can follow."""

import json
import os

import numpy as np

from row import (
    INPUT,
    INT64,
    IO,
    LIMIT,
    MODEL,
    OK,
    REFUSED,
    UINT8,
    UNSUPPORTED,
    USAGE,
    Call,
    Start,
    classifier,
    content_of,
    i64,
    model,
    node,
    noise,
    plain_picture,
    row,
    try_classifier,
)

Y = [("y", None)]

for name, expected, made, *words in [
    ("open_size", OK, classifier([1, 3, "h", "w"])),
    ("open_everything", OK, classifier(["n", 3, "h", "w"])),
    ("open_channels", f"{OK}|{REFUSED}", classifier([1, "c", 8, 8])),
    ("batch_of_0", REFUSED, classifier([0, 3, 8, 8])),
    ("batch_of_4", f"{OK}|{REFUSED}", classifier([4, 3, 8, 8])),
    ("batch_of_100000", f"{OK}|{REFUSED}|{LIMIT}", classifier([100_000, 3, 8, 8])),
    ("4_channels", UNSUPPORTED, classifier([1, 4, 8, 8])),
    ("2_channels", UNSUPPORTED, classifier([1, 2, 8, 8])),
    ("size_0", REFUSED, classifier([1, 3, 0, 0])),
    ("rank_2", UNSUPPORTED, model([node("MatMul", ["x", "w"], ["y"])], [("x", [1, 10])], Y, {"w": noise(10, 3)})),
    ("rank_5", OK, model([node("Flatten", ["x"], ["y"])], [("x", [1, 1, 3, 8, 8])], Y)),
    ("no_shape", f"{OK}|{UNSUPPORTED}", model([node("Flatten", ["x"], ["y"])], [("x", None)], Y)),
    ("uint8", OK, classifier(kind=UINT8)),
    ("channels_last", UNSUPPORTED, model([node("ReduceMean", ["x"], ["y"], axes=[1, 2], keepdims=0)], [("x", [1, 8, 8, 3])], Y)),
    (
        "two_pictures",
        UNSUPPORTED,
        model([node("Add", ["x", "z"], ["s"]), node("GlobalAveragePool", ["s"], ["y"])], [("x", [1, 3, 8, 8]), ("z", [1, 3, 8, 8])], Y),
    ),
    ("strings", REFUSED, model([node("Identity", ["x"], ["y"])], [("x", [1], 8)], [("y", [1], 8)])),
    ("70000_pixels_a_side", f"{REFUSED}|{LIMIT}", classifier([1, 3, 70_000, 70_000])),
    ("30000_pixels_a_side", f"{REFUSED}|{LIMIT}", classifier([1, 3, 30_000, 30_000])),
    ("minus_1", f"{OK}|{REFUSED}", classifier([1, 3, -1, -1])),
]:
    row("M27", name, expected, try_classifier(made), *words)
for name, expected, made, *words in [
    ("column", OK, model([node("GlobalAveragePool", ["x"], ["g"]), node("Reshape", ["g", "s"], ["y"])], [("x", [1, 3, 8, 8])], Y, {"s": i64(3, 1)})),
    ("rank_4", OK, model([node("GlobalAveragePool", ["x"], ["y"])], [("x", [1, 3, 8, 8])], Y)),
    ("maps", UNSUPPORTED, model([node("Conv", ["x", "w"], ["y"])], [("x", [1, 3, 8, 8])], Y, {"w": noise(5, 3, 2, 2)}), "scores"),
    ("softmax", OK, classifier(tail=[node("Softmax", ["q"], ["y"])])),
    ("sigmoid", OK, classifier(tail=[node("Sigmoid", ["q"], ["y"])])),
    ("arg_max", f"{OK}|{UNSUPPORTED}", classifier(tail=[node("ArgMax", ["q"], ["y"], axis=1)], outputs=[("y", None, INT64)])),
    ("two_heads", f"{OK}|{UNSUPPORTED}", classifier(tail=[node("Identity", ["q"], ["y"]), node("Neg", ["q"], ["z"])], outputs=[*Y, ("z", None)])),
    ("one_class", UNSUPPORTED, classifier(classes=1)),
    ("nothing", REFUSED, classifier(tail=[node("Slice", ["q", "a", "b", "c"], ["y"])]).SerializeToString()),
    ("nan", f"{OK}|{REFUSED}", classifier(bias=np.nan)),
    ("infinite", f"{OK}|{REFUSED}", classifier(bias=np.inf)),
    ("strings", REFUSED, model([node("GlobalAveragePool", ["x"], ["g"]), node("Cast", ["g"], ["y"], to=8)], [("x", [1, 3, 8, 8])], [("y", None, 8)])),
]:
    row("M28", name, expected, try_classifier(made), *words)

# ---- M29: labels

TEN = [f"class {i}" for i in range(10)]
BAD = f"{USAGE}|{MODEL}|{IO}"  # what a flag names is the user's argument: usage


def labels(content, name="labels.txt"):
    return try_classifier(classifier(classes=10), {name: content}, labels=name)


for name, expected, content in [
    ("plain", OK, "\n".join(TEN)),
    ("windows", OK, "\r\n".join(TEN) + "\r\n"),
    ("mark", OK, "\ufeff" + "\n".join(TEN)),
    ("all_the_same", OK, "\n".join(["a"] * 10)),
    ("escapes", OK, "\n".join(["\x1b[31mred\x07"] * 10)),
    ("utf16", OK, "\n".join(TEN).encode("utf-16")),
    ("not_utf8", f"{OK}|{USAGE}", b"\xff\xfe\xff\n" + "\n".join(TEN[1:]).encode()),
    ("fewer", USAGE, "a\nb\n"),
    ("more", USAGE, "\n".join([*TEN, "x"])),
    ("empty", USAGE, ""),
    ("blank", USAGE, "\n\n \n"),
    ("zero_bytes", f"{OK}|{USAGE}", "\n".join(["a\0b"] * 10)),
    ("line_of_10_MB", f"{OK}|{USAGE}|{LIMIT}", lambda: "\n".join(["x" * 10_000_000, *TEN[1:]])),
    ("3000000_lines", f"{USAGE}|{LIMIT}", lambda: "a\n" * 3_000_000),
    ("17_MB", LIMIT, lambda: "a" * (17 << 20)),
    ("a_picture", f"{USAGE}|{LIMIT}", b"\x89PNG\r\n\x1a\n" + bytes(100)),
]:
    row("M29", name, expected, labels(content))
for name, expected, content in [
    ("list", OK, json.dumps(TEN)),
    ("deep", f"{USAGE}|{LIMIT}", "[" * 100_000),
    ("deep_objects", f"{USAGE}|{LIMIT}", '{"a":' * 100_000),
    ("cut", USAGE, '["a", "b'),
    ("a_number", USAGE, "123"),
    ("null", USAGE, "null"),
    ("nan", USAGE, "[NaN, Infinity]"),
    ("lone_surrogate", f"{OK}|{USAGE}", '["\\ud800"' + ',"a"' * 9 + "]"),
    ("number_of_1_MB", USAGE, "[" + "9" * 1_000_000 + "]"),
    ("negative_keys", USAGE, json.dumps({str(-i): "a" for i in range(10)})),
    ("huge_key", USAGE, json.dumps({"99999999999999999999": "a"})),
    ("key_2e31", USAGE, json.dumps({"2147483648": "a"})),
    ("gap", USAGE, json.dumps({"int_to_class": {str(i): f"c{i}" for i in range(11) if i != 3}})),
    ("words_for_keys", USAGE, json.dumps({f"k{i}": "a" for i in range(10)})),
    ("numbers_for_names", OK, json.dumps([1] * 10)),
    ("objects_for_names", USAGE, json.dumps([{}] * 10)),
    ("behind_the_end", USAGE, json.dumps(TEN) + "]"),
    ("comment", USAGE, "// labels\n" + json.dumps(TEN)),
    ("1e999", USAGE, '{"1e999": "a"}'),
    ("key_twice", USAGE, '{"0": "a", "0": "b"}'),
]:
    row("M29", f"json_{name}", expected, labels(content, "labels.json"))


def labels_at(make):
    def maker(folder):
        (folder / "m.onnx").write_bytes(content_of(classifier()))
        return Call(folder / "m.onnx", plain_picture(folder), {"labels": str(make(folder))})

    return maker


def fifo(folder):
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


for name, make in {
    "fifo": fifo,
    "folder": lambda folder: folder,
    "zeros_for_ever": lambda folder: "/dev/zero",
    "null": lambda folder: "/dev/null",
    "missing": lambda folder: folder / "none.txt",
}.items():
    row("M29", f"at_{name}", BAD, labels_at(make))

# ---- M30: preprocessing

RECIPE = {"resize": 10, "crop": 8, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3}
for name, expected, change in [
    ("plain", OK, {}),
    ("crop_of_another_size", MODEL, {"crop": 9}),
    ("crop_over_resize", f"{OK}|{MODEL}", {"resize": 4}),
    ("std_0", MODEL, {"std": [0, 1, 1]}),
    ("std_negative", MODEL, {"std": [-1, 1, 1]}),
    ("mean_of_4", MODEL, {"mean": [1, 2, 3, 4]}),
    ("mean_of_1", f"{OK}|{MODEL}", {"mean": [0.5]}),
    ("mean_of_0", MODEL, {"mean": []}),
    ("mean_a_word", MODEL, {"mean": "0.5"}),
    ("mean_null", f"{OK}|{MODEL}", {"mean": None}),
    ("interpolation_unknown", MODEL, {"interpolation": "magic"}),
    ("interpolation_a_number", MODEL, {"interpolation": 99}),
    ("resize_0", MODEL, {"resize": 0}),
    ("resize_negative", MODEL, {"resize": -5}),
    ("resize_2e40", f"{MODEL}|{LIMIT}", {"resize": 2**40}),
    ("resize_a_fraction", MODEL, {"resize": 10.5}),
    ("resize_of_3", MODEL, {"resize": [1, 2, 3]}),
    ("unknown_key", MODEL, {"rezise": 1}),
    ("crop_true", MODEL, {"crop": True}),
]:
    text = json.dumps({"preprocess": {**RECIPE, **change}})
    row("M30", name, expected, try_classifier(classifier(), {"m.kite.json": text}), "/m.onnx: m.kite.json")
    row(
        "M30",
        f"flag_{name}",
        expected.replace(MODEL, USAGE),
        try_classifier(classifier(), {"r.json": text}, recipe="r.json"),
        "--recipe" if name == "crop_of_another_size" else "r.json",
    )
for name, expected, text in [
    ("deep", f"{MODEL}|{LIMIT}", "[" * 1000 + "]" * 1000),
    ("list", MODEL, "[1]"),
    ("empty", MODEL, ""),
    ("zeros", MODEL, "\0" * 100),
    ("1e999", MODEL, '{"preprocess": {"mean": [1e999, 0, 0]}}'),
    ("escape_in_a_key", MODEL, '{"\\u001b[31m": 1}'),
    ("17_MB", LIMIT, lambda: '{"a": "' + "x" * (17 << 20) + '"}'),
    ("key_twice", f"{OK}|{MODEL}", '{"preprocess": {"crop": 8, "crop": 9}}'),
]:
    row("M30", f"text_{name}", expected, try_classifier(classifier(), {"m.kite.json": text}))
# A file that only lies beside the model is told of and left out of account.
for name, expected, text in [
    ("size_contradicts", f"{OK}|{MODEL}", json.dumps({"size": {"height": 99, "width": 99}, "do_resize": True})),
    ("std_0", OK, json.dumps({"image_std": [0, 0, 0], "do_normalize": True})),
    ("resample_99", OK, json.dumps({"resample": 99, "do_resize": True, "size": 8})),
    ("cut", OK, '{"size": 8'),
    ("size_a_word", OK, json.dumps({"size": "large", "do_resize": True})),
]:
    row("M30", f"hugging_face_{name}", expected, try_classifier(classifier(), {"preprocessor_config.json": text}))


def traps_beside(folder):
    os.mkfifo(folder / "labels.txt")
    os.mkfifo(folder / "config.json")
    (folder / "preprocessor_config.json").mkdir()
    (folder / "m.onnx").write_bytes(content_of(classifier()))
    return Call(folder / "m.onnx", plain_picture(folder))


row("M30", "fifos_beside_the_model", f"{OK}|{MODEL}|{IO}", traps_beside)
for key, value, expected in [
    ("paperkite.labels", "[", MODEL),
    ("paperkite.labels", json.dumps(["a"]), MODEL),
    ("paperkite.preprocess", "{", MODEL),
    ("paperkite.preprocess", json.dumps({"std": [0, 0, 0]}), MODEL),
    ("names", "{0: 'a'", f"{OK}|{MODEL}"),
    ("names", "{" * 100_000, f"{OK}|{MODEL}|{LIMIT}"),
    ("imgsz", "[8, 99999999999999999999]", f"{OK}|{MODEL}"),
    ("\x1b[31m", "\x1b[31m", OK),
]:
    row("M30", f"metadata_{key.strip(chr(27)).replace('[', '')}_{len(value)}", expected, try_classifier(classifier(metadata={key: value})))


def many_keys_of_labels(folder):
    """As many as a flag lets in: work that grows with their square would take minutes."""
    (folder / "m.onnx").write_bytes(content_of(classifier(metadata={f"label{i}": "7" for i in range(400_000)})))
    plain_picture(folder)
    return Start(["classify", "m.onnx", "good.png", "--limit", "entries=1000000", "--no-cache"])


row("M30", "many_keys_of_labels", OK, many_keys_of_labels, heavy=True)

# ---- Tensors that do not fit: what a session is given

for name, expected, dims in [
    ("shape", INPUT, {"x": ("float32", (1, 3, 8, 9))}),
    ("rank", INPUT, {"x": ("float32", (3, 8, 8))}),
    ("type", INPUT, {"x": ("float64", (1, 3, 8, 8))}),
    ("type_int", INPUT, {"x": ("int64", (1, 3, 8, 8))}),
    ("empty", f"{OK}|{INPUT}", {"x": ("float32", (0, 3, 8, 8))}),
]:
    row("M31", f"tensor_of_another_{name}", expected, lambda folder, dims=dims: Call(_written(folder), dims=dims))


def _written(folder):
    (folder / "m.onnx").write_bytes(content_of(classifier()))
    return folder / "m.onnx"
