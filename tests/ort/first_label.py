# SPDX-License-Identifier: Apache-2.0
"""What the first label costs a Python program, beside onnxruntime with Pillow and numpy doing the same: whole processes in turn,
each with one thread and files that are cached. Prints the paired ratios to `import numpy` alone and to onnxruntime; no test
depends on it.

usage: PYTHONPATH=build/release/python build/venv/bin/python tests/ort/first_label.py [ROUNDS]"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import paired_ratio

MODEL, PICTURE = ROOT / "models/regnet_x_400mf.onnx", ROOT / "models/pictures/monarch_1.jpg"

NUMPY = "import numpy"
PAPERKITE = f"import paperkite\nprint(paperkite.Classifier({str(MODEL)!r}, threads=1)({str(PICTURE)!r}).top[0].index)"
# What the card of the model states: the shorter edge to 256 pixels, 224 from the centre, ImageNet's means and deviations.
ONNXRUNTIME = f"""
import numpy, onnxruntime
from PIL import Image
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession({str(MODEL)!r}, options, providers=["CPUExecutionProvider"])
picture = Image.open({str(PICTURE)!r}).convert("RGB")
scale = 256 / min(picture.size)
picture = picture.resize([round(side * scale) for side in picture.size], Image.Resampling.BILINEAR)
left, top = ((side - 224) // 2 for side in picture.size)
pixels = numpy.asarray(picture.crop((left, top, left + 224, top + 224)), numpy.float32) / 255
pixels = (pixels - numpy.array([0.485, 0.456, 0.406], numpy.float32)) / numpy.array([0.229, 0.224, 0.225], numpy.float32)
print(session.run(None, {{session.get_inputs()[0].name: pixels.transpose(2, 0, 1)[None]}})[0].argmax())
"""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def run(code, environment):
    """Milliseconds, the largest resident memory in MB, and what it printed."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        raise SystemExit(f"first_label: {code.splitlines()[0]} ended with {process.returncode}")
    return elapsed * 1e3, usage.ru_maxrss / 1e3, printed


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    programs = {"import numpy": NUMPY, "paperkite": PAPERKITE, "onnxruntime": ONNXRUNTIME}
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "KITE_CACHE_DIR": cache, **dict.fromkeys(ONE_THREAD, "1")}
        labels = {name: [run(code, environment)[2] for _ in range(2)][1] for name, code in programs.items()}
        if labels["paperkite"] != labels["onnxruntime"]:
            raise SystemExit(f"first_label: the answers differ: {labels}")
        runs = {name: [] for name in programs}
        for turn in range(rounds):
            names = list(programs)
            for name in names[turn % 3 :] + names[: turn % 3]:
                runs[name].append(run(programs[name], environment)[:2])
    for name, values in runs.items():
        milliseconds, memory = (statistics.median(column) for column in zip(*values))
        print(f"{name}: {milliseconds:.1f} ms, {memory:.0f} MB resident at most")
    beyond = sorted(ours[0] - bare[0] for ours, bare in zip(runs["paperkite"], runs["import numpy"]))
    print(f"paperkite above import numpy: {statistics.median(beyond):.1f} ms ({beyond[rounds // 20]:.1f} to {beyond[-1 - rounds // 20]:.1f})")
    for column, what in enumerate(("time", "memory")):
        ratio, low, high = paired_ratio.estimate([ours[column] / theirs[column] for ours, theirs in zip(runs["paperkite"], runs["onnxruntime"])])
        print(f"{what}, paperkite / onnxruntime with Pillow: {ratio:.3f} ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
