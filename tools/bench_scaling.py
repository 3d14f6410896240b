# SPDX-License-Identifier: Apache-2.0
"""Prints tables of what tests/batch/bench.py measures: jobs of the program, of one Python process, of
Ray and of Spark, with N and 2 N pictures in turn, round after round; and the memory of workers that share a machine."""

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
ENVIRONMENTS = {"kite": "venv", "predictor": "venv", "ray": "ray", "spark": "spark"}


def run(python, *arguments, cache):
    environment = {**os.environ, "KITE_CACHE_DIR": cache, "PYTHONPATH": f"{ROOT}/build/release/python:{ROOT}/tests/batch", "PYSPARK_PYTHON": str(python),
                   "RAY_USAGE_STATS_ENABLED": "0", "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONWARNINGS": "ignore", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    environment.pop("OMP_NUM_THREADS", None)
    ran = subprocess.run([python, ROOT / "tests/batch/bench.py", *map(str, arguments)], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


def costs(rows, count, key):
    """Of a picture, a value for each pair of jobs that ran one after the other."""
    pairs = [sorted(rows[i : i + 2], key=lambda row: row["pictures"]) for i in range(0, len(rows), 2)]
    return [(more[key] - fewer[key]) / count for fewer, more in pairs]


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--json", type=pathlib.Path, help="keep the measurements there, too")
    arguments = parser.parse_args()
    rows = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as cache:
        for number in range(arguments.rounds):
            for engine in sorted(ENVIRONMENTS, reverse=number % 2 == 1):
                for row in run(ROOT / f"build/{ENVIRONMENTS[engine]}/bin/python", engine, "--workers", arguments.workers, "--pictures", arguments.pictures,
                               "--rounds", 1, cache=cache):
                    rows[engine, row["workers"]].append(row)
                print(f"round {number + 1}: {engine}", file=sys.stderr)
        memory = run(ROOT / "build/venv/bin/python", "memory", cache=cache)
    if arguments.json:
        arguments.json.write_text(json.dumps({"jobs": [row for each in rows.values() for row in each], "memory": memory}, indent=1))
    print("| job | workers | pictures a second | time / kite | processor time / kite | of it within Predictor | seconds to start |")
    print("|---|---|---|---|---|---|---|")
    for (engine, workers), measured in sorted(rows.items(), key=lambda item: (list(ENVIRONMENTS).index(item[0][0]), item[0][1])):
        base = rows["kite", workers]
        seconds, of_kite = (costs(each, arguments.pictures, "seconds") for each in (measured, base))
        cpu, cpu_of_kite = (costs(each, arguments.pictures, "cpu") for each in (measured, base))
        within = "" if measured[0]["cpu_within"] is None else f"{statistics.median(c / w for c, w in zip(costs(measured, arguments.pictures, 'cpu_within'), cpu)):.2f}"
        start = statistics.median(row["seconds"] - row["pictures"] * statistics.median(seconds) for row in measured)
        print(f"| {engine} | {workers} | {1 / statistics.median(seconds):.0f} | {spread([a / b for a, b in zip(seconds, of_kite)])} "
              f"| {spread([a / b for a, b in zip(cpu, cpu_of_kite)])} | {within} | {start:.1f} |")
    print()
    print("| worker processes | resident, sum | of it the plan | proportional, sum | of it the plan |")
    print("|---|---|---|---|---|")
    for row in memory:
        print(f"| {row['workers']} | {row['rss_mb']:.0f} MB | {row['plan_rss_mb']:.0f} MB | {row['pss_mb']:.0f} MB | {row['plan_pss_mb']:.0f} MB |")


if __name__ == "__main__":
    main()
