# SPDX-License-Identifier: Apache-2.0
"""Exports of ultralytics and YOLOv5, made from models with random weights."""

import os
import pathlib
import shutil

import numpy as np
from rows import Row

SIDE = 64
SCRATCH = pathlib.Path(os.environ["CARRIERS_SCRATCH"])
os.environ["YOLO_CONFIG_DIR"] = str(SCRATCH)
os.environ["YOLO_AUTOINSTALL"] = "false"


def copy_of(file):
    def write(folder, _):
        shutil.copy(file, folder / "model.onnx")
        return folder / "model.onnx"

    return write


def ultralytics_rows():
    import ultralytics
    from ultralytics import YOLO
    from ultralytics.models.yolo.classify import ClassificationPredictor

    for name in ("yolov8n-cls", "yolo11n-cls", "yolo26n-cls"):
        for imgsz in (SIDE, [48, 80]):
            model = YOLO(f"{name}.yaml")
            names = {i: f"class {i}, of 'many'" for i in range(1000)}
            model.model.names = names
            exported = shutil.move(model.export(format="onnx", imgsz=imgsz, verbose=False), SCRATCH / f"{name}{len(str(imgsz))}.onnx")

            class Seen(ClassificationPredictor):
                def preprocess(self, im):
                    Seen.tensor = super().preprocess(im)
                    return Seen.tensor

            def tensor(picture, exported=exported, imgsz=imgsz, seen=Seen):
                predictor = seen(overrides={"model": str(exported), "imgsz": imgsz, "device": "cpu", "save": False, "verbose": False})
                list(predictor(source=picture, stream=True))
                return seen.tensor[0].numpy()

            carrier = f"{name}.onnx, imgsz {imgsz}"
            yield Row(carrier, f"ultralytics {ultralytics.__version__}", copy_of(exported), tensor, list(names.values()))


def yolov5_rows():
    import torch
    import yolov5
    from yolov5.export import export_onnx
    from yolov5.models.yolo import ClassificationModel, DetectionModel
    from yolov5.utils.augmentations import classify_transforms

    detector = DetectionModel(str(pathlib.Path(yolov5.__file__).parent / "models" / "yolov5n.yaml"))
    model = ClassificationModel(model=detector, nc=3, cutoff=10).eval()
    model.names = dict(enumerate(["paper kite", "monarch", "cabbage 'white'"]))
    file = SCRATCH / "yolov5n-cls.onnx"
    export_onnx(model, torch.zeros(1, 3, SIDE, SIDE), file.with_suffix(".pt"), 18, False, False)

    def tensor(picture):  # reads pictures as OpenCV does, blue first
        return classify_transforms(SIDE)(np.ascontiguousarray(np.asarray(picture)[..., ::-1])).numpy()

    yield Row("yolov5n-cls.onnx", f"yolov5 {yolov5.__version__}", copy_of(file), tensor, list(model.names.values()))


def rows():
    yield from ultralytics_rows()
    yield from yolov5_rows()
