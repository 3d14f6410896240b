# SPDX-License-Identifier: Apache-2.0
"""Prints the tables of docs/scaling.md, which tests/batch/bench.py measures: jobs of the program, of one Python process, of Ray
and of Spark, with N and 2 N pictures in turn, round after round; what a task costs the engine's driver; and the memory of workers
that share a machine. A cell is the median of the rounds and their range."""

import argparse
import collections
import json
import os
import pathlib
import secrets
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
ALONE = ("kite", "predictor")  # what the engines are compared with
ENGINES = ("ray", "spark")


def python_of(engine):
    return ROOT / f"build/{'venv' if engine in ALONE else engine}/bin/python"


def run(engine, *arguments, cache):
    python = python_of(engine)
    environment = {**os.environ, "KITE_CACHE_DIR": cache, "PYTHONPATH": f"{ROOT}/build/release/python:{ROOT}/tests/batch:{ROOT}/tests/python",
                   "PYSPARK_PYTHON": str(python), "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONWARNINGS": "ignore",
                   "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    for name in ("OMP_NUM_THREADS", "RAY_ADDRESS"):
        environment.pop(name, None)
    ran = subprocess.run([python, ROOT / "tests/batch/bench.py", *map(str, arguments)], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


def costs(rows, count, key):
    """Of a picture, a value for each pair of jobs that ran one after the other."""
    pairs = [sorted(rows[i : i + 2], key=lambda row: row["pictures"]) for i in range(0, len(rows), 2)]
    return [(more[key] - fewer[key]) / count for fewer, more in pairs]


def spread(values):
    values = sorted(values)
    return f"{statistics.median(values):.2f} ({values[0]:.2f} to {values[-1]:.2f})"


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print()


def jobs(rows, count):
    """What an engine costs: rates and processor time relative to the program's, and what Predictor did not take itself."""
    for (engine, workers), measured in sorted(rows.items(), key=lambda item: (item[0][1], (*ALONE, *ENGINES).index(item[0][0]))):
        base = rows["kite", workers]
        seconds, cpu = (costs(measured, count, key) for key in ("seconds", "cpu"))
        rate = [of_kite / each for each, of_kite in zip(seconds, costs(base, count, "seconds"))]
        of_kite = [each / other for each, other in zip(cpu, costs(base, count, "cpu"))]
        outside = ["", ""]
        if measured[0]["cpu_within"] is not None and engine != "predictor":
            rest = [all_of_it - within for all_of_it, within in zip(cpu, costs(measured, count, "cpu_within"))]
            outside = [spread([1000 * each for each in rest]), spread([each / all_of_it for each, all_of_it in zip(rest, cpu)])]
        start = statistics.median(row["seconds"] - row["pictures"] * statistics.median(seconds) for row in measured)
        yield engine, workers, f"{1 / statistics.median(seconds):.0f}", spread(rate), spread([1000 * each for each in cpu]), spread(of_kite), *outside, f"{start:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--engines", default=",".join(ENGINES), help="ray, spark or both")
    parser.add_argument("--json", type=pathlib.Path, help="keep the measurements there, too")
    arguments = parser.parse_args()
    engines = arguments.engines.split(",")
    if not set(engines) <= set(ENGINES):
        parser.error(f"--engines {arguments.engines}: there are {' and '.join(ENGINES)}")
    for engine in engines:
        subprocess.run([ROOT / "tests/python/ensure_venv.sh", ROOT / "build" / engine, ROOT / f"tests/batch/{engine}.txt"], check=True)
    rows, tasks = collections.defaultdict(list), {}
    with tempfile.TemporaryDirectory() as cache:
        for number in range(arguments.rounds):
            for engine in sorted((*ALONE, *engines), reverse=number % 2 == 1):
                for row in run(engine, engine, "--workers", arguments.workers, "--pictures", arguments.pictures, "--rounds", 1, cache=cache):
                    rows[engine, row["workers"]].append(row)
                print(f"round {number + 1}: {engine}", file=sys.stderr)
        for engine in engines:
            tasks[engine] = run(engine, f"{engine}-tasks", "--pictures", arguments.tasks, "--rounds", arguments.rounds, cache=cache)
            print(f"tasks: {engine}", file=sys.stderr)
        memory = run("predictor", "memory", cache=cache)
    if arguments.json:
        arguments.json.write_text(json.dumps({"jobs": [row for each in rows.values() for row in each], "tasks": tasks, "memory": memory}, indent=1))
    table(["job", "workers", "pictures a second", "of kite's", "processor time, ms a picture", "of kite's", "outside Predictor, ms", "share", "start, s"],
          jobs(rows, arguments.pictures))
    table(["engine", "driver's processor time, ms a task"],
          ((engine, spread([1000 * each for each in costs(measured, arguments.tasks, "cpu")])) for engine, measured in tasks.items()))
    table(["worker processes", "resident, sum", "of it the plan", "proportional, sum", "of it the plan"],
          ((row["workers"], *(f"{row[key]:.0f} MB" for key in ("rss_mb", "plan_rss_mb", "pss_mb", "plan_pss_mb"))) for row in memory))


if __name__ == "__main__":
    main()
