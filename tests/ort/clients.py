# SPDX-License-Identifier: Apache-2.0
"""Classes of libraries that call onnxruntime themselves, run with it and with paperkite.ort in its place.

usage: clients.py make FOLDER            small models of random weights, as the libraries export them
       clients.py call CLIENT FOLDER OUT [--paperkite]   what a client answers, as OUT.npz
       clients.py compare                everything, each call in a process of its own; exit code 1 at a difference"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURES = sorted((ROOT / "models/pictures").glob("*.jpg"))[:3]
# Of the largest number of an output: float32 sums in another order.
TOLERANCE = 1e-4


def make_timm(folder):
    import timm
    import torch

    torch.manual_seed(1)
    model = timm.create_model("test_resnet", pretrained=False).eval()
    torch.onnx.export(model, (torch.rand(1, 3, 160, 160),), folder / "timm.onnx", input_names=["input"], output_names=["output"], dynamo=False,
                      dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})


def make_optimum(folder):
    import torch
    import transformers
    from optimum.exporters.onnx import main_export

    torch.manual_seed(2)
    vit = transformers.ViTConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=64, patch_size=16,
                                 id2label={0: "paper kite", 1: "monarch", 2: "peacock"}, label2id={"paper kite": 0, "monarch": 1, "peacock": 2})
    resnet = transformers.ResNetConfig(embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic", num_labels=4)
    bert = transformers.BertConfig(vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    made = {
        "vit": (transformers.ViTForImageClassification(vit), transformers.ViTImageProcessor(size={"height": 64, "width": 64}), "image-classification"),
        "resnet": (transformers.ResNetForImageClassification(resnet), transformers.ConvNextImageProcessor(size={"shortest_edge": 64}),
                   "image-classification"),
        "bert": (transformers.BertModel(bert), None, "feature-extraction"),
    }
    for name, (model, processor, task) in made.items():
        model.eval().save_pretrained(folder / name)
        if processor is not None:
            processor.save_pretrained(folder / name)
        main_export(str(folder / name), output=folder / f"{name}-onnx", task=task, do_validation=False)


def make_ultralytics(folder):
    import torch
    from ultralytics import YOLO

    torch.manual_seed(3)
    for name, options in (("cls", {}), ("cls-dynamic", {"dynamic": True}), ("detect", {})):
        kind = "yolo11n.yaml" if name == "detect" else "yolo11n-cls.yaml"
        path = YOLO(kind, verbose=False).export(format="onnx", imgsz=64, simplify=False, verbose=False, **options)
        (folder / f"{name}.onnx").write_bytes(pathlib.Path(path).read_bytes())


def call_timm(folder):
    import torch
    from timm.utils.onnx import onnx_forward

    torch.manual_seed(4)
    return {f"batch {batch}": onnx_forward(str(folder / "timm.onnx"), torch.rand(batch, 3, 160, 160)) for batch in (1, 3)}


def call_optimum(folder):
    import torch
    import transformers
    from optimum.onnxruntime import ORTModelForFeatureExtraction, ORTModelForImageClassification
    from PIL import Image

    torch.manual_seed(5)
    answers = {}
    pictures = [Image.open(path).convert("RGB") for path in PICTURES]
    for name in ("vit", "resnet"):
        processor = transformers.AutoImageProcessor.from_pretrained(folder / f"{name}-onnx")
        for binds in (False, True):
            model = ORTModelForImageClassification.from_pretrained(folder / f"{name}-onnx", use_io_binding=binds)
            for count in (1, 3):
                feed = processor(pictures[:count], return_tensors="pt")
                answers[f"{name}, bound {binds}, {count}"] = model(**feed).logits.numpy()
        answers[f"{name}, numpy"] = ORTModelForImageClassification.from_pretrained(folder / f"{name}-onnx")(
            **processor(pictures, return_tensors="np")).logits
        pipe = transformers.pipeline("image-classification", model=model, image_processor=processor)
        found = pipe(pictures[0])
        answers[f"{name}, labels of the pipeline"] = np.array([each["label"] for each in found])
        answers[f"{name}, scores of the pipeline"] = np.array([each["score"] for each in found])
    for binds in (False, True):
        model = ORTModelForFeatureExtraction.from_pretrained(folder / "bert-onnx", use_io_binding=binds)
        for batch, length in ((1, 5), (2, 9)):
            ids = torch.randint(0, 64, (batch, length), generator=torch.Generator().manual_seed(length))
            mask = torch.ones_like(ids)
            mask[:, -1] = 0
            answers[f"bert, bound {binds}, {length}"] = model(input_ids=ids, attention_mask=mask,
                                                              token_type_ids=torch.zeros_like(ids)).last_hidden_state.numpy()
    return answers


def call_ultralytics(folder):
    from ultralytics import YOLO

    answers = {}
    for name in ("cls", "cls-dynamic"):
        model = YOLO(folder / f"{name}.onnx", task="classify")
        for path in PICTURES:
            result = model(path, imgsz=64, verbose=False, device="cpu")[0]
            answers[f"{name}, {path.name}"] = result.probs.data.numpy()
            answers[f"{name}, {path.name}, names"] = np.array([result.names[i] for i in result.probs.top5])
    model = YOLO(folder / "detect.onnx", task="detect")
    for path in PICTURES:
        boxes = model(path, imgsz=64, conf=1e-4, verbose=False, device="cpu")[0].boxes
        answers[f"detect, {path.name}"] = boxes.data.numpy()
    return answers


CLIENTS = ("timm", "optimum", "ultralytics")


def differences(theirs, ours):
    if set(theirs) != set(ours):
        return [f"answers {sorted(set(theirs) ^ set(ours))} of one alone"]
    found = []
    for name in theirs:
        one, other = theirs[name], ours[name]
        if one.shape != other.shape or one.dtype != other.dtype:
            found.append(f"{name}: {one.dtype}{one.shape} and {other.dtype}{other.shape}")
        elif one.dtype.kind == "f":
            worst = float(np.abs(one - other).max(initial=0)) / max(float(np.abs(one).max(initial=0)), 1e-30)
            if not worst <= TOLERANCE:
                found.append(f"{name}: differs by {worst:.1e} of the largest number")
        elif not np.array_equal(one, other):
            found.append(f"{name}: {one} and {other}")
    return found


def call(client, folder, out, is_paperkite):
    if is_paperkite:
        import paperkite.ort

        sys.modules["onnxruntime"] = paperkite.ort
    answers = globals()[f"call_{client}"](folder)
    if is_paperkite:  # nothing has loaded the other one behind this one's back
        with open("/proc/self/maps") as maps:
            if "libonnxruntime" in maps.read():
                sys.exit("onnxruntime was loaded, too")
    np.savez(out, **answers)


def compare():
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build/release/python"), "HF_HUB_OFFLINE": "1", "YOLO_OFFLINE": "true"}
    is_same = True
    with tempfile.TemporaryDirectory(prefix="paperkite-") as name:
        folder = pathlib.Path(name)
        environment["YOLO_CONFIG_DIR"] = environment["KITE_CACHE_DIR"] = str(folder / "own")
        (folder / "own").mkdir(mode=0o700)

        def run(*arguments):
            subprocess.run([sys.executable, "-W", "ignore", __file__, *map(str, arguments)], check=True, cwd=folder, env=environment)

        run("make", folder)
        for client in CLIENTS:
            run("call", client, folder, folder / "theirs.npz")
            run("call", client, folder, folder / "ours.npz", "--paperkite")
            with np.load(folder / "theirs.npz") as theirs, np.load(folder / "ours.npz") as ours:
                found = differences(dict(theirs), dict(ours))
                count = len(theirs.files)
            is_same = is_same and not found and count > 0
            print(f"{client}: {count} answers, {len(found)} differ", *found, sep="\n  ")
    return 0 if is_same else 1


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("compare")
    making = commands.add_parser("make")
    making.add_argument("folder", type=pathlib.Path)
    calling = commands.add_parser("call")
    calling.add_argument("client", choices=CLIENTS)
    calling.add_argument("folder", type=pathlib.Path)
    calling.add_argument("out", type=pathlib.Path)
    calling.add_argument("--paperkite", action="store_true")
    arguments = parser.parse_args()
    if arguments.command == "compare":
        return compare()
    if arguments.command == "make":
        for client in CLIENTS:
            globals()[f"make_{client}"](arguments.folder)
    else:
        call(arguments.client, arguments.folder, arguments.out, arguments.paperkite)
    return 0


if __name__ == "__main__":
    sys.exit(main())
