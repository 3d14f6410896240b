# SPDX-License-Identifier: Apache-2.0
"""Compares random calls of single operators with ONNX Runtime and with onnx's reference evaluator.

ONNX Runtime judges where it has the operator, the reference evaluator where not. For the operators in BOTH the two are
asked, and a difference between them is counted: there kite must equal ONNX Runtime. A call that neither takes is drawn
again. Each failure prints the seed of its call; `--only NAME --seed N --count 1` repeats it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from call import Call
from cases import GENERATORS
from onnx.reference import ReferenceEvaluator

BOTH = {"Resize", "Upsample"}
ROOT = Path(__file__).resolve().parents[2]


def model_of(call: Call):
    """A model of one node, and the tensors for its inputs."""
    names, feeds, constants, values = [], {}, [], []
    for position, array in enumerate(call.inputs):
        name = "" if array is None else f"in{position}"
        names.append(name)
        if array is None:
            continue
        array = np.array(array, order="C")  # keeps the rank of a scalar
        if position in call.constants:
            constants.append(onnx.numpy_helper.from_array(array, name))
        else:
            feeds[name] = array
            kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
            values.append(onnx.helper.make_tensor_value_info(name, kind, array.shape))
    outputs = [f"out{i}" for i in range(call.outputs)]
    nodes = [onnx.helper.make_node(call.op, names, outputs, name="call", **call.attributes)]
    if not feeds:  # a model has an input
        feeds["unused"] = np.zeros(1, np.float32)
        values.append(onnx.helper.make_tensor_value_info("unused", onnx.TensorProto.FLOAT, [1]))
        nodes.append(onnx.helper.make_node("Identity", ["unused"], ["unused_too"]))
        outputs.append("unused_too")
    infos = [onnx.ValueInfoProto(name=name) for name in outputs]
    graph = onnx.helper.make_graph(nodes, "call", values, infos, constants)
    imports = [onnx.helper.make_opsetid("", call.opset)]
    model = onnx.helper.make_model(graph, opset_imports=imports, ir_version=onnx.helper.find_min_ir_version_for(imports))
    inferred = onnx.shape_inference.infer_shapes(model)
    known = {v.name: v for v in inferred.graph.output}
    for info in model.graph.output:
        if known[info.name].type.WhichOneof("value"):  # else each runtime finds it by itself
            info.CopyFrom(known[info.name])
    return model, feeds


def by_onnx_runtime(model, feeds, count):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, feeds)[:count]
    except Exception:  # an operator or an opset that it does not have, or a call that it refuses
        return None


def by_reference(model, feeds, count):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [np.asarray(value) for value in ReferenceEvaluator(model).run(None, feeds)[:count]]
    except Exception:  # the code of an operator may raise any exception
        return None


def by_kite(kite, model, feeds, count, folder: Path):
    """The outputs, or the message of the refusal."""
    onnx.save(model, folder / "model.onnx")
    command = [str(kite), "run", str(folder / "model.onnx"), "--no-cache", "--threads", "1"]
    for name, array in feeds.items():
        np.save(folder / f"{name}.npy", array)
        command += ["--input", f"{name}={folder}/{name}.npy"]
    for i in range(count):
        command += ["--output", f"out{i}={folder}/out{i}.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stderr.strip()
    return [np.load(folder / f"out{i}.npy") for i in range(count)]


def difference(mine, theirs, tolerance: float) -> str | None:
    for i, (a, b) in enumerate(zip(mine, theirs)):
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"output {i} is {a.dtype}{list(a.shape)}, expected {b.dtype}{list(b.shape)}"
        if a.size == 0:
            continue
        wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
        finite = wide_b[np.isfinite(wide_b)]
        limit = tolerance * max(float(np.abs(finite).max()) if finite.size else 0.0, 1e-3)
        limit = limit if np.issubdtype(a.dtype, np.floating) else 0
        if not np.allclose(wide_a, wide_b, rtol=0, atol=limit, equal_nan=True):
            worst = np.abs(wide_a - wide_b)
            return f"output {i} differs by {np.nanmax(worst):.3g}, {limit:.3g} is allowed"
    return None


def described(call: Call) -> str:
    shapes = ["-" if a is None else f"{a.dtype}{list(a.shape)}" for a in call.inputs]
    shapes += [f"in{p}={call.inputs[p].tolist()}" for p in call.constants if p < len(call.inputs) and call.inputs[p] is not None and call.inputs[p].size < 9]
    return f"{call.op}-{call.opset}({', '.join(shapes)}) {call.attributes}"


class Tally:
    def __init__(self) -> None:
        self.agreed = self.failed = self.unjudged = self.disputed = 0


def check_one(kite, name: str, seed: int, folder: Path, tally: Tally) -> str | None:
    call = GENERATORS[name](np.random.default_rng(seed))
    try:
        model, feeds = model_of(call)
    except Exception as error:  # onnx's shape inference refuses it
        tally.unjudged += 1
        return f"  seed {seed}: {described(call)} is no model: {error}"
    judged = model_of(call.newer) if call.newer is not None else (model, feeds)
    first = by_onnx_runtime(*judged, call.outputs)
    second = by_reference(*judged, call.outputs) if first is None or name in BOTH else None
    expected = second if first is None else first
    if expected is None:
        tally.unjudged += 1
        return None
    if first is not None and second is not None and difference(first, second, call.tolerance):
        tally.disputed += 1
    mine = by_kite(kite, model, feeds, call.outputs, folder)
    problem = mine if isinstance(mine, str) else difference(mine, expected, call.tolerance)
    if problem is None:
        tally.agreed += 1
        return None
    tally.failed += 1
    judge = "ONNX Runtime" if first is not None else "the reference evaluator"
    return f"  seed {seed}: {described(call)}\n    against {judge}: {problem}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kite", type=Path, default=ROOT / "build/release/bin/kite")
    parser.add_argument("--count", type=int, default=10, help="calls of each operator; Resize has four times as many")
    parser.add_argument("--seed", type=int, default=1, help="of the first call")
    parser.add_argument("--only", help="one operator")
    parser.add_argument("--show", type=int, default=3, help="failures of each operator that are printed")
    arguments = parser.parse_args()
    total = Tally()
    with tempfile.TemporaryDirectory(prefix="kite-operators-") as folder:
        for name in [arguments.only] if arguments.only else GENERATORS:
            tally, messages = Tally(), []
            count = arguments.count * (4 if name == "Resize" and not arguments.only else 1)
            for seed in range(arguments.seed, arguments.seed + count):
                messages.append(check_one(arguments.kite, name, seed, Path(folder), tally))
            disputed = f", {tally.disputed} on which the judges differ" if tally.disputed else ""
            unjudged = f", {tally.unjudged} that no judge takes" if tally.unjudged else ""
            print(f"{name}: {tally.agreed} agree, {tally.failed} fail{disputed}{unjudged}", flush=True)
            print("".join(f"{m}\n" for m in [m for m in messages if m][: arguments.show]), end="")
            total.failed += tally.failed
            total.agreed += tally.agreed
            if tally.agreed == 0:
                print(f"{name}: no call was compared")
                total.failed += 1
    print(f"{total.agreed} agree, {total.failed} fail")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
