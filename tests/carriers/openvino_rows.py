# SPDX-License-Identifier: Apache-2.0
"""Models of OpenVINO's Model API and Triton's client. The reference is Model API's reader of ONNX files, which uses OpenCV."""

from importlib.metadata import version

import numpy as np
from rows import LABELS, SIDE, Row, beside, write_model

IMAGENET = {"mean_values": [123.675, 116.28, 103.53], "scale_values": [58.395, 57.12, 57.375]}
WIDE = (3, 24, 40)


def adapter_of(path, configuration):
    """The wrapper that ONNX files have in Model API, with these settings."""
    from model_api.adapters import ONNXRuntimeAdapter
    from model_api.models import ClassificationModel

    adapter = ONNXRuntimeAdapter(str(path))
    return adapter, ClassificationModel(adapter, configuration=configuration, preload=False)


def model_api_row(what, configuration, shape=(3, SIDE, SIDE)):
    configuration = {**configuration, "labels": [name.replace(" ", "_") for name in LABELS]}

    def write(folder, _):
        _, model = adapter_of(write_model(folder / "bare.onnx", shape), configuration)
        model.save(str(folder / "model.onnx"))
        return folder / "model.onnx"

    def tensor(picture):
        import pathlib
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            adapter, _ = adapter_of(write_model(pathlib.Path(folder) / "bare.onnx", shape), configuration)
            return adapter.preprocessor(np.asarray(picture)[None]).astype(np.float32)[0]

    judge = f"openvino-model-api {version('openvino-model-api')}"
    return Row(f"model_info, {what}", judge, write, tensor, LABELS)


def triton_row():
    """A model repository's folder: photo/config.pbtxt, photo/1/model.onnx and the labels that the output names."""
    from google.protobuf import text_format
    from tritonclient.grpc import model_config_pb2

    config = model_config_pb2.ModelConfig(name="photo", platform="onnxruntime_onnx")
    config.input.add(name="x", data_type=model_config_pb2.TYPE_FP32, dims=[3, SIDE, SIDE], format=model_config_pb2.ModelInput.FORMAT_NCHW)
    config.output.add(name="y", data_type=model_config_pb2.TYPE_FP32, dims=[3], label_filename="labels.txt")
    files = {"photo/config.pbtxt": text_format.MessageToString(config), "photo/labels.txt": "\n".join(LABELS)}

    def write(folder, shape):
        beside(files, "photo/1/model.onnx")(folder, shape)
        return folder / "photo"

    return Row("config.pbtxt of a model repository", f"tritonclient {version('tritonclient')}", write, None, LABELS)


def rows():
    yield model_api_row("standard", {"resize_type": "standard", **IMAGENET})
    yield model_api_row("standard, not square", {"resize_type": "standard", **IMAGENET}, WIDE)
    yield model_api_row("crop", {"resize_type": "crop", **IMAGENET})
    yield model_api_row("crop, not square", {"resize_type": "crop", **IMAGENET}, WIDE)
    yield model_api_row("fit_to_window", {"resize_type": "fit_to_window", **IMAGENET})
    yield model_api_row("fit_to_window, not square", {"resize_type": "fit_to_window"}, WIDE)
    yield model_api_row("fit_to_window_letterbox", {"resize_type": "fit_to_window_letterbox", "pad_value": 114, **IMAGENET})
    yield model_api_row("fit_to_window_letterbox, not square", {"resize_type": "fit_to_window_letterbox"}, WIDE)
    yield model_api_row("reverse_input_channels", {"reverse_input_channels": True, **IMAGENET})
    yield model_api_row("scale_values alone", {"scale_values": [255.0, 255.0, 255.0]})
    yield model_api_row("mean_values alone", {"mean_values": [127.5, 127.5, 127.5]})
    yield model_api_row("nothing but labels and defaults", {})
    yield model_api_row("interpolation_mode CUBIC", {"interpolation_mode": "CUBIC"})
    unit = {"mean_values": [0.485, 0.456, 0.406], "scale_values": [0.229, 0.224, 0.225]}
    yield model_api_row("intensity_mode scale_to_unit", {"intensity_mode": "scale_to_unit", **unit})
    window = {"intensity_mode": "window", "intensity_window_center": 100.0, "intensity_window_width": 50.0}
    yield model_api_row("intensity_mode window", window)
    yield triton_row()
