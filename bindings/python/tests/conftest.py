# SPDX-License-Identifier: Apache-2.0
"""What the tests share. The package is the one of the build (PYTHONPATH), KITE the program of the same build."""

import json
import os
import pathlib
import subprocess

import paperkite
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODEL = ROOT / "models/regnet_x_400mf.onnx"
PICTURES = sorted((ROOT / "models/pictures").glob("*.jpg"))
PICTURE = ROOT / "models/pictures/paper_kite_1.jpg"
KITE = os.environ.get("KITE", str(ROOT / "build/release/bin/kite"))


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory):
    """No test reads or writes the user's plans."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["KITE_CACHE_DIR"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def classifier():
    with paperkite.Classifier(MODEL) as opened:
        yield opened


@pytest.fixture
def tiny(tmp_path):
    """A classifier of three classes over 8 x 8 pixels: the mean of each channel, times ten."""
    return paperkite.Classifier(tiny_model(tmp_path / "tiny.onnx"), cache=False)


def tiny_model(path, size=8):
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("GlobalAveragePool", ["x"], ["means"]), helper.make_node("Flatten", ["means"], ["flat"]),
         helper.make_node("Mul", ["flat", "ten"], ["logits"])],
        "tiny", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor("ten", TensorProto.FLOAT, [], [10.0])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {
        "paperkite.labels": json.dumps(["red", "green", "blue"]),
        "paperkite.preprocess": json.dumps({"resize": [size, size], "interpolation": "bilinear", "mean": [0, 0, 0], "std": [1, 1, 1], "rescale": 1 / 255}),
    })
    onnx.save(model, path)
    return path


def kite_answers(*arguments):
    """What the program says, one dict for each picture."""
    run = subprocess.run([KITE, "classify", *map(str, arguments), "--format", "jsonl"], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def top_of(result):
    return [(each.index, each.label, each.score) for each in result.top]
