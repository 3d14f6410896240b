# SPDX-License-Identifier: Apache-2.0
"""A thousand pictures in one program: `kite classify MODEL @list` against a pool of Python processes over ONNX Runtime, one
process a core, one thread each, Pillow for the pictures. Alternating whole programs; the table gives the median of the
rounds' ratios pool / kite, above 1 = kite is faster, and the interval between the 2nd smallest and 2nd largest."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODEL = ROOT / "models/regnet_x_400mf.onnx"

POOL_PROGRAM = """
import multiprocessing, sys
import numpy as np
import onnxruntime as ort
from PIL import Image

MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])

def start(model):
    global session
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

def classify(path):
    image = Image.open(path).convert("RGB")
    scale = 256 / min(image.size)
    image = image.resize((max(256, int(image.width * scale)), max(256, int(image.height * scale))), Image.BILINEAR)
    left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / 255
    tensor = ((pixels - MEAN) / STD).transpose(2, 0, 1)[None]
    return int(session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(tensor)})[0].argmax())

if __name__ == "__main__":
    paths = open(sys.argv[2]).read().splitlines()
    with multiprocessing.Pool(int(sys.argv[3]), start, (sys.argv[1],)) as pool:
        for path, index in zip(paths, pool.imap(classify, paths, chunksize=4)):
            print(path, index)
"""


def seconds(command, answers):
    start = time.perf_counter()
    result = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    elapsed = time.perf_counter() - start
    answers.append(result.stdout)
    return elapsed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    pictures = sorted((ROOT / "models/pictures").iterdir())
    with tempfile.TemporaryDirectory() as folder:
        names = pathlib.Path(folder, "list.txt")
        names.write_text("".join(f"{pictures[i % len(pictures)]}\n" for i in range(arguments.pictures)))
        program = pathlib.Path(folder, "pool.py")
        program.write_text(POOL_PROGRAM)
        commands = {"kite": [ROOT / "build/release/bin/kite", "classify", MODEL, f"@{names}", "--format", "csv", "-k", "1", "--threads", cores],
                    "pool": [sys.executable, program, MODEL, names, cores]}
        times, answers = {name: [] for name in commands}, {name: [] for name in commands}
        for number in range(arguments.rounds):
            for name in sorted(commands, reverse=number % 2 == 1):
                times[name].append(seconds(commands[name], answers[name]))
            if sys.stderr.isatty():
                print(f"\rround {number + 1} of {arguments.rounds}\033[K", end="", file=sys.stderr)
        ours = [line.split(",")[2] for line in answers["kite"][0].splitlines()[1:]]
        theirs = [line.split()[-1] for line in answers["pool"][0].splitlines()]
        agreed = sum(a == b for a, b in zip(ours, theirs, strict=True))
    ratios = sorted(pool / kite for pool, kite in zip(times["pool"], times["kite"]))
    low, high = (ratios[1], ratios[-2]) if len(ratios) >= 10 else (ratios[0], ratios[-1])
    print(f"{arguments.pictures} pictures, {cores} cores, {arguments.rounds} rounds: pool / kite {statistics.median(ratios):.2f} ({low:.2f} .. {high:.2f}); "
          f"kite {arguments.pictures / statistics.median(times['kite']):.0f} pictures a second, the pool {arguments.pictures / statistics.median(times['pool']):.0f}; "
          f"{agreed} of {arguments.pictures} answers agree")


if __name__ == "__main__":
    main()
