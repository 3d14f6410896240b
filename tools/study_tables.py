# SPDX-License-Identifier: Apache-2.0
"""usage: study_tables.py SUMMARY.json PAGE.md: rewrites each table of the page that follows a line
`<!-- verdicts: MODE MEASURE -->` with the verdicts of the race's summary for the plain variants, at the number of threads
that most of them have."""

import collections
import json
import pathlib
import re
import sys

CONTESTANTS = {"kite": "kite", "onnxruntime-cpp": "ONNX Runtime (C++)", "onnxruntime-rust": "ONNX Runtime (Rust)",
               "onnxruntime-go": "ONNX Runtime (Go)", "onnxruntime-java": "ONNX Runtime (Java)",
               "onnxruntime-node": "ONNX Runtime (Node.js)", "libtorch": "libtorch (C++)", "pytorch": "PyTorch (Python)"}
MODELS = ("regnet_x_400mf", "regnet_y_16gf")
OF_MEMORY = {"faster": "less", "slower": "more"}


def number(value):
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def cell(verdict):
    if verdict is None or not verdict["verdict"]:
        return "not ranked"
    word = OF_MEMORY.get(verdict["verdict"], verdict["verdict"]) if verdict["measure"].startswith("peak") else verdict["verdict"]
    low, high = verdict["ci"]
    return f"{number(verdict['ratio'])} ({number(low)} to {number(high)}), {word}"


def resolution(verdicts, model, mode, measure):
    """The resolution of a workload: half the width of the interval of the control."""
    for v in verdicts:
        if (v["model"], v["mode"], v["measure"]) == (model, mode, measure) and v.get("resolution") is not None:
            return f"*{100 * v['resolution']:.1f} %*"
    return ""


def table(verdicts, mode, measure):
    lines = ["| contestant | " + " | ".join(MODELS) + " |", "|---" * (len(MODELS) + 1) + "|"]
    for name, title in CONTESTANTS.items():
        found = {v["model"]: v for v in verdicts if (v["contestant"], v["mode"], v["measure"]) == (name, mode, measure)}
        lines.append(f"| {title} | " + " | ".join(cell(found.get(model)) for model in MODELS) + " |")
    lines.append("| *differences below ... cannot be seen* | " + " | ".join(resolution(verdicts, model, mode, measure) for model in MODELS) + " |")
    return "\n".join(lines)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    verdicts = [v for v in json.loads(pathlib.Path(sys.argv[1]).read_text())["verdicts"]
                if v["track"] == "matched" and not v["variant"] and not v["reference_variant"]]
    threads = collections.Counter(v["threads"] for v in verdicts).most_common(1)[0][0]
    verdicts = [v for v in verdicts if v["threads"] == threads]
    page = pathlib.Path(sys.argv[2])
    marked = re.compile(r"(<!-- verdicts: (\w+) (\w+) -->\n)(?:\|.*\n)*")
    page.write_text(marked.sub(lambda m: m[1] + table(verdicts, m[2], m[3]) + "\n", page.read_text()))


if __name__ == "__main__":
    main()
