# SPDX-License-Identifier: Apache-2.0
"""A picture as the tensor that the model gets."""

import numpy as np
import paperkite
import pytest
from conftest import PICTURE, PICTURES


def test_the_answer_has_the_bits_of_the_picture_itself(classifier):
    tensors = [paperkite.InputTensor(classifier.preprocess(picture)) for picture in PICTURES[:6]]
    for picture, of_tensor in zip(PICTURES, classifier(tensors)):
        of_file = classifier(picture)
        assert of_tensor.scores.tobytes() == of_file.scores.tobytes()
        assert of_tensor.top == of_file.top


def test_a_view_with_strides_is_copied(classifier):
    tensor = classifier.preprocess(PICTURE)
    turned = np.ascontiguousarray(tensor[:, ::-1])[:, ::-1]
    assert not turned.flags.c_contiguous
    assert classifier(paperkite.InputTensor(turned)).scores.tobytes() == classifier(PICTURE).scores.tobytes()


@pytest.mark.parametrize("change, words", [
    (lambda tensor: tensor[0], "the tensor is float32[3,224,224], the model takes float32[1,3,224,224]"),
    (lambda tensor: np.concatenate([tensor, tensor]), "float32[2,3,224,224]"),
    (lambda tensor: tensor.astype("f8"), "float64[1,3,224,224]"),
    (lambda tensor: tensor.astype(">f4"), "no tensor has elements of the type '>f'"),
    (lambda tensor: tensor.astype(object), "no tensor has elements of the type 'O'"),
    (lambda tensor: tensor.reshape((1,) * 8 + tensor.shape), "axes"),
    (lambda tensor: tensor[:0], "float32[0,3,224,224]"),
    (lambda tensor: tensor[0, 0, 0, 0], "float32[1]"),
    (lambda tensor: np.zeros(3, "M8[s]"), "does not show its memory"),
    (lambda tensor: "tensor", "no tensor has elements of the type"),
])
def test_a_tensor_that_does_not_fit_is_an_error_of_its_own(classifier, change, words):
    wrong = paperkite.InputTensor(change(classifier.preprocess(PICTURE)))
    right, refused = classifier([PICTURE, wrong])
    assert right.label == "Paper Kite"
    assert isinstance(refused.error, paperkite.InvalidInputError)
    assert words in str(refused.error)
    with pytest.raises(paperkite.InvalidInputError):
        classifier(wrong)


def test_integers_of_every_name_are_known(tmp_path):
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT), helper.make_node("GlobalAveragePool", ["f"], ["m"]),
         helper.make_node("Flatten", ["m"], ["y"])],
        "g", [helper.make_tensor_value_info("x", TensorProto.INT64, [1, 3, 4, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "m.onnx")
    recipe = {"resize": [4, 4], "interpolation": "bilinear", "mean": [0, 0, 0], "std": [1, 1, 1], "rescale": 1}
    integers = paperkite.Classifier(tmp_path / "m.onnx", cache=False, recipe=recipe, labels=["r", "g", "b"], raw=True)
    for letter in ("q", "l"):
        array = np.zeros((1, 3, 4, 4), letter)
        array[0, 1] = 7
        assert integers(paperkite.InputTensor(array)).scores.tolist() == [0.0, 7.0, 0.0]


