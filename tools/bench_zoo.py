# SPDX-License-Identifier: Apache-2.0
"""Steady-state inference of the zoo's models (tests/zoo/members.txt), kite against the faster of ONNX Runtime and, where it is
set up (kite race setup openvino), OpenVINO: float32, equal threads, processes in turn, one exporter a model.

Every model is screened with two processes of each program. Where the faster of the others takes less than --goal times as long
as kite in one of these rounds, more rounds follow, ten in all, and the ratio gets its 95 % interval (the Hodges-Lehmann
estimate, as the race has it). A model below 1.0 is slower than another engine; it is named when its whole interval is.

A row that the results file holds for this kite and these settings is not run again, so a part that was broken off goes on
where it ended. Each export is deleted after its row; exports need the environments that tests/zoo/run makes."""

import argparse
import json
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

import numpy as np

import bench_steady
import paired_ratio

ROOT = bench_steady.ROOT
sys.path.insert(0, str(ROOT / "tests/zoo"))

import judge  # noqa: E402
import members  # noqa: E402
import results  # noqa: E402
import run_zoo  # noqa: E402

SCREENING_ROUNDS, ROUNDS = 2, 10
EXPORTER = {"torchvision": "torchscript", "timm": "torchscript", "keras": "keras", "paddle": "paddle2onnx", "sklearn": "skl2onnx"}


def chosen_rows(part, only):
    index, count = (int(number) for number in part.split("/"))
    if not 1 <= index <= count:
        sys.exit(f"bench zoo: --part {part}: give I/N with 1 <= I <= N")
    rows = [row for row in members.rows(members.read()) if row.exporter == EXPORTER[row.member.library] and not row.member.large]
    return [row for row in members.part_of(rows, index, count) if only in row.name]


def programs_of(arguments):
    """The programs that take part, each as a function of (model, tensor) that gives the median of one process."""
    def peer(python, program):
        return lambda model, tensor: bench_steady.peer_median(python, program, model, tensor, arguments.threads, arguments)

    def kite(model, tensor):
        return bench_steady.kite_median(arguments.kite, model, tensor, arguments.threads, arguments)[0]

    found = {"kite": kite, "ort": peer(sys.executable, bench_steady.ORT_PROGRAM)}
    if bench_steady.OPENVINO_PYTHON.exists():
        found["openvino"] = peer(bench_steady.OPENVINO_PYTHON, bench_steady.OPENVINO_PROGRAM)
    return found


def ratios_of(times):
    """How many times as long as kite the faster of the others takes, in each round."""
    others = [values for name, values in times.items() if name != "kite"]
    return [min(round_times) / ours for ours, *round_times in zip(times["kite"], *others)]


def compare(model, tensor, arguments):
    """A program that does not run the model at all is left out, and the reason kept; without kite or any other there is no row."""
    programs, times, reasons = programs_of(arguments), {}, {}
    for name, run in list(programs.items()):
        try:
            times[name] = [run(model, tensor)]
        except Exception as error:  # whatever a program says
            reasons[name] = bench_steady.last_words(error)
            del programs[name]
    if "kite" not in times or len(times) < 2:
        return {"status": "not compared", "reasons": reasons}
    names, number, wanted = list(programs), 1, SCREENING_ROUNDS
    while number < wanted:
        first = number % len(names)
        for name in names[first:] + names[:first]:
            times[name].append(programs[name](model, tensor))
        number += 1
        if number == SCREENING_ROUNDS and min(ratios_of(times)) < arguments.goal:
            wanted = ROUNDS
    ratio, low, high = paired_ratio.estimate(ratios_of(times))
    return {"status": "compared", "ratio": ratio, "low": low, "high": high, "rounds": number, "reasons": reasons,
            "ms": {name: statistics.median(values) for name, values in times.items()}}


def measured_row(row, arguments):
    begin = time.monotonic()
    result = {"library": row.member.library, "model": row.member.name, "exporter": row.exporter, "settings": arguments.settings}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=arguments.work))
    arguments.plans = folder / "plans"
    try:
        status, detail = run_zoo.export(row, folder)
        if status:
            result |= {"status": status, "reasons": {"export": detail}}
        else:
            file = judge.Exported.read(folder)
            result |= compare(file.model, file.inputs[0], arguments)
    finally:
        shutil.rmtree(folder)
    return {**result, "seconds": round(time.monotonic() - begin, 1)}


def one_line(result):
    text = f"{result['library']}/{result['model']:<32}"
    if result["status"] != "compared":
        return f"{text} {result['status']}: " + "; ".join(f"{name}: {reason}" for name, reason in result["reasons"].items())
    interval = f"{result['low']:.3f} .. {result['high']:.3f}" if result["low"] is not None else f"{result['rounds']} rounds"
    times = ", ".join(f"{name} {value:.2f} ms" for name, value in result["ms"].items())
    return f"{text} {result['ratio']:6.3f}  {interval:<16} {times}"


def summary(found, goal):
    rows = sorted((result for result in found if result["status"] == "compared"), key=lambda result: result["ratio"])
    if not rows:
        return "no model was compared"
    slower = [result for result in rows if result["high"] is not None and result["high"] < 1]
    below = [result for result in rows if result["ratio"] < goal]
    lines = [f"{len(rows)} models, median {statistics.median(result['ratio'] for result in rows):.3f} (the faster of the others / kite; above 1, "
             f"kite is faster); {len(below)} below {goal}, {len(slower)} with the whole interval below 1.0"]
    return "\n".join(lines + [one_line(result) for result in below])


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench zoo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", default="1/1", help="I/N: the I-th of N parts of equal cost; of 8, each takes under an hour on two cores")
    parser.add_argument("--only", default="", help="models whose LIBRARY/MODEL/EXPORTER contains this")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--goal", type=float, default=1.15, help="a model below it in a screening round is run ten times")
    parser.add_argument("--seconds", type=float, default=0.5, help="measured time of each process")
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--isa", help="hold kite down to an instruction set")
    parser.add_argument("--kite", type=pathlib.Path, default=ROOT / "build/release/bin/kite")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/zoo", help="where one export at a time is written")
    parser.add_argument("--results", type=pathlib.Path, help="default: build/zoo/bench-I-of-N.jsonl")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if not arguments.kite.exists():
        sys.exit(f"bench zoo: no {arguments.kite}; build it or give --kite")
    rows = chosen_rows(arguments.part, arguments.only)
    if not rows:
        sys.exit(f"bench zoo: no model matches {arguments.only!r}")
    if not bench_steady.OPENVINO_PYTHON.exists():
        print("OpenVINO is not set up, and left out (kite race setup openvino)", file=sys.stderr)
    arguments.settings = {"kite": run_zoo.hash_of(arguments.kite), "threads": arguments.threads, "isa": arguments.isa or "",
                          "openvino": bench_steady.OPENVINO_PYTHON.exists()}
    path = arguments.results or arguments.work / f"bench-{arguments.part.replace('/', '-of-')}.jsonl"
    done = {results.key_of(result): result for result in results.read_lines(path) if result["settings"] == arguments.settings}
    left = [row for row in rows if row.key not in done]
    print(f"{len(rows)} models, {len(rows) - len(left)} of them done before", flush=True)
    progress = run_zoo.Progress(left)
    for count, row in enumerate(left, len(rows) - len(left) + 1):
        result = measured_row(row, arguments)
        with path.open("a") as file:
            file.write(json.dumps(result) + "\n")
        done[row.key] = result
        print(f"{count}/{len(rows)} ({progress.done(row, result['seconds'])} left) {one_line(result)}", flush=True)
    print(summary([done[row.key] for row in rows], arguments.goal))


if __name__ == "__main__":
    main()
