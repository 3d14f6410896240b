#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves every 8-bit number inside quantised networks: each is the right one, or lies at a tie.

A quantised network amplifies ties: a real number within a rounding of the middle between two integers may become either, and
later steps carry that on, so that whole answers differ visibly where nothing is wrong. So the graph is cut at its quantised
tensors. Each is computed once more in double precision, without passes, from the quantised tensors that the same program had
before it. Where the two integers differ, the real number must lie within TIE of a step of the middle, and they must be
neighbours. What ONNX Runtime does is printed beside it, with its optimiser and without."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "zoo"))

import small_members  # noqa: E402
from writer import Writer  # noqa: E402

from fill import GRAPHS, SUFFIX, fill_file  # noqa: E402

TIE = 2e-4  # of a step; float32 is off by some 1e-7 of numbers of up to 255 steps, a few operations long
SHAPE = (1, 3, 224, 224)
FORMS = ("qdq", "dynamic")


class Noise(CalibrationDataReader):
    def __init__(self, name: str):
        rng = np.random.default_rng(5)
        self.left = [{name: rng.standard_normal(SHAPE, np.float32)} for _ in range(2)]

    def get_next(self):
        return self.left.pop() if self.left else None


def vision_transformer(out: Path) -> None:
    """Four blocks of the size of ViT-Tiny's."""
    w = Writer("vision_transformer", 20)
    small_members.SIZE = SHAPE[-1]
    x = w.op("Concat", w.between(-0.2, 0.2, 1, 1, 192), small_members.patches(w, "x", 192, 16), axis=1)
    x = w.add(x, w.between(-0.2, 0.2, 1, 197, 192))
    for _ in range(4):
        x = w.add(x, w.self_attention(w.layer_norm(x, 192), 1, 197, 192, 3))
        x = w.add(x, w.mlp(w.layer_norm(x, 192), 192, 768))
    features = w.op("Gather", w.layer_norm(x, 192), w.constant(np.int64(0)), axis=1)
    onnx.save(w.model(w.classify(features, 192), SHAPE[-1]), out)


def quantised(network: str, form: str, folder: Path) -> Path:
    source, target = folder / f"{network}.onnx", folder / f"{network}-{form}.onnx"
    if network == "vision_transformer":
        vision_transformer(source)
    else:
        fill_file(GRAPHS / f"{network}-torchscript-static{SUFFIX}", source)
    if form == "dynamic":
        quantize_dynamic(source, target, weight_type=QuantType.QUInt8)
    else:
        name = onnx.load(source).graph.input[0].name
        quantize_static(source, target, Noise(name), quant_format=QuantFormat.QDQ, activation_type=QuantType.QUInt8,
                        weight_type=QuantType.QInt8)
    return target


class Cut:
    """A model with all of its quantised tensors as outputs (`whole`), and one where they are inputs as well (`parts`)."""

    def __init__(self, path: Path):
        self.path = path
        model = onnx.load(path)
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        self.input, self.output = model.graph.input[0].name, model.graph.output[0].name
        self.steps = [n for n in model.graph.node if n.op_type in ("QuantizeLinear", "DynamicQuantizeLinear")]
        self.types = {}
        for step in self.steps:
            if step.op_type == "QuantizeLinear":
                self.types[step.output[0]] = helper.np_dtype_to_tensor_dtype(self.constants[step.input[2]].dtype)
            else:
                self.types |= zip(step.output, (TensorProto.UINT8, TensorProto.FLOAT, TensorProto.UINT8))
        self.reals = list(dict.fromkeys(s.input[0] for s in self.steps if s.input[0] != self.input))
        self.model = model

    def save_whole(self, path: Path) -> list[str]:
        whole = onnx.ModelProto()
        whole.CopyFrom(self.model)
        whole.graph.output.extend(helper.make_tensor_value_info(name, dtype, None) for name, dtype in self.types.items())
        onnx.save(whole, path)
        return [self.output, *self.types]

    def save_parts(self, path: Path, values: dict[str, np.ndarray]) -> list[str]:
        parts = onnx.ModelProto()
        parts.CopyFrom(self.model)
        for node in parts.graph.node:
            for i, name in enumerate(node.input):
                if name in self.types:
                    node.input[i] = "given_" + name
        parts.graph.input.extend(helper.make_tensor_value_info("given_" + name, dtype, values[name].shape)
                                 for name, dtype in self.types.items())
        del parts.graph.output[:]
        parts.graph.output.extend(helper.make_tensor_value_info(name, dtype, None) for name, dtype in self.types.items())
        parts.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in self.reals)
        onnx.save(parts, path)
        return [*self.types, *self.reals]


class Program:
    def __init__(self, kite: Path, folder: Path):
        self.kite, self.folder = kite, folder

    def run(self, model: Path, inputs: dict[str, np.ndarray], outputs: list[str], *options: str) -> dict[str, np.ndarray]:
        command: list[str | Path] = [self.kite, "run", model, "--no-cache", *options]
        for i, (name, value) in enumerate(inputs.items()):
            np.save(self.folder / f"in{i}.npy", value)
            command += ["--input", f"{name}={self.folder}/in{i}.npy"]
        for i, name in enumerate(outputs):
            command += ["--output", f"{name}={self.folder}/out{i}.npy"]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        return {name: np.load(self.folder / f"out{i}.npy") for i, name in enumerate(outputs)}


def judge(cut: Cut, x: np.ndarray, values: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> tuple[int, int, int, float]:
    """Numbers, those that are not double precision's, the largest difference, the largest distance from a tie there."""
    count = off = most = 0
    distance = 0.0
    for step in cut.steps:
        have, want = values[step.output[0]].astype(int), right[step.output[0]].astype(int)
        count += have.size
        differs = have != want
        if not differs.any():
            continue
        off += int(differs.sum())
        most = max(most, int(np.abs(have - want).max()))
        scale = cut.constants[step.input[1]] if step.op_type == "QuantizeLinear" else values[step.output[1]]
        real = (x if step.input[0] == cut.input else right[step.input[0]]).astype(np.float64) / float(scale)
        distance = max(distance, float(np.abs(real - np.floor(real) - 0.5)[differs].max()))
    return count, off, most, distance


def run_onnxruntime(path: Path, names: list[str], x: dict[str, np.ndarray], optimised: bool) -> dict[str, np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    return dict(zip(names, onnxruntime.InferenceSession(path, options).run(names, x)))


def check(network: str, form: str, kite: Path, folder: Path) -> bool:
    cut = Cut(quantised(network, form, folder))
    program = Program(kite, folder)
    x = np.random.default_rng(0).standard_normal(SHAPE, np.float32)
    whole, parts = folder / "whole.onnx", folder / "parts.onnx"
    names = cut.save_whole(whole)
    sides = {"kite": program.run(whole, {cut.input: x}, names)}
    alone = program.run(cut.path, {cut.input: x}, [cut.output])[cut.output]
    sides |= {side: run_onnxruntime(whole, names, {cut.input: x}, side == "onnxruntime")
              for side in ("onnxruntime", "onnxruntime, no optimiser")}
    good = np.array_equal(alone, sides["kite"][cut.output])
    if not good:
        print(f"{network} {form}: another answer where nobody looks at the numbers inside")
    for side, values in sides.items():
        asked = cut.save_parts(parts, values)
        given = {cut.input: x} | {"given_" + name: values[name] for name in cut.types}
        count, off, most, distance = judge(cut, x, values, program.run(parts, given, asked, "--oracle"))
        rest = np.abs(values[cut.output] - alone).max() / np.abs(alone).max()
        print(f"{network} {form}: {side}: {off} of {count} numbers are not double precision's, by {most} at most, "
              f"{distance:.1e} of a step from a tie at most; its answer differs by {rest:.1e} of the largest logit", flush=True)
        if side == "kite" and (most > 1 or distance > TIE):
            good = False
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kite", type=Path, required=True)
    parser.add_argument("networks", nargs="*", default=["regnet_x_400mf", "mobilenet_v2", "efficientnet_b0", "vision_transformer"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        failed = [f"{network} {form}" for network in arguments.networks for form in FORMS
                  if not check(network, form, arguments.kite.resolve(), Path(folder))]
    for name in failed:
        print(f"FAILED {name}: a number is neither right nor at a tie")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
