# SPDX-License-Identifier: Apache-2.0
"""The two that judge a model: kite_grammar_judge, and ONNX Runtime."""

import collections
import json
import os
import pathlib
import struct
import subprocess

import numpy as np
import onnx

from draft import numpy_type

BIN = pathlib.Path(os.environ.get("KITE_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/release/bin"))

# How carefully the judge looks (judge.h).
QUICK, THOROUGH, FOR_ANOTHER = range(3)


class Judge:
    """kite_grammar_judge, started again after a crash."""

    def __init__(self):
        self.process = None

    def ask(self, model, feeds, care=QUICK):
        """Its verdict, and for each output the engine's and the oracle's array."""
        if self.process is None:
            self.process = subprocess.Popen([BIN / "kite_grammar_judge"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        parts = [model.SerializeToString(), *(np.ascontiguousarray(feeds[i.name]).tobytes() for i in model.graph.input)]
        try:
            self.process.stdin.write(struct.pack("<QQ", care, len(parts)) + b"".join(struct.pack("<Q", len(p)) + p for p in parts))
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            code = self.process.wait()
            self.process = None
            return {"faults": [f"the judge ended with {code}"], "outputs": []}, []
        verdict = json.loads(line)
        arrays = []
        for output in verdict.get("outputs", []):
            arrays.append([self.read(output[kind], output["shape"]) for kind in ("dtype", "oracle_dtype")])
        return verdict, arrays

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
            self.process = None

    def read(self, dtype, shape):
        size, = struct.unpack("<Q", self.process.stdout.read(8))
        return np.frombuffer(self.process.stdout.read(size), numpy_type(dtype)).reshape(shape)


class OnnxRuntime:
    def __init__(self):
        import onnxruntime
        onnxruntime.set_default_logger_severity(4)
        self.runtime = onnxruntime
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = 1
        self.options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.refusals = collections.Counter()

    def run(self, model, feeds):
        """Its outputs; None where it refuses the model."""
        try:
            session = self.runtime.InferenceSession(model.SerializeToString(), self.options, providers=["CPUExecutionProvider"])
            return session.run(None, {i.name: feeds[i.name] for i in model.graph.input})
        except Exception as error:  # its own kinds of errors have no common name
            self.refusals[refusal(str(error))] += 1
            self.last = str(error)
            return None


def refusal(text):
    """The kind of a refusal: its words without names and numbers."""
    for word in ("NOT_IMPLEMENTED", "INVALID_GRAPH", "INVALID_ARGUMENT", "RUNTIME_EXCEPTION"):
        if word in text:
            name = text.split("Could not find an implementation for ")[-1].split(" ")[0] if "Could not find" in text else ""
            return f"{word} {name}".strip()
    return text[:60]


def is_half(model):
    types = (onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)
    return (any(i.type.tensor_type.elem_type in types for i in [*model.graph.input, *model.graph.output]) or
            any(t.data_type in types for t in model.graph.initializer) or
            any(a.name == "to" and a.i in types for n in model.graph.node for a in n.attribute))


# Where ONNX Runtime 1.32 does not do what the standard says, or does it less exactly: what to look at, and the error
# relative to the largest value that is then allowed (None: not compared).
DIFFERENCES = (
    # output = ceil(size / stride) and the padding that gives it; ONNX Runtime leaves the dilation out of the padding.
    ("auto_pad with dilations", lambda n: n.op_type.endswith("Pool") and attribute(n, "auto_pad", b"").startswith(b"SAME") and
     max(attribute(n, "dilations", [1])) > 1, None),
    # It rounds the coordinate, 3 -> 1 at the scale 0.33333334, to 0.9999999; exactly it is 1, as the reference has it.
    ("half_pixel_symmetric", lambda n: n.op_type == "Resize" and attribute(n, "coordinate_transformation_mode", b"") == b"half_pixel_symmetric" and
     attribute(n, "mode", b"nearest") == b"nearest", None),
    # It adds squares to a running sum and subtracts them again.
    ("LRN", lambda n: n.op_type == "LRN", 1e-3),
    # Its ends are zero but for rounding, and a root makes that large.
    ("BlackmanWindow", lambda n: n.op_type == "BlackmanWindow", 1e-3),
    # It adds up the angles in float32.
    ("DFT", lambda n: n.op_type in ("DFT", "STFT"), 1e-4),
    # It leaves out the epsilon of the definition: equal elements give NaN.
    ("MeanVarianceNormalization", lambda n: n.op_type == "MeanVarianceNormalization", None),
    # Its variance is the mean of the squares minus the square of the mean.
    ("normalisation", lambda n: n.op_type.endswith(("LayerNormalization", "GroupNormalization", "InstanceNormalization")), 1e-2),
)


def attribute(node, name, fallback):
    return next((onnx.helper.get_attribute_value(a) for a in node.attribute if a.name == name), fallback)


# Operators whose results jump: behind a looser computation they say nothing.
JUMPS = {"Floor", "Ceil", "Round", "Sign", "Cast", "CastLike", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "ArgMax", "ArgMin", "TopK",
         "Hardmax", "QuantizeLinear", "DynamicQuantizeLinear", "Shrink", "ThresholdedRelu", "Mod"}


def tolerance_of(model):
    """How far ONNX Runtime may be off beyond the rounding of float32; None where it is not compared."""
    tolerance = 2 ** -6 if is_half(model) else 0.0
    for _, is_met, allowed in DIFFERENCES:
        if any(is_met(node) for node in model.graph.node):
            if allowed is None:
                return None
            tolerance = max(tolerance, allowed)
    return None if tolerance > 0 and any(node.op_type in JUMPS for node in model.graph.node) else tolerance


def is_near_tie(oracle, other):
    """Whether quantised numbers differ by one step in few places: ONNX Runtime adds and scales them in float32, where 99.50000005
    is 99.49999."""
    apart = np.abs(oracle.astype(np.int64) - other.astype(np.int64))
    return oracle.dtype in (np.uint8, np.int8) and apart.max() == 1 and np.count_nonzero(apart) <= max(1, oracle.size // 100)


def disagreement(verdict, arrays, theirs, tolerance):
    """How ONNX Runtime differs from the oracle; None where it agrees within what rounding explains."""
    for i, (output, (engine, oracle), other) in enumerate(zip(verdict["outputs"], arrays, theirs)):
        if list(other.shape) != output["shape"]:
            return f"output {i} has shape {list(other.shape)}, the engine's {output['shape']}"
        if output["is_tied"] or not oracle.size:
            continue
        if oracle.dtype != np.float64:
            if not np.array_equal(oracle, other) and not is_near_tie(oracle, other):
                return f"output {i} is not equal in {np.count_nonzero(oracle != other)} of {oracle.size}"
            continue
        wide = other.astype(np.float64)
        with np.errstate(all="ignore"):
            apart = np.abs(wide - oracle)
            same = (wide == oracle) | (np.isnan(wide) & np.isnan(oracle)) | ((np.abs(oracle) > 3.4e38) & ~np.isfinite(wide))
            apart = np.where(same, 0, apart)
            largest = np.max(np.abs(oracle[np.isfinite(oracle)]), initial=0)
        allowed = 2 * output["allowed"] + tolerance * largest
        if not (np.max(apart) <= allowed):
            return f"output {i} is off by {np.max(apart):.3g} of {largest:.3g}, allowed {allowed:.3g}"
    return None
