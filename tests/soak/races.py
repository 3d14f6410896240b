# SPDX-License-Identifier: Apache-2.0
"""A race that is killed again and again, at random moments, and goes on each time: its journal stays whole."""

from __future__ import annotations

import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import time

from processes import processes_below
from report import Report, show

ROUNDS = 400
LONGEST_S = 4.0  # from a start to its end by a signal


def whole_lines(journal: pathlib.Path) -> list[bytes]:
    content = journal.read_bytes() if journal.exists() else b""
    return content[: content.rfind(b"\n") + 1].splitlines()


def are_gone(pids: list[int]) -> bool:
    """Whether what the race had started ends with it, within seconds. The link of a process that has ended leads nowhere."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not any(os.path.exists(f"/proc/{pid}/exe") for pid in pids):
            return True
        time.sleep(0.05)
    return False


def soak(program: pathlib.Path, kite: pathlib.Path, model: pathlib.Path, pictures: pathlib.Path, folder: pathlib.Path, kills: int, seed: int,
         report: Report) -> None:
    dice, out = random.Random(seed), folder / "race"
    start = ["--model", model, "--images", pictures, "--pictures", "6", "--peers", "kite", "--command", f"command={kite} classify {{model}} {{picture}}",
             "--threads", "1", "--rounds", str(ROUNDS), "--out", out]
    peers = ["--peers-dir", model.parents[1] / "peers"]
    environment = {**os.environ, "KITE_CACHE_DIR": str(folder / "cache")}
    arguments, done, killed = [*start, *peers], [], 0
    said = (folder / "said").open("w+b")
    while killed < kills:
        show(f"race: killed {killed} of {kills} times, {len(done)} lines")
        process = subprocess.Popen([str(part) for part in (program, *arguments)], stdout=subprocess.DEVNULL, stderr=said, env=environment,
                                   cwd=folder)
        try:
            process.wait(dice.uniform(0.05, LONGEST_S))
            said.seek(0)
            report.case("race: it is killed before it ends", False, f"exit code {process.returncode} after {killed} kills: {said.read()[-500:]!r}")
            return
        except subprocess.TimeoutExpired:
            children = processes_below(process.pid)
            process.send_signal(signal.SIGKILL)
            process.wait()
        killed += 1
        report.case("race: what it had started ends with it", are_gone(children), f"{children}")
        now = whole_lines(out / "journal.jsonl")
        report.case("race: what is in the journal stays there", now[: len(done)] == done, f"kill {killed}")
        done = now
        if done:
            arguments = ["--resume", "--out", out, *peers]
    show("race: to its end")
    result = subprocess.run([str(part) for part in (program, *arguments)], capture_output=True, text=True, env=environment, cwd=folder, check=False)
    report.case("race: it ends", result.returncode == 0, result.stderr[-500:])
    records = [json.loads(line) for line in whole_lines(out / "journal.jsonl")]
    report.case("race: what is in the journal stays there", whole_lines(out / "journal.jsonl")[: len(done)] == done, "at the end")
    processes = [record for record in records if record["kind"] == "process"]
    times = collections.Counter((record["cell"], record["round"], record["purpose"], record["position"]) for record in processes)
    twice = [key for key, count in times.items() if count > 1]
    report.case("race: nothing was run twice", not twice, f"{twice[:5]}")
    bad = [record for record in processes if record["status"] != "ok"]
    report.case("race: no kill counts as a contestant's failure", not bad, f"{bad[:2]}")
    plan = next(record for record in records if record["kind"] == "plan")
    whole = [cell for cell, stated in enumerate(plan["cells"]) if stated["mode"] == "oneshot"]
    rounds = {(record["cell"], record["round"]) for record in processes if record["purpose"] == "round"}
    report.case("race: every round is there", rounds == {(cell, number) for cell in whole for number in range(1, ROUNDS + 1)}, f"{len(rounds)}")
    report.case("race: its work folder is gone", not (out / "work").exists())
    report.count("race's processes", len(processes))
    report.count("kills", killed)
