# SPDX-License-Identifier: Apache-2.0
"""Steady-state inference of kite against ONNX Runtime: alternating processes, one model and thread count at a time.

Each round runs one process of each program in turn (the order alternates), on the same seeded tensor; a process's
figure is the median of its own runs. The table gives the median of the rounds' ratios kite / ONNX Runtime and the
interval between the 2nd smallest and 2nd largest of them (98 % for 10 rounds, distribution-free), below 1 = kite is
faster.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]

ORT_PROGRAM = """
import json, sys, time
import numpy as np
import onnxruntime as ort
model, tensor, threads, warmup, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
options = ort.SessionOptions()
options.intra_op_num_threads = threads
options.inter_op_num_threads = 1
session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
feed = {session.get_inputs()[0].name: np.load(tensor)}
for _ in range(warmup):
    session.run(None, feed)
samples, start = [], time.perf_counter()
while time.perf_counter() - start < seconds:
    begin = time.perf_counter()
    session.run(None, feed)
    samples.append((time.perf_counter() - begin) * 1e3)
print(json.dumps(samples))
"""


def filled_model(network, folder):
    path = pathlib.Path(folder, network + ".onnx")
    if not path.exists():
        subprocess.run([sys.executable, str(ROOT / "tests/models/fill.py"), str(ROOT / f"tests/models/graphs/{network}-dynamo-static.onnx.gz"), "-o", str(path)],
                       check=True, stdout=subprocess.DEVNULL)
    return path


def kite_median(kite, model, tensor, threads, arguments):
    command = [kite, "bench", model, "--input", tensor, "--threads", threads, "--warmup", arguments.warmup, "--time", arguments.seconds,
               "--json", "--cache-dir", arguments.work / "cache", *(["--isa", arguments.isa] if arguments.isa else [])]
    answer = json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True).stdout)
    return answer["p50_ms"], answer["macs"]


def ort_median(model, tensor, threads, arguments):
    command = [sys.executable, "-c", ORT_PROGRAM, model, tensor, threads, arguments.warmup, arguments.seconds]
    return statistics.median(json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True).stdout))


def compare(kite, model, threads, arguments):
    tensor = arguments.work / "input.npy"
    np.save(tensor, np.random.default_rng(1).standard_normal((1, 3, 224, 224), np.float32))
    ours, theirs = [], []
    for number in range(arguments.rounds):
        runs = [lambda: ours.append(kite_median(kite, model, tensor, threads, arguments)), lambda: theirs.append(ort_median(model, tensor, threads, arguments))]
        for run in runs if number % 2 == 0 else reversed(runs):
            run()
        if sys.stderr.isatty():
            print(f"\r{model.stem}, {threads} threads: round {number + 1} of {arguments.rounds}\033[K", end="", file=sys.stderr)
    macs = ours[0][1]
    ratios = sorted(a[0] / b for a, b in zip(ours, theirs))
    low, high = (ratios[1], ratios[-2]) if len(ratios) >= 10 else (ratios[0], ratios[-1])
    return {"model": model.stem, "threads": threads, "kite_ms": statistics.median(a[0] for a in ours), "ort_ms": statistics.median(theirs),
            "ratio": statistics.median(ratios), "low": low, "high": high, "gflops": 2e-6 * macs / statistics.median(a[0] for a in ours)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", default=["regnet_x_400mf", "resnet50"], help="networks of tests/models, or .onnx files")
    parser.add_argument("--threads", nargs="*", type=int, default=[1])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.0, help="measured time of each process")
    parser.add_argument("--warmup", type=int, default=10)
    parser.add_argument("--isa", help="hold kite down to an instruction set")
    parser.add_argument("--kite", default=str(ROOT / "build/release/bin/kite"))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        arguments.work = pathlib.Path(folder)
        doctor = json.loads(subprocess.run([arguments.kite, "doctor", "--json"], check=True, capture_output=True).stdout)
        rows = []
        print(f"{doctor['processor']['value']}: {doctor['multiply-add peak']['value']}, noise {doctor['noise']['value']}")
        print(f"{'model':<22} {'threads':>7} {'kite ms':>9} {'ort ms':>9} {'kite / ort':>10} {'interval':>16} {'GFLOP/s':>9}")
        for name in arguments.models:
            model = pathlib.Path(name) if name.endswith(".onnx") else filled_model(name, folder)
            for threads in arguments.threads:
                row = compare(arguments.kite, model, threads, arguments)
                rows.append(row)
                if sys.stderr.isatty():
                    print("\r\033[K", end="", file=sys.stderr)
                print(f"{row['model']:<22} {threads:>7} {row['kite_ms']:>9.3f} {row['ort_ms']:>9.3f} {row['ratio']:>10.3f} "
                      f"{row['low']:>7.3f} .. {row['high']:.3f} {row['gflops']:>9.1f}", flush=True)
        if arguments.json:
            print(json.dumps(rows))


if __name__ == "__main__":
    main()
