# SPDX-License-Identifier: Apache-2.0
"""Requests and answers of servers: what fits is read, and what does not is a refusal that names the place."""

import base64
import json
import struct

import numpy as np
import paperkite
import pytest
from conftest import MODEL, PICTURE
from hypothesis import given, settings
from hypothesis import strategies as st
from paperkite import _v2
from paperkite._requests import Tensor, Wanted, notices_of, pictures_of_json, pictures_of_tensors, prediction, seconds_of
from paperkite._service import Refusal

FILE = b"\xff\xd8\xff\xe0 not UTF-8 \x00\x00"
TEXT = base64.b64encode(FILE).decode()


@pytest.mark.parametrize("instance", [TEXT, {"b64": TEXT}, {"image": {"b64": TEXT}}, {"image_bytes": {"b64": TEXT}, "key": "1"},
                                      base64.urlsafe_b64encode(FILE).decode()])
def test_files_of_v1(instance):
    assert pictures_of_json({"instances": [instance, instance], "k": 3}) == ([FILE, FILE], 3)


def test_arrays_of_v1():
    (pixels, tensor, bare), k = pictures_of_json({"instances": [{"pixels": [[[1, 2, 3]]]}, {"tensor": [[[1.5]]]}, [[[2]]]]})
    assert pixels.dtype == np.uint8 and pixels.shape == (1, 1, 3) and k is None
    for each in (tensor, bare):
        assert isinstance(each, paperkite.InputTensor) and each.array.dtype == np.float32 and each.array.shape == (1, 1, 1, 1)


@pytest.mark.parametrize("body, words", [
    ([], "instances"), ({}, "instances"), ({"instances": 3}, "instances"), ({"instances": [3]}, "instances[0]"),
    ({"instances": [None]}, "instances[0]"), ({"instances": ["", "?"]}, "instances[1] is not base64"), ({"instances": [{"x": 1}]}, "instances[0]"),
    ({"instances": ["\u20ac"]}, "base64"), ({"instances": [{"image": {"b64": "="}}]}, "instances[0].image.b64"),
    ({"instances": [[[1], [1, 2]]]}, "no array"), ({"instances": [["a"]]}, "no array"), ({"instances": [{"pixels": [[256]]}]}, "from 0 to 255"),
    ({"instances": [{"pixels": [[-1]]}]}, "from 0 to 255"), ({"instances": [{"pixels": [[1.5]]}]}, "from 0 to 255"),
    ({"instances": [{"pixels": None}]}, "no array"), ({"instances": [[{}]]}, "no array"),
    ({"instances": [], "k": 0}, "k is 0"), ({"instances": [], "k": True}, "k is True"), ({"instances": [], "k": "3"}, "k is '3'"),
])
def test_what_does_not_fit_v1(body, words):
    with pytest.raises(Refusal) as refused:
        pictures_of_json(body)
    assert words in str(refused.value) and refused.value.http_status == 400


def test_the_shapes_of_v2():
    def of(datatype, values):
        return pictures_of_tensors([Tensor("x", datatype, values.shape, values)])

    files = np.empty((2, 1), object)
    files[:, 0] = [FILE, TEXT]
    assert of("BYTES", files) == [FILE, FILE]
    assert of("UINT8", np.frombuffer(FILE, "u1")) == of("UINT8", np.frombuffer(FILE, "u1")[None]) == [FILE]
    for shape, count in (((4, 5), 1), ((4, 5, 3), 1), ((2, 4, 5, 3), 2)):
        assert [each.shape for each in of("UINT8", np.zeros(shape, "u1"))] == [shape[-3:]] * count if len(shape) > 2 else [shape]
    rows = of("FP32", np.arange(8, dtype="f4").reshape(2, 4))
    assert [each.array.tolist() for each in rows] == [[[0, 1, 2, 3]], [[4, 5, 6, 7]]]
    with pytest.raises(Refusal, match="first axis counts pictures"):
        of("FP32", np.zeros(3, "f4"))
    for inputs in ([], [Tensor("x", "BYTES", [0], files)] * 2):
        with pytest.raises(Refusal, match=f"has {len(inputs)} inputs"):
            pictures_of_tensors(inputs)


def body_of(inputs, parts=(), **more):
    head = json.dumps({"inputs": inputs, **more}).encode()
    return b"".join([head, *parts]), str(len(head)) if parts else None


def test_v2_with_bytes_behind_its_json():
    elements = struct.pack("<I", len(FILE)) + FILE + struct.pack("<I", 0)
    numbers = np.arange(6, dtype="<f4")
    body, head = body_of([
        {"name": "a", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": len(elements)}},
        {"name": "b", "datatype": "FP32", "shape": [2, 3], "parameters": {"binary_data_size": 24}},
        {"name": "c", "datatype": "INT64", "shape": [1, 2], "data": [[1, 2]]},
        {"name": "d", "datatype": "BYTES", "shape": [1], "data": [TEXT]},
    ], [elements, numbers.tobytes()], id="7", outputs=[{"name": "scores", "parameters": {"binary_data": True}}])
    request = _v2.parse(body, head)
    a, b, c, d = request.inputs
    assert a.values.tolist() == [FILE, b""] and d.values.tolist() == [TEXT]
    assert b.values.tolist() == [[0, 1, 2], [3, 4, 5]] and c.values.dtype == np.int64 and c.values.shape == (1, 2)
    assert (request.id, request.parameters, request.outputs) == ("7", {}, [("scores", {"binary_data": True})])


GOOD = {"name": "x", "datatype": "FP32", "shape": [1], "data": [1.0]}


@pytest.mark.parametrize("body, head, words", [
    (b"", None, "not JSON"), (b"{}", None, "no inputs"), (b"{}", "3", "has 2 bytes"), (b"{}", "-1", "header"), (b"{}", "x", "header"),
    (b"{}", "9" * 5000, "header"), (b"[" * 100_000, None, "not JSON"), (b"[]", None, "no inputs"), (b"3", None, "no inputs"),
    (json.dumps({"inputs": [GOOD]}).encode() + b"x", str(len(json.dumps({"inputs": [GOOD]}))), "belong to no input"),
])
def test_a_body_that_is_not_v2(body, head, words):
    with pytest.raises(Refusal, match=words):
        _v2.parse(body, head)


@pytest.mark.parametrize("change, part, words", [
    ({"name": None}, None, "no name"), ({"datatype": "STRING"}, None, "datatype 'STRING'"), ({"shape": None}, None, "no shape"),
    ({"shape": [2]}, None, "does not hold"), ({"shape": [-1]}, None, "shape"), ({"shape": [1.5]}, None, "shape"), ({"shape": [True]}, None, "shape"),
    ({"shape": [1] * 9}, None, "shape"), ({"shape": [2**63]}, None, "shape"), ({"data": None}, None, "no data"), ({"data": [[1], 2]}, None, "does not hold"),
    ({"data": ["x"]}, None, "does not hold"), ({"datatype": "UINT8", "data": [256]}, None, "does not hold"),
    ({"datatype": "BYTES", "data": [1]}, None, "text in JSON"), ({"parameters": 3}, None, "no parameters"),
    ({"parameters": {"binary_data_size": "4"}}, b"1234", "binary_data_size"), ({"parameters": {"binary_data_size": 5}}, b"1234", "4 are left"),
    ({"parameters": {"binary_data_size": -1}}, b"1234", "are left"), ({"parameters": {"binary_data_size": 3}}, b"1234", "does not hold"),
    ({"datatype": "BYTES", "parameters": {"binary_data_size": 3}}, b"abc", "within a length"),
    ({"datatype": "BYTES", "parameters": {"binary_data_size": 5}}, b"\xff\xff\xff\xffa", "states an element of 4294967295 bytes"),
    ({"datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": 4}}, b"\0\0\0\0", "does not hold"),
])
def test_an_input_that_does_not_fit_v2(change, part, words):
    stated = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    if part is not None:
        del stated["data"]
    with pytest.raises(Refusal, match=words):
        _v2.parse(*body_of([stated], [] if part is None else [part]))


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.sampled_from(["BYTES", "FP32", TEXT]),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
                        st.sampled_from(["instances", "inputs", "outputs", "name", "datatype", "shape", "data", "parameters", "b64", "pixels", "tensor", "k",
                                         "binary_data_size", "id"]), inner, max_size=6), max_leaves=25)


@settings(max_examples=60, deadline=None)
@given(JSON, st.binary(max_size=40))
def test_whatever_comes_is_read_or_refused(stated, rest):
    head = json.dumps(stated).encode()
    for read in (lambda: pictures_of_json(stated), lambda: _v2.parse(head + rest, str(len(head))), lambda: pictures_of_tensors(_v2.parse(head, None).inputs),
                 lambda: Wanted(_v2.parse(head, None).outputs, {})):
        try:
            read()
        except Refusal as refusal:
            assert refusal.http_status == 400


def test_deadlines():
    assert seconds_of({}, {}) is None
    assert seconds_of({}, {"timeout": 2_000_000}) == 2
    assert seconds_of({"x-envoy-expected-rq-timeout-ms": "250"}, {"timeout": 2_000_000}) == 0.25
    assert seconds_of({"x-envoy-expected-rq-timeout-ms": "0"}, {"timeout": 0}) is None
    for wrong in ({"timeout": -1}, {"timeout": "soon"}, {"timeout": []}, {"timeout": float("nan")}):
        with pytest.raises(Refusal, match="timeout"):
            seconds_of({}, wrong)


@pytest.fixture(scope="module")
def results():
    return paperkite.Classifier(MODEL)([PICTURE, np.zeros((9, 9, 3), np.uint8)], 5)


def test_answers_of_v1(results):
    answer = json.loads(json.dumps(prediction(results[0])))
    assert answer["label"] == "Paper Kite" and answer["score"] == results[0].top[0].score
    assert [(each["index"], each["label"], each["score"]) for each in answer["top"]] == list(results[0].top)
    assert "notices" not in answer


def test_answers_of_v2(results):
    outputs = Wanted([("labels", {}), ("scores", {"classification": 2}), ("all_scores", {}), ("indices", {})], {"k": 3})
    assert outputs.most(5) == 3
    labels, classified, every, indices = outputs.tensors(results, 5)
    assert labels.values[0].tolist() == [each.label.encode() for each in results[0].top[:3]] and labels.shape == [2, 3]
    assert every.shape == [2, 75] and every.values[1].tobytes() == results[1].scores.tobytes()
    assert classified.values[0].tolist() == [f"{each.score}:{each.index}:{each.label}".encode() for each in results[0].top[:2]]
    assert classified.datatype == "BYTES" and indices.values.dtype == np.int64
    assert [each.name for each in Wanted([], {}).tensors(results, 2)] == ["labels", "indices", "scores"]
    assert Wanted([("scores", {"classification": 7})], {}).most(5) == 7
    for wrong in ([("x", {})], [("scores", {"classification": -1})]):
        with pytest.raises(Refusal):
            Wanted(wrong, {})


def test_rows_that_a_threshold_made_shorter():
    results = paperkite.Classifier(MODEL, threshold=0.97)([np.zeros((9, 9, 3), np.uint8), PICTURE], 5)
    assert [len(result.top) for result in results] == [1, 0]
    labels, indices, scores = Wanted([], {}).tensors(results, 5)
    assert labels.values.tolist() == [[b"Sootywing"], [b""]] and indices.values.tolist() == [[65], [-1]] and np.isnan(scores.values[1, 0])
    assert prediction(results[1])["label"] is None


@pytest.mark.parametrize("is_binary", [True, False])
def test_an_answer_is_read_back(results, is_binary):
    request = _v2.Request("7", [], {"binary_data_output": is_binary}, [])
    tensors = Wanted([], {}).tensors(results, 5)
    body, head = _v2.render("m", request, tensors, {"notices": "[]"})
    assert (head is not None) == is_binary
    stated = json.loads(body[:head])
    assert (stated["id"], stated["model_name"], stated["parameters"]) == ("7", "m", {"notices": "[]"})
    scores = stated["outputs"][2]
    values = np.array(scores["data"], "f4") if not is_binary else np.frombuffer(body[-scores["parameters"]["binary_data_size"]:], "f4")
    assert values.tobytes() == tensors[2].values.tobytes()


def test_notices():
    class Said:
        def __init__(self, *warnings):
            self.warnings = list(warnings)

    assert notices_of([Said(), Said()]) is None
    assert json.loads(notices_of([Said(), Said("a", "b")])) == [[], ["a", "b"]]
