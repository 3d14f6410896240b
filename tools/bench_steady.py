# SPDX-License-Identifier: Apache-2.0
"""Steady-state inference of kite against ONNX Runtime and, where it is set up (kite race setup openvino), OpenVINO:
alternating processes, one model and thread count at a time.

Each round runs one process of each program in turn (the order rotates), on the same seeded tensor, float32, equal
threads; a process's figure is the median of its own runs. The table gives the median of the rounds' ratios kite / the
faster of the others, and the interval between the 2nd smallest and 2nd largest of them (98 % for 10 rounds,
distribution-free), below 1 = kite is faster; and kite's share of the multiply-add peak that `kite doctor` measures.
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


OPENVINO_PROGRAM = """
import json, sys, time
import numpy as np
import openvino
model, tensor, threads, warmup, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
request.set_input_tensor(openvino.Tensor(np.load(tensor)))
for _ in range(warmup):
    request.infer()
samples, start = [], time.perf_counter()
while time.perf_counter() - start < seconds:
    begin = time.perf_counter()
    request.infer()
    samples.append((time.perf_counter() - begin) * 1e3)
print(json.dumps(samples))
"""
OPENVINO_PYTHON = ROOT / ".peers/openvino/venv/bin/python"
NETWORKS = ["regnet_x_400mf", "regnet_y_16gf", "resnet50", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "vit_b_16"]


def filled_model(network, folder):
    path = pathlib.Path(folder, network + ".onnx")
    if not path.exists():
        subprocess.run([sys.executable, str(ROOT / "tests/models/fill.py"), str(ROOT / f"tests/models/graphs/{network}-dynamo-static.onnx.gz"), "-o", str(path)],
                       check=True, stdout=subprocess.DEVNULL)
    return path


def last_words(error):
    """What a failed program said last, in one line."""
    said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip().splitlines()
    return (said[-1] if said else str(error))[:300]


def kite_median(kite, model, tensor, threads, arguments):
    command = [kite, "bench", model, "--input", tensor, "--threads", threads, "--warmup", arguments.warmup, "--time", arguments.seconds,
               "--json", "--cache-dir", arguments.plans, *(["--isa", arguments.isa] if arguments.isa else [])]
    answer = json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True).stdout)
    return answer["p50_ms"], answer["macs"]


def peer_median(python, program, model, tensor, threads, arguments):
    command = [python, "-c", program, model, tensor, threads, arguments.warmup, arguments.seconds]
    return statistics.median(json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True).stdout))


def compare(kite, model, threads, arguments):
    tensor = arguments.work / "input.npy"
    np.save(tensor, np.random.default_rng(1).standard_normal((1, 3, 224, 224), np.float32))
    times = {"kite": [], "ort": []}
    macs = 0

    def run_kite():
        nonlocal macs
        median, macs = kite_median(kite, model, tensor, threads, arguments)
        times["kite"].append(median)

    runs = [run_kite, lambda: times["ort"].append(peer_median(sys.executable, ORT_PROGRAM, model, tensor, threads, arguments))]
    if OPENVINO_PYTHON.exists():
        times["openvino"] = []
        runs.append(lambda: times["openvino"].append(peer_median(OPENVINO_PYTHON, OPENVINO_PROGRAM, model, tensor, threads, arguments)))
    for number in range(arguments.rounds):
        first = number % len(runs)
        for run in runs[first:] + runs[:first]:
            run()
        if sys.stderr.isatty():
            print(f"\r{model.stem}, {threads} threads: round {number + 1} of {arguments.rounds}\033[K", end="", file=sys.stderr)
    others = [min(round_times) for round_times in zip(*(values for name, values in times.items() if name != "kite"))]
    ratios = sorted(ours / theirs for ours, theirs in zip(times["kite"], others))
    low, high = (ratios[1], ratios[-2]) if len(ratios) >= 10 else (ratios[0], ratios[-1])
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {"model": model.stem, "threads": threads, "ms": medians, "ratio": statistics.median(ratios), "low": low, "high": high,
            "gflops": 2e-6 * macs / medians["kite"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", default=NETWORKS, help="networks of tests/models, or .onnx files")
    parser.add_argument("--threads", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.0, help="measured time of each process")
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--isa", help="hold kite down to an instruction set")
    parser.add_argument("--kite", default=str(ROOT / "build/release/bin/kite"))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not OPENVINO_PYTHON.exists():
        print("OpenVINO is not set up, and left out (kite race setup openvino)", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        arguments.work = pathlib.Path(folder)
        arguments.plans = arguments.work / "plans"
        doctor = json.loads(subprocess.run([arguments.kite, "doctor", "--json"], check=True, capture_output=True).stdout)
        peak = float(doctor["multiply-add peak"]["value"].split()[0])  # of one core
        rows = []
        print(f"{doctor['processor']['value']}: {doctor['multiply-add peak']['value']}, noise {doctor['noise']['value']}")
        print(f"{'model':<20} {'threads':>7} {'kite ms':>9} {'ort ms':>9} {'openvino':>9} {'ratio':>7} {'interval':>16} {'of peak':>8}")
        for name in arguments.models:
            model = pathlib.Path(name) if name.endswith(".onnx") else filled_model(name, folder)
            for threads in arguments.threads:
                row = compare(arguments.kite, model, threads, arguments)
                rows.append(row)
                if sys.stderr.isatty():
                    print("\r\033[K", end="", file=sys.stderr)
                openvino = f"{row['ms']['openvino']:.3f}" if "openvino" in row["ms"] else "n/a"
                print(f"{row['model']:<20} {threads:>7} {row['ms']['kite']:>9.3f} {row['ms']['ort']:>9.3f} {openvino:>9} {row['ratio']:>7.3f} "
                      f"{row['low']:>7.3f} .. {row['high']:.3f} {100 * row['gflops'] / peak / threads:>6.0f} %", flush=True)
        if arguments.json:
            print(json.dumps(rows))


if __name__ == "__main__":
    main()
