# SPDX-License-Identifier: Apache-2.0
"""Exports small relatives of the torchvision families, weights included, for the tests of the passes.

    python export.py [NAME...]      (needs torch, torchvision, onnx; rewrites the .onnx files in this folder)

The graphs have every form that the exporters give the full networks, but only a few thousand weights, so that the slow
double-precision oracle computes them in milliseconds.
"""

import functools
import sys
import warnings
from pathlib import Path

import torch
from torch import nn
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from torchvision.models.efficientnet import EfficientNet, MBConvConfig
from torchvision.models.mobilenetv2 import MobileNetV2
from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3
from torchvision.models.regnet import BlockParams, RegNet
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.models.vision_transformer import VisionTransformer

CLASSES = 7
FOLDER = Path(__file__).resolve().parent


class Plain(nn.Sequential):
    """A network like AlexNet: pools, and a picture of several pixels that is flattened before the classifier."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
            nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(8, 12, 3, groups=4), nn.ReLU6(),
            nn.AvgPool2d(2, stride=2, padding=1), nn.BatchNorm2d(12),
            nn.Flatten(), nn.Dropout(), nn.Linear(192, 16), nn.BatchNorm1d(16), nn.Hardswish(), nn.Linear(16, CLASSES),
        )


class Residual(ResNet):
    """ResNet with an eighth of its channels."""

    def __init__(self):
        super().__init__(BasicBlock, [1, 1, 1, 1], num_classes=CLASSES)
        self.inplanes = 8
        self.conv1 = nn.Conv2d(3, 8, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = self._make_layer(BasicBlock, 8, 1)
        self.layer2 = self._make_layer(BasicBlock, 16, 2, stride=2)
        self.layer3 = self.layer4 = nn.Identity()
        self.fc = nn.Linear(16, CLASSES)


def models():
    inverted = functools.partial(InvertedResidualConfig, dilation=1, width_mult=1.0)
    mbconv = functools.partial(MBConvConfig, width_mult=1.0, depth_mult=1.0)
    yield "regnet_x", RegNet(BlockParams([1, 2], [16, 24], [8, 8], [1.0, 1.0], [2, 2]), CLASSES)
    yield "regnet_y", RegNet(BlockParams([1, 1], [16, 24], [8, 8], [1.0, 1.0], [2, 2], se_ratio=0.25), CLASSES)
    yield "resnet", Residual()
    yield "plain", Plain()
    yield "mobilenet_v2", MobileNetV2(CLASSES, 0.25, [[1, 16, 1, 1], [2, 32, 2, 2]])
    yield "mobilenet_v3", MobileNetV3(
        [inverted(16, 3, 16, 16, True, "RE", 2), inverted(16, 5, 24, 16, True, "HS", 1)], 16, num_classes=CLASSES)
    yield "efficientnet", EfficientNet([mbconv(1, 3, 1, 8, 8, 1), mbconv(2, 5, 2, 8, 16, 2)], 0.2,
                                       num_classes=CLASSES, last_channel=32)
    yield "convnext", ConvNeXt([CNBlockConfig(8, 16, 1), CNBlockConfig(16, None, 2)], num_classes=CLASSES)
    yield "vit", VisionTransformer(32, 8, 2, 2, 16, 24, num_classes=CLASSES)


def randomise(model):
    """Statistics and scales that are not 0 and 1: otherwise folding them wrongly would go unnoticed."""
    generator = torch.Generator().manual_seed(11)
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.dtype == torch.int64:
            continue
        with torch.no_grad():
            if tensor.dim() <= 1:
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            else:
                fan_in = max(tensor[0].numel(), 1)
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * (2.0 / fan_in) ** 0.5)


def export(name, model):
    picture = torch.randn(2, 3, 32, 32)
    common = dict(input_names=["image"], output_names=["logits"])
    batch = dict(dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})
    torch.onnx.export(model, (picture,), FOLDER / f"{name}-dynamo.onnx", dynamo=True, opset_version=18,
                      external_data=False, verbose=False, dynamic_shapes=({0: torch.export.Dim("batch")},), **common)
    oldest = 14 if name == "vit" else 11  # what scaled_dot_product_attention needs
    torch.onnx.export(model, (picture[:1],), str(FOLDER / f"{name}-oldest.onnx"), dynamo=False, opset_version=oldest,
                      **common)
    torch.onnx.export(model, (picture,), str(FOLDER / f"{name}-unfolded.onnx"), dynamo=False, opset_version=17,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False, **common, **batch)


def strip_notes(path):
    """Drops the exporter's notes about Python files, which are larger than the weights and contain names of folders."""
    import onnx

    model = onnx.load(path)
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    del model.graph.value_info[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    onnx.save(model, path)


def main():
    warnings.simplefilter("ignore")
    for name, model in models():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        model.eval()
        randomise(model)
        export(name, model)
    for path in FOLDER.glob("*.onnx"):
        strip_notes(path)


if __name__ == "__main__":
    main()
