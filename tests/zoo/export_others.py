# SPDX-License-Identifier: Apache-2.0
"""Exports one member of Keras, PaddlePaddle or scikit-learn with the library's own exporter; the arguments, the files that it
writes and the exit codes are those of export_member.py. Each library has an environment of its own."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import numpy as np
import telling

warnings.simplefilter("ignore")


def keras(name: str, size: int, opset: int, folder: Path) -> None:
    """model.export(format="onnx") of keras.applications; pictures have their channels last."""
    os.environ["KERAS_BACKEND"] = "torch"  # the one whose exporter needs no TensorFlow
    import keras as library

    library.utils.set_random_seed(telling.SEED)
    network = getattr(library.applications, name)(weights=None, input_shape=(size, size, 3), classifier_activation=None)
    x = np.ascontiguousarray(telling.calibration_batch(size).transpose(0, 2, 3, 1))
    for layer in network.layers:
        if isinstance(layer, library.layers.BatchNormalization):
            layer.momentum = 0.0  # the statistics become those of the one pass
    network(x, training=True)
    head = next(layer for layer in reversed(network.layers) if layer.weights)
    features = library.ops.convert_to_numpy(library.Model(network.inputs, head.input)(x)).reshape(len(x), -1, head.input.shape[-1]).mean(1)
    kernel, *bias = head.get_weights()
    weight = telling.balanced(kernel.reshape(-1, telling.CLASSES).T, features)
    head.set_weights([np.ascontiguousarray(weight.T).reshape(kernel.shape), *bias])
    rows = telling.chosen(library.ops.convert_to_numpy(network(x)))
    telling.save(folder, [x[i : i + 1] for i in rows], np.concatenate([library.ops.convert_to_numpy(network(x[i : i + 1])) for i in rows]))
    network.export(str(folder / "model.onnx"), format="onnx", verbose=False)


def paddle(name: str, size: int, opset: int, folder: Path) -> None:
    """paddle.onnx.export, which is paddle2onnx."""
    import paddle as library

    library.seed(telling.SEED)
    network = getattr(library.vision.models, name)(num_classes=telling.CLASSES)
    x = library.to_tensor(telling.calibration_batch(size))
    norms = [layer for layer in network.sublayers() if isinstance(layer, library.nn.BatchNorm2D)]
    network.eval()
    for norm in norms:
        norm._momentum = 0.0
        norm.train()
    with library.no_grad():
        network(x)
        network.eval()
        head = [layer for layer in network.sublayers() if isinstance(layer, (library.nn.Linear, library.nn.Conv2D)) and telling.CLASSES in layer.weight.shape][-1]
        seen = []
        hook = head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].numpy()))
        network(x)
        hook.remove()
        features = seen[0].reshape(*seen[0].shape[:2], -1).mean(2)
        weight = head.weight.numpy()
        if isinstance(head, library.nn.Linear):  # [inputs, classes]
            balanced = telling.balanced(weight.T, features).T
        else:
            balanced = telling.balanced(weight.reshape(telling.CLASSES, -1), features).reshape(weight.shape)
        head.weight.set_value(np.ascontiguousarray(balanced))
        rows = telling.chosen(network(x).numpy())
        telling.save(folder, [x[i : i + 1].numpy() for i in rows], np.concatenate([network(x[i : i + 1]).numpy() for i in rows]))
    spec = [library.static.InputSpec([1, 3, size, size], "float32", "x")]
    library.onnx.export(network, str(folder / "model"), input_spec=spec, opset_version=opset)


def sklearn(name: str, size: int, opset: int, folder: Path) -> None:
    """skl2onnx on classifiers of scikit-learn's own digits, pictures of 8x8 as rows of 64 numbers."""
    from sklearn.datasets import load_digits
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler
    from skl2onnx import to_onnx

    made = {
        "mlp_of_range": lambda: make_pipeline(MinMaxScaler(), MLPClassifier((32, 16), activation="tanh", max_iter=40, random_state=1)),
        "mlp": lambda: MLPClassifier((32,), max_iter=40, random_state=1),
        "gaussian_naive_bayes": GaussianNB,
        "quadratic_discriminant": lambda: QuadraticDiscriminantAnalysis(reg_param=0.1),
        "nearest_neighbours": KNeighborsClassifier,
        "standardised_logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=100)),
        "random_forest": lambda: RandomForestClassifier(10, max_depth=6, random_state=1),
    }
    rows, labels = load_digits(return_X_y=True)
    rows = rows.astype(np.float32)
    classifier = made[name]().fit(rows, labels)
    last = classifier.steps[-1][1] if hasattr(classifier, "steps") else classifier
    scores = classifier.predict_proba(rows[: len(telling.CALIBRATION_PICTURES)]).astype(np.float32)
    taken = telling.chosen(scores)
    telling.save(folder, [rows[i : i + 1] for i in taken], scores[taken])
    model = to_onnx(classifier, rows[:1], options={id(last): {"zipmap": False}}, target_opset={"": opset, "ai.onnx.ml": 3})
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def main() -> int:
    library, name, _, opset, size, folder = sys.argv[1:]
    try:
        {"keras": keras, "paddle": paddle, "sklearn": sklearn}[library](name, int(size), int(opset), Path(folder))
    except telling.NotTelling as reason:
        print(reason, file=sys.stderr)
        return 3
    except Exception as error:  # whatever the exporter raises is its answer
        print(f"{type(error).__name__}: {' '.join(str(error).split())[:400]}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
