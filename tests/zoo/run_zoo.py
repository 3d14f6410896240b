# SPDX-License-Identifier: Apache-2.0
"""Exports architectures one after another, compares kite's answers with ONNX Runtime's, and keeps one line for each.

A row that the results file holds for this kite and these libraries is not run again, so that a run which was broken off
goes on where it ended. Each export is deleted after its row. Exit code 1: an answer is worse than in the committed results
(results.jsonl), or a row that is not in them differs."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import judge
import members
import results
from kite_runner import Kite

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXPORT_TIMEOUT_S = 1200
# Statuses by which a row is not worse than it was.
GOOD = ("agrees", "ill-conditioned")
PACKAGES = {"timm": ["torch", "torchvision", "timm", "onnxscript", "onnxruntime", "keras"], "paddle": ["paddlepaddle", "paddle2onnx"],
            "sklearn": ["scikit-learn", "skl2onnx"]}


def python_of(library: str, work: Path) -> Path:
    """PaddlePaddle and scikit-learn have environments of their own."""
    own = work / f"venv-{library}/bin/python"
    return own if own.exists() else Path(sys.executable)


def hash_of(kite: Path) -> str:
    return hashlib.sha256(kite.read_bytes()).hexdigest()[:12]


def versions(kite: Path, work: Path) -> dict[str, str]:
    """What each library's own environment has, and which kite this is."""
    found = {}
    for library, packages in PACKAGES.items():
        program = f"import importlib.metadata as m; print(*(m.version(name) for name in {packages}))"
        python = python_of(library, work)
        listed = subprocess.run([python, "-c", program], capture_output=True, text=True)
        if listed.returncode != 0:
            reason = (listed.stderr.strip().splitlines() or ["no reason given"])[-1]
            sys.exit(f"run_zoo: {python} lacks one of {', '.join(packages)}: {reason}; tests/zoo/run makes the environments "
                     f"(here {work}/venv-{library})")
        found |= dict(zip(packages, listed.stdout.split()))
    return found | {"kite": hash_of(kite)}


def export(row: members.Row, folder: Path) -> tuple[str, str]:
    """(status, reason); both empty where the file is there."""
    member = row.member
    script = "export_member.py" if member.library in ("torchvision", "timm") else "export_others.py"
    command = [python_of(member.library, folder.parent), "-W", "ignore", HERE / script, member.library, member.name, row.exporter,
               str(row.opset), str(member.size), folder]
    log = folder / "export.log"
    try:
        with log.open("w") as output:
            code = subprocess.run(command, stdout=output, stderr=output, timeout=EXPORT_TIMEOUT_S).returncode
    except subprocess.TimeoutExpired:
        return "no export", f"no file after {EXPORT_TIMEOUT_S} s"
    text = re.sub(r"\x1b\[[\d;]*m", "", log.read_text(errors="replace"))  # colours
    lines = [line for line in text.splitlines() if line.strip()] or ["no reason given"]
    if code == 0:
        return "", ""
    return ("not telling" if code == 3 else "no export"), (lines[-1] if code > 0 else f"ended by signal {-code}")[:400]


def judge_row(row: members.Row, kite: Kite, folder: Path, with_times: bool) -> dict:
    begin = time.monotonic()
    member = row.member
    result = {"library": member.library, "model": member.name, "exporter": row.exporter, "opset": row.opset}
    status, detail = export(row, folder)
    if not status:
        file = judge.Exported.read(folder)
        result |= {"opset": file.opset, "nodes": file.nodes}
        try:
            verdict = judge.judge_answers(kite, file, np.load(folder / "library.npy"))
            status, detail = verdict.status, verdict.detail
            result |= verdict.fields
            if status not in ("refused", "fails"):
                result |= judge.inspect(kite.program, file.model)
                if with_times and not member.large:
                    result |= judge.judge_times(kite.program, file)
        except judge.Failed as reason:
            status, detail = status or "fails", f"{detail}; {reason}".lstrip("; ")
    return {**result, "status": status, "detail": detail, "seconds": round(time.monotonic() - begin, 1)}


def is_worse(result: dict, committed: dict | None) -> bool:
    if result["status"] in GOOD:
        return False
    return committed is None or committed["status"] in GOOD or (committed["status"] != "differs" and result["status"] == "differs")


def one_line(result: dict) -> str:
    text = f"{result['status']:<15} {result['library']}/{result['model']}/{result['exporter']}"
    if "error" in result:
        text += f"  {result['error']:.1e}, top-1 {result['top1'][0]}/{result['top1'][1]}, {result.get('fast', 0):.0%} fast"
    if "time" in result:
        text += f", time {result['time'][0]:.2f}, cold {result['cold'][0]:.2f}"
    return text + (f"  {result['detail']}" if result["detail"] else "")


def clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02d} h"


class Progress:
    """The estimate follows the speed of this machine once some rows are done."""

    def __init__(self, rows: list[members.Row]):
        self.left_s = sum(row.cost_s for row in rows)
        self.planned_s = self.spent_s = 0.0

    def done(self, row: members.Row, seconds: float) -> str:
        self.left_s -= row.cost_s
        self.planned_s += row.cost_s
        self.spent_s += seconds
        return clock(self.left_s * self.spent_s / self.planned_s)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kite", type=Path, default=ROOT / "build/release/bin/kite")
    parser.add_argument("--part", default="1/1", help="I/N: the I-th of N parts of equal cost")
    parser.add_argument("--results", type=Path, help="default: build/zoo/part-I-of-N.jsonl")
    parser.add_argument("--work", type=Path, default=ROOT / "build/zoo", help="where one export at a time is written")
    parser.add_argument("--only", default="", help="regular expression on LIBRARY/MODEL/EXPORTER")
    parser.add_argument("--status", default="", help="only rows whose committed result is one of these, separated by commas; "
                        "`none` are rows without a result")
    parser.add_argument("--no-times", action="store_true", help="answers alone, as on a machine that does other work, too")
    return parser.parse_args()


def chosen_rows(arguments: argparse.Namespace) -> list[members.Row]:
    index, count = (int(number) for number in arguments.part.split("/"))
    if not 1 <= index <= count:
        sys.exit(f"run_zoo: --part {arguments.part}: give I/N with 1 <= I <= N")
    rows = members.part_of(members.rows(members.read()), index, count)
    statuses = {key: result["status"] for key, result in results.committed()[1].items()}
    wanted = set(arguments.status.split(",")) if arguments.status else None
    return [row for row in rows if re.search(arguments.only, row.name)
            and (wanted is None or statuses.get(row.key, "none") in wanted)]


def main() -> int:
    arguments = parse_arguments()
    rows = chosen_rows(arguments)
    kite = arguments.kite.resolve()
    if not rows or not kite.exists():
        print("run_zoo: " + (f"no row matches {arguments.only!r}" if not rows else f"no {kite}; build it or give --kite"), file=sys.stderr)
        return 2
    path = arguments.results or arguments.work / f"part-{arguments.part.replace('/', '-of-')}.jsonl"
    arguments.work.mkdir(parents=True, exist_ok=True)
    known_versions = versions(kite, arguments.work)
    done = {results.key_of(result): result for result in results.read_lines(path) if result["versions"] == known_versions}
    committed = results.committed()[1]
    left = [row for row in rows if row.key not in done]
    print(f"{len(rows)} rows, {len(rows) - len(left)} of them done before; about {clock(sum(row.cost_s for row in left))}", flush=True)
    progress = Progress(left)
    for count, row in enumerate(left, len(rows) - len(left) + 1):
        folder = Path(tempfile.mkdtemp(prefix="export-", dir=arguments.work))
        try:
            result = {**judge_row(row, Kite(kite), folder, not arguments.no_times), "versions": known_versions}
        finally:
            shutil.rmtree(folder)
        with path.open("a") as file:
            file.write(json.dumps(result) + "\n")
        done[results.key_of(result)] = result
        print(f"{count}/{len(rows)} ({progress.done(row, result['seconds'])} left) {one_line(result)}", flush=True)
    found = [done[row.key] for row in rows]
    worse = [result for result in found if is_worse(result, committed.get(results.key_of(result)))]
    for result in worse:
        before = committed.get(results.key_of(result))
        print(f"WORSE, {before['status'] if before else 'not in the table'} before: {one_line(result)}")
    counts = {status: sum(result["status"] == status for result in found) for status in sorted({result["status"] for result in found})}
    print(", ".join(f"{number} {status}" for status, number in counts.items()))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
