# SPDX-License-Identifier: Apache-2.0
"""Draws models, has them judged, and makes those that fail smaller."""

import collections
import json
import pathlib
import random
import subprocess
import sys
import time

import numpy as np
import onnx

import control, elementwise, fused, indices, movement, networks, patterns, quantised, sequences, vision  # noqa: E401, F401: they fill the table
from draft import Draft, Rejected
from graphs import names_read, text_of, without_dead
from judges import BIN, FOR_ANOTHER, Judge, OnnxRuntime, disagreement, tolerance_of
from productions import NOT_DRAWN, PATTERNS, PRODUCTIONS

OPSETS = (7, 8, 9, 10, 11, 11, 12, 13, 13, 14, 15, 16, 17, 17, 18, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28)


def supported_operators():
    table = json.loads(subprocess.run([BIN / "kite", "inspect", "--ops", "--json"], check=True, capture_output=True).stdout)
    return {(row["domain"], row["op"]): (row["first_opset"], row["last_opset"]) for row in table}


def name_of(key):
    """Relu, com.microsoft.FusedConv."""
    return ".".join(part for part in key if part)


def without_production(supported):
    return sorted(key for key in supported if key not in PRODUCTIONS and key not in NOT_DRAWN)


def draw(seed, supported, focus):
    """The model of a seed and its inputs; `focus` is an operator that it has."""
    choices = random.Random(seed * 7919 + 1)
    first, last = supported[focus]
    # com.microsoft has one version; the standard operators around it have any.
    if focus[0]:
        first, last = 7, supported["", "Add"][1]
    opset = choices.choice([o for o in OPSETS if first <= o <= last] or [last])
    for attempt in range(60):
        draft = Draft(seed * 64 + attempt, opset, supported)
        if focus[0] or "Quantize" in focus[1] or "QLinear" in focus[1]:
            draft.float = "float32"
        before, after = choices.randint(0, 3), choices.randint(0, 4)
        try:
            for _ in range(before):
                step(draft, choices)
            PRODUCTIONS[focus](draft, focus[1])
        except Rejected:
            continue
        for _ in range(after):
            step(draft, choices)
        return draft.model(), draft.feeds
    return None


def step(draft, choices):
    """A pattern or an operator; nothing where none of a few fits."""
    for _ in range(6):
        mark = (len(draft.nodes), len(draft.values))
        try:
            if choices.random() < 0.5:
                choices.choices([p for _, p in PATTERNS], [w for w, _ in PATTERNS])[0](draft)
            else:
                key = choices.choice([k for k in PRODUCTIONS if draft.knows(k[1], k[0])])
                PRODUCTIONS[key](draft, key[1])
            return
        except Rejected:
            if len(draft.nodes) > mark[0]:
                return  # what was made of it so far stays


class Campaign:
    def __init__(self, options):
        self.options = options
        self.supported = supported_operators()
        self.operators = [key for key in sorted(self.supported) if key in PRODUCTIONS]
        if options.only:
            self.operators = [key for key in self.operators if name_of(key) == options.only]
            if not self.operators:
                raise SystemExit(f"no production draws {options.only!r}")
        self.judge = Judge()
        self.other = None if options.no_onnxruntime else OnnxRuntime()
        self.failures, self.refused = [], collections.Counter()
        self.covered, self.counts = collections.Counter(), collections.Counter()
        self.ratios = []

    def run(self):
        begin = shown = time.monotonic()
        for i in range(self.options.graphs):
            self.one(self.options.first + i)
            now = time.monotonic()
            if now - shown > 10:
                shown = now
                print(f"{i + 1} of {self.options.graphs} graphs, {len(self.failures)} failed, {now - begin:.0f} s", file=sys.stderr, flush=True)

    def focus(self, seed):
        return self.operators[seed % len(self.operators)]

    def one(self, seed):
        drawn = draw(seed, self.supported, self.focus(seed))
        if drawn is None:
            self.counts["nothing drawn"] += 1
            return
        model, feeds = drawn
        self.counts["graphs"] += 1
        self.covered.update({(n.domain, n.op_type) for n in model.graph.node})
        why = self.fault(model, feeds, count=True)
        if why is None:
            return
        model = self.shrink(model, feeds, why)
        self.failures.append((seed, self.fault(model, feeds) or why))
        self.show(seed, model, feeds)

    def fault(self, model, feeds, count=False):
        """What is wrong with a model: (kind, words); None where all agree."""
        verdict, arrays = self.judge.ask(model, feeds)
        if "refused" in verdict:
            if count:
                self.counts["refused by the engine"] += 1
                self.refused[verdict["refused"].split(";")[0][:90]] += 1
            return ("refused", verdict["refused"]) if verdict["code"] not in ("unsupported-model", "limit") else None
        if verdict["faults"]:
            return "engine", "\n  ".join(verdict["faults"])
        if count:
            self.count(model, verdict)
        tolerance = tolerance_of(model)
        theirs = self.other.run(model, feeds) if self.other and tolerance is not None else None
        if theirs is None:
            return None
        if count:
            self.counts["compared with ONNX Runtime"] += 1
        words = disagreement(verdict, arrays, theirs, tolerance)
        if words:  # it may be a tie that few runs with noise have not shown
            words = disagreement(*self.judge.ask(model, feeds, FOR_ANOTHER), theirs, tolerance)
        return ("ONNX Runtime", words) if words else None

    def count(self, model, verdict):
        self.counts["nodes"] += len(model.graph.node)
        self.counts["steps"] += verdict["steps"]
        self.counts["portable steps"] += verdict["portable_steps"]
        for output in verdict["outputs"]:
            self.counts["outputs"] += 1
            self.counts["tied outputs"] += output["is_tied"]
            if output["allowed"] > 0 and output["error"] > 0:
                self.ratios.append(output["error"] / output["allowed"])

    # ---- smaller -----------------------------------------------------------------------------------------------------

    def shrink(self, model, feeds, why):
        """Leaves out outputs, then nodes: what reads a node's result then reads an input of the same values."""
        for smaller in (self.fewer_outputs, self.cut):
            model = smaller(model, feeds, why)
        return self.fewer_outputs(model, feeds, why)

    def still_fails(self, model, feeds, why):
        found = self.fault(model, feeds)
        return found is not None and found[0] == why[0]

    def fewer_outputs(self, model, feeds, why):
        for output in list(model.graph.output):
            if len(model.graph.output) == 1:
                break
            smaller = onnx.ModelProto()
            smaller.CopyFrom(model)
            del smaller.graph.output[:]
            smaller.graph.output.extend(o for o in model.graph.output if o.name != output.name)
            smaller = without_dead(smaller)
            if self.still_fails(smaller, feeds, why):
                model = smaller
        return model

    def cut(self, model, feeds, why):
        """Makes the result of each node, from the last one on, an input of the values that the oracle gives it."""
        for node in reversed(list(model.graph.node)):
            for name in node.output:
                smaller = self.with_input(model, feeds, name)
                if smaller is not None and self.still_fails(smaller, feeds, why):
                    model = smaller
        return model

    def with_input(self, model, feeds, name):
        if not name or not any(name in names_read(n) for n in model.graph.node) or any(o.name == name for o in model.graph.output):
            return None
        probe = onnx.ModelProto()
        probe.CopyFrom(model)
        del probe.graph.output[:]
        try:
            inferred = {v.name: v for v in onnx.shape_inference.infer_shapes(model).graph.value_info}
        except Exception:  # the checker's own kinds of errors
            return None
        if name not in inferred:
            return None
        probe.graph.output.append(inferred[name])
        verdict, arrays = self.judge.ask(without_dead(probe), feeds)
        if not arrays:
            return None
        feeds[name] = arrays[0][0]
        smaller = onnx.ModelProto()
        smaller.CopyFrom(model)
        for node in smaller.graph.node:
            for i, output in enumerate(node.output):
                if output == name:
                    node.output[i] = ""
        smaller.graph.input.append(inferred[name])
        return without_dead(smaller)

    def show(self, seed, model, feeds):
        _, (kind, words) = self.failures[-1]
        print(f"\nseed {seed}: {kind}: {words}\n{text_of(model)}\n  again: tests/grammar/run --first {seed} --graphs 1 --only {name_of(self.focus(seed))}",
              flush=True)
        if self.options.keep:
            folder = pathlib.Path(self.options.keep)
            folder.mkdir(parents=True, exist_ok=True)
            onnx.save(model, folder / f"{seed}.onnx")
            np.savez(folder / f"{seed}.npz", **{i.name: feeds[i.name] for i in model.graph.input})

    def summary(self):
        lines = [f"{self.counts['graphs']} graphs of {self.counts['nodes']} nodes, {len(self.covered)} of the {len(self.supported)} operators, "
                 f"{self.counts['compared with ONNX Runtime']} compared with ONNX Runtime, {len(self.failures)} failed",
                 f"{self.counts['steps']} steps, {self.counts['portable steps']} of them portable; {self.counts['outputs']} outputs, "
                 f"{self.counts['tied outputs']} with a tie"]
        if self.ratios:
            at = np.quantile(self.ratios, (0.5, 0.99, 1))
            lines.append(f"errors are {at[0]:.3f} (median), {at[1]:.3f} (99 %) and {at[2]:.3f} (largest) of what is allowed")
        for what in ("nothing drawn", "refused by the engine"):
            if self.counts[what]:
                lines.append(f"{self.counts[what]} {what}")
        lines += [f"  {count:>5}  {words}" for words, count in self.refused.most_common(12)]
        if self.other and self.other.refusals:
            lines.append(f"{sum(self.other.refusals.values())} refused by ONNX Runtime")
            lines += [f"  {count:>5}  {words}" for words, count in self.other.refusals.most_common(8)]
        return "\n".join(lines)
