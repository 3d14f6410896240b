# SPDX-License-Identifier: Apache-2.0
"""Judges one exported file: does kite give ONNX Runtime's logits, how much of it do fast kernels compute, how long does it take."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "models"))

from comparison import TOLERANCE  # noqa: E402
from kite_runner import Kite, missing_features  # noqa: E402
from check_models import ISAS  # noqa: E402

ONNXRUNTIME = [sys.executable, str(HERE / "run_onnxruntime.py")]
ORACLE_TIMEOUT_S = 900
# A disagreement is the model's own where two other right programs disagree as much: kite may then be this many times as far
# from double precision as the worse of them.
ILL_CONDITIONED = 3.0
ROUNDS = 5
# Of one side of one round; so that a large model is run at least twice, and a small one often enough for a median.
ROUND_MS = 400.0


@dataclass(frozen=True)
class Exported:
    """The file, the inputs' files, and the names that the exporter gave. Of several outputs, the last holds the scores."""

    model: Path
    inputs: list[Path]
    names: tuple[str, str]
    nodes: int
    opset: int

    @classmethod
    def read(cls, folder: Path) -> Exported:
        path = folder / "model.onnx"
        model = onnx.load(path, load_external_data=False)
        opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
        names = model.graph.input[0].name, model.graph.output[-1].name
        return cls(path, sorted(folder.glob("x?.npy")), names, len(model.graph.node), opset)

    def tensors(self, x: Path, out: Path) -> list:
        return ["--input", f"{self.names[0]}={x}", "--output", f"{self.names[1]}={out}"]


class Failed(Exception):
    """A process did not do its work; the text says which and why."""


@dataclass
class Verdict:
    """What is known of a row. `status`: agrees, differs, ill-conditioned, refused, fails."""

    status: str = ""
    detail: str = ""
    fields: dict = field(default_factory=dict)


def output_of(command: list, what: str, timeout: float = 600) -> str:
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace", timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{what}: no answer after {timeout:.0f} s") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        raise Failed(f"{what}: {lines[-1][:400]}")
    return done.stdout


def distance(got: np.ndarray, want: np.ndarray) -> float:
    """Largest difference as a fraction of the largest logit, the worst picture."""
    difference = np.abs(got.astype(np.float64) - want).max(axis=1)
    return float((difference / np.abs(want).max(axis=1)).max())


def equal_winners(got: np.ndarray, want: np.ndarray) -> tuple[int, int]:
    """How many pictures have the same top class, and how many count: those whose margin exceeds TOLERANCE."""
    equal = counted = 0
    for mine, theirs in zip(got, want):
        second, first = np.sort(theirs)[-2:]
        if first - second > TOLERANCE * np.abs(theirs).max():
            counted += 1
            equal += int(mine.argmax() == theirs.argmax())
    return equal, counted


def inspect(kite: Path, model: Path) -> dict:
    """Multiply-adds, and their share in steps that have a kernel."""
    plan = json.loads(output_of([kite, "inspect", model, "--json", "--no-cache"], "kite inspect"))
    total = sum(step.get("macs", 0) for step in plan["steps"])
    fast = sum(step.get("macs", 0) for step in plan["steps"] if step["kernel"] != "portable")
    return {"macs": plan["macs"], "fast": round(fast / total, 4) if total else 0.0,
            "portable": sorted({step["op"] for step in plan["steps"] if step["kernel"] == "portable"})}


def kite_logits(kite: Kite, file: Exported) -> np.ndarray:
    """Raises Failed with kite's own error."""
    isa = next(isa for isa in ISAS if not missing_features(isa))
    rows = []
    for x in file.inputs:
        answer = kite.run(file.model, x, isa, 1, file.model.parent, file.names)
        if answer.logits is None:
            raise Failed(answer.trouble.split("\n" + answer.command)[0])
        rows.append(answer.logits)
    return np.concatenate(rows)


def oracle_logits(kite: Path, file: Exported) -> np.ndarray:
    out, rows = file.model.parent / "oracle.npy", []
    for x in file.inputs:
        output_of([kite, "run", file.model, *file.tensors(x, out), "--no-cache", "--oracle"], "the double oracle", ORACLE_TIMEOUT_S)
        rows.append(np.load(out))
    return np.concatenate(rows)


def first_error(text: str) -> str:
    """kite's own line, without the file's name in the work folder."""
    line = next((line for line in text.splitlines() if "error[" in line), text.strip().splitlines()[0] if text.strip() else "no reason")
    return re.sub(r"; \S*model\.onnx\b", "", line.split("kite: ")[-1])[:600]


def judge_answers(kite: Kite, file: Exported, library: np.ndarray) -> Verdict:
    verdict = Verdict()
    try:
        out = file.model.parent / "onnxruntime.npy"
        verdict.fields["ort_cold_s"] = float(output_of([*ONNXRUNTIME, "answers", file.model, out, *file.inputs], "ONNX Runtime"))
        want = np.load(out)
        verdict.fields["ort_vs_library"] = distance(want, library)
    except Failed as reason:
        # The exporter wrote what ONNX Runtime does not run. The library's own logits are the judge then.
        verdict.fields["judge"] = f"the library itself, because {reason}"
        want = library
    try:
        got = kite_logits(kite, file)
    except Failed as reason:
        refused = "error[" in str(reason)
        verdict.status, verdict.detail = ("refused" if refused else "fails"), first_error(str(reason))
        return verdict
    if got.shape != want.shape or not np.isfinite(got).all():
        verdict.status, verdict.detail = "differs", f"kite gives {list(got.shape)}, {int((~np.isfinite(got)).sum())} of them not finite"
        return verdict
    error = distance(got, want)
    equal, counted = equal_winners(got, want)
    verdict.fields |= {"error": error, "top1": [equal, counted]}
    verdict.status = "agrees" if error <= TOLERANCE and equal == counted else "differs"
    if verdict.status == "differs":
        explain(verdict, kite, file, {"kite": got, "ONNX Runtime": want, "the library": library})
    return verdict


def explain(verdict: Verdict, kite: Kite, file: Exported, answers: dict[str, np.ndarray]) -> None:
    """Whose fault a difference is: every answer against double precision, and the two others against each other."""
    others = distance(answers["ONNX Runtime"], answers["the library"])
    try:
        oracle = oracle_logits(kite.program, file)
    except Failed as reason:
        verdict.detail = f"ONNX Runtime is {others:.1e} from the library; {reason}"
        if others > TOLERANCE and verdict.fields["error"] <= ILL_CONDITIONED * others:
            verdict.status = "ill-conditioned"
        return
    apart = {name: distance(logits, oracle) for name, logits in answers.items()}
    equal, counted = equal_winners(answers["kite"], oracle)
    verdict.fields |= {"top1": [equal, counted], "from_double": apart}
    verdict.detail = "from double precision: " + ", ".join(f"{name} {value:.1e}" for name, value in apart.items())
    if max(apart["kite"], apart["the library"]) <= TOLERANCE and equal == counted:
        verdict.status = "agrees"  # ONNX Runtime alone is away from the other three
    # The library runs the network and not the file: an oracle that shares a fault with the kernels cannot excuse them.
    elif others > TOLERANCE and apart["kite"] <= ILL_CONDITIONED * max(apart["ONNX Runtime"], apart["the library"]):
        verdict.status = "ill-conditioned"


def run_times(command: list) -> list[float]:
    return [float(line) for line in output_of(command, command[0] if command[0] != sys.executable else "ONNX Runtime").split()]


def bench_ms(kite: Path, model: Path, x: Path, runs: int, cache: Path) -> float:
    text = output_of([kite, "bench", model, "--input", x, "--threads", "1", "--warmup", "1", "--iters", str(runs), "--json",
                      "--cache-dir", cache], "kite bench")
    return json.loads(text)["p50_ms"]


def cold_s(kite: Path, file: Exported, cache: Path) -> float:
    begin = time.perf_counter()
    output_of([kite, "run", file.model, *file.tensors(file.inputs[0], cache.with_suffix(".npy")), "--threads", "1", "--cache-dir", cache], "kite run")
    return time.perf_counter() - begin


def median_and_spread(ratios: list[float]) -> list[float]:
    """[median, least, largest]"""
    return [round(value, 3) for value in (statistics.median(ratios), min(ratios), max(ratios))]


def judge_times(kite: Path, file: Exported) -> dict:
    """kite / ONNX Runtime at one thread, below 1 = kite is faster. Steady: the median of each process's runs, processes in
    turn. Cold: kite's whole process with its plan in the cache, from exec to exit, against ONNX Runtime's opening and
    first run, where Python's start is not counted."""
    model, x, cache = file.model, file.inputs[0], file.model.parent / "cache"
    first = bench_ms(kite, model, x, 1, cache)  # makes the plan
    runs = max(2, min(30, int(ROUND_MS / max(first, 0.1))))
    steady, cold = [], []
    for _ in range(ROUNDS):
        mine = bench_ms(kite, model, x, runs, cache)
        theirs = statistics.median(run_times([*ONNXRUNTIME, "times", model, x, runs]))
        steady.append(mine / theirs)
        opened = float(output_of([*ONNXRUNTIME, "answers", model, model.parent / "cold.npy", x], "ONNX Runtime"))
        cold.append(cold_s(kite, file, cache) / opened)
    return {"time": median_and_spread(steady), "cold": median_and_spread(cold)}
