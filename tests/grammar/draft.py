# SPDX-License-Identifier: Apache-2.0
"""A model while it is drawn: values with types, shapes and bounds, and the choices that productions make among them."""

import dataclasses
import math
import random

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOATS = ("float32", "float64", "float16", "bfloat16")
ONNX_TYPE = {
    "float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE, "float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16,
    "int8": TensorProto.INT8, "uint8": TensorProto.UINT8, "int16": TensorProto.INT16, "uint16": TensorProto.UINT16,
    "int32": TensorProto.INT32, "uint32": TensorProto.UINT32, "int64": TensorProto.INT64, "uint64": TensorProto.UINT64, "bool": TensorProto.BOOL,
}
# Beyond this a value is squashed before more is made of it, so that float32 stays finite.
LARGE = 1e4
MOST_ELEMENTS = 6000


class Rejected(Exception):
    """The production cannot be used on what there is."""


def numpy_type(dtype):
    if dtype == "bfloat16":
        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(dtype)


@dataclasses.dataclass
class Value:
    name: str
    dtype: str
    shape: tuple
    low: float = -math.inf   # no element is smaller
    high: float = math.inf
    is_constant: bool = False

    @property
    def rank(self):
        return len(self.shape)

    @property
    def elements(self):
        return math.prod(self.shape)

    @property
    def size(self):
        """The largest magnitude that an element may have."""
        return max(abs(self.low), abs(self.high))


def broadcast(*shapes):
    rank = max(map(len, shapes))
    result = []
    for axis in range(rank):
        sizes = {shape[axis - rank + len(shape)] for shape in shapes if axis - rank + len(shape) >= 0} - {1}
        if len(sizes) > 1:
            raise Rejected("shapes do not broadcast")
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


class Draft:
    """One model. `supported` gives (first, last) opset by (domain, operator)."""

    def __init__(self, seed, opset, supported):
        self.r = random.Random(seed)
        self.n = np.random.default_rng(seed)
        self.opset = opset
        self.supported = supported
        self.nodes, self.initializers, self.inputs, self.values = [], [], [], []
        self.feeds = {}
        self.domains = {"": opset}
        self.count = 0
        self.used = set()      # (domain, operator)
        self.read = set()      # names
        # Most graphs are of float32, as models are.
        self.float = self.r.choices(FLOATS, (90, 4, 4, 2 if opset >= 13 else 0))[0]

    # ---- choices -----------------------------------------------------------------------------------------------------

    def chance(self, p):
        return self.r.random() < p

    def size(self, most=9):
        """A dimension: mostly around the widths of vectors and tiles."""
        return self.r.choice([s for s in (1, 1, 2, 3, 3, 4, 5, 7, 8, 8, 9, 15, 16, 17, 24, 31, 32, 33) if s <= most] or [1])

    def shape(self, rank=None, most=MOST_ELEMENTS):
        rank = self.r.choice((1, 2, 2, 3, 3, 4, 4, 4, 5)) if rank is None else rank
        while True:
            sizes = tuple(self.size({0: 1, 1: 33, 2: 33, 3: 17}.get(rank, 9)) for _ in range(rank))
            if math.prod(sizes) <= most:
                return sizes

    def axis(self, rank, negative=None):
        axis = self.r.randrange(rank)
        may = self.opset >= 11 if negative is None else negative
        return axis - rank if may and self.chance(0.3) else axis

    def axes(self, rank, least=1):
        count = self.r.randint(least, rank)
        return sorted(self.r.sample(range(rank), count))

    # ---- values ------------------------------------------------------------------------------------------------------

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def array(self, shape, dtype, low, high):
        if dtype in FLOATS:
            kind = self.r.random()
            if kind < 0.1 and low <= 0 <= high:  # numbers with many zeros and equal ones
                data = np.round(self.n.uniform(max(low, -3), min(high, 3), shape))
            else:
                data = self.n.uniform(low, high, shape)
            return np.asarray(data).astype(numpy_type(dtype))
        if dtype == "bool":
            return self.n.integers(0, 2, shape).astype(bool)
        return np.asarray(self.n.integers(int(low), int(high) + 1, shape)).astype(dtype)

    def constant(self, array, name=None):
        array = np.asarray(array)
        dtype = str(array.dtype)
        value = Value(name or self.name(), dtype, array.shape, is_constant=True)
        if array.size:
            value.low, value.high = float(array.min()), float(array.max())
        else:
            value.low = value.high = 0.0
        self.initializers.append(numpy_helper.from_array(array, value.name) if dtype != "bfloat16" else
                                 helper.make_tensor(value.name, TensorProto.BFLOAT16, array.shape, array.tobytes(), raw=True))
        return value

    def ints(self, *numbers):
        return self.constant(np.asarray(numbers, np.int64))

    def scalar(self, number, dtype=None):
        return self.constant(np.asarray(number).astype(numpy_type(dtype or self.float)))

    def weights(self, *shape, dtype=None):
        """Weights of a product over all but the first axis: its results are about as large as its inputs."""
        terms = max(1, math.prod(shape[1:]))
        return self.constant((self.n.normal(0, 1, shape) / math.sqrt(terms)).astype(numpy_type(dtype or self.float)))

    def input(self, shape, dtype=None, low=-2.0, high=2.0):
        dtype = dtype or self.float
        value = Value(self.name(), dtype, tuple(shape), low, high)
        data = self.array(shape, dtype, low, high)
        self.inputs.append(helper.make_tensor_value_info(value.name, ONNX_TYPE[dtype], list(shape)))
        self.feeds[value.name] = data
        self.values.append(value)
        return value

    def fresh(self, shape, dtype=None, low=-2.0, high=2.0):
        """A value of this shape that no node makes: an input or a constant."""
        dtype = dtype or self.float
        if len(self.inputs) < 4 and self.chance(0.5) or not self.inputs:
            return self.input(shape, dtype, low, high)
        return self.constant(self.array(shape, dtype, low, high))

    def pick(self, fits, make):
        """A live value that fits, mostly the newest; else the one that `make` makes."""
        fitting = [value for value in self.values if fits(value)]
        if not fitting or self.chance(0.08):
            return make()
        return fitting[-1] if self.chance(0.6) else self.r.choice(fitting)

    def floating(self, rank=None, least=0, most=5, dtype=None, low=-math.inf, high=math.inf, fits=lambda value: True, shape=None):
        """A value of the graph's floating-point type. low and high: bounds that it must keep, by a Clip where needed."""
        dtype = dtype or self.float

        def is_fit(value):
            return (value.dtype == dtype and (value.rank == rank if rank is not None else least <= value.rank <= most) and
                    value.elements <= MOST_ELEMENTS and (shape is None or value.shape == tuple(shape)) and fits(value))

        def make():
            for _ in range(50):
                wanted = tuple(shape) if shape is not None else self.shape(rank if rank is not None else self.r.randint(max(least, 1), min(most, 5)))
                made = Value("", dtype, wanted)
                if fits(made):
                    return self.fresh(wanted, dtype, max(low, -2.0), min(high, 2.0) if high > -2.0 else high)
            raise Rejected("no shape fits")

        value = self.pick(is_fit, make)
        if value.size > LARGE:
            value = self.squash(value)
        if value.low < low or value.high > high:
            value = self.clip(value, max(low, -1e3), min(high, 1e3))
        return value

    def squash(self, value):
        return self.add("Tanh", [value], value.shape, low=-1, high=1)

    def clip(self, value, low, high):
        if self.opset >= 11:
            return self.add("Clip", [value, self.scalar(low, value.dtype), self.scalar(high, value.dtype)], value.shape, low=low, high=high)
        return self.add("Clip", [value], value.shape, low=low, high=high, min=float(low), max=float(high))

    def integers(self, dtype="int64", shape=None, low=0, high=9, rank=None):
        """Integers within [low, high]."""
        def fits(value):
            return (value.dtype == dtype and (shape is None or value.shape == tuple(shape)) and (rank is None or value.rank == rank) and
                    value.low >= low and value.high <= high and value.elements <= MOST_ELEMENTS)
        return self.pick(fits, lambda: self.fresh(self.shape(rank) if shape is None else shape, dtype, low, high))

    def booleans(self, shape=None):
        return self.integers("bool", shape, 0, 1)

    # ---- nodes -------------------------------------------------------------------------------------------------------

    def knows(self, op, domain=""):
        first, last = self.supported.get((domain, op), (1, 0))
        return first <= (self.opset if domain == "" else 1) <= last

    def add(self, op, inputs, shape, dtype=None, low=-math.inf, high=math.inf, domain="", **attributes):
        return self.add_many(op, inputs, [(shape, dtype, low, high)], domain, **attributes)[0]

    def add_many(self, op, inputs, outputs, domain="", **attributes):
        """A node. An input may be None, left out; an output (shape, dtype, low, high) may be, too."""
        if not self.knows(op, domain):
            raise Rejected(f"no {op} in opset {self.opset}")
        made = []
        for output in outputs:
            if output is None:
                made.append(None)
                continue
            shape, dtype, low, high = output
            made.append(Value(self.name(), dtype or next(v.dtype for v in inputs if v is not None),
                              tuple(int(size) for size in shape), low, high))
        self.nodes.append(helper.make_node(op, ["" if v is None else v.name for v in inputs], ["" if v is None else v.name for v in made],
                                           f"{op}_{len(self.nodes)}", domain=domain, **{k: v for k, v in attributes.items() if v is not None}))
        if domain:
            self.domains[domain] = 1
        self.used.add((domain, op))
        self.read.update(v.name for v in inputs if v is not None)
        self.values.extend(v for v in made if v is not None)
        return made

    # ---- the end -----------------------------------------------------------------------------------------------------

    def model(self):
        made = {name for node in self.nodes for name in node.output if name}
        produced = [value for value in self.values if value.name in made]
        outputs = [value for value in produced if value.name not in self.read]
        outputs += [value for value in produced if value.name in self.read and self.chance(0.06)]  # also read inside
        if len(outputs) > 6:
            outputs = outputs[-6:]
        graph = helper.make_graph(self.nodes, "drawn", self.inputs,
                                  [helper.make_tensor_value_info(v.name, ONNX_TYPE[v.dtype], list(v.shape)) for v in outputs], self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid(d, v) for d, v in self.domains.items()],
                                 ir_version=min(13, 8 if self.opset < 20 else 10), producer_name="grammar")
