# SPDX-License-Identifier: Apache-2.0
"""Whole programs from exec to exit: kite with a plan and without, against the oneshot programs of the contestants that are
set up, each also in its best variant. It is a race of that one mode (`kite race`, docs/benchmarking.md) with kite as the
reference. The table shows contestant / kite with the race's interval: 8 means that kite takes an eighth of the time."""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODELS = ["models/regnet_x_400mf.onnx", "build/models/regnet_y_16gf.onnx"]
PEERS = ["kite", "onnxruntime-rust", "onnxruntime-cpp", "onnxruntime-python", "rten", "openvino", "libtorch", "pytorch"]
BEST_VARIANTS = {"kite": ["no-plan"], "onnxruntime-rust": ["saved-model"], "onnxruntime-cpp": ["saved-model"], "onnxruntime-python": ["saved-model"],
         "rten": ["prepacked"], "openvino": ["cache-dir"]}
MEASURES = {"wall": "to exit", "label": "to the label", "peak_rss": "peak memory"}


def ready(kite):
    listed = json.loads(subprocess.run([kite, "race", "peers", "--json"], check=True, capture_output=True).stdout)
    return {peer["name"] for peer in listed if peer.get("ready")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", default=[model for model in MODELS if (ROOT / model).exists()])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--out", default=str(ROOT / "build/race/cold"), help="the race's folder; its report.html has all results")
    arguments = parser.parse_args()
    kite = str(ROOT / "build/release/bin/kite")
    there = ready(kite)
    peers = [name for peer in PEERS if peer in there for name in (peer, *(f"{peer}:{variant}" for variant in BEST_VARIANTS.get(peer, [])))]
    missing = [peer for peer in PEERS if peer not in there]
    if missing:
        print(f"not set up, and left out: {', '.join(missing)} (kite race setup NAME)", file=sys.stderr)
    command = [kite, "race", "--modes", "oneshot", "--reference", "kite", "--rounds", str(arguments.rounds), "--peers", ",".join(peers),
               "--out", arguments.out]
    for model in arguments.models:
        command += ["--model", model]
    subprocess.run(command, check=True, cwd=ROOT, stdout=sys.stderr)
    summary = json.loads(pathlib.Path(arguments.out, "summary.json").read_text())
    resolutions = [verdict["resolution"] for verdict in summary["verdicts"] if verdict["measure"] == "wall" and verdict["resolution"]]
    print(f"contestant / kite, {arguments.rounds} rounds; {'no place is biased' if summary['valid'] else 'BIASED PLACES, see the report'}"
          + (f", differences below {100 * max(resolutions):.1f} % cannot be seen" if resolutions else ""))
    for model in arguments.models:
        print(f"\n{pathlib.Path(model).stem:<42}" + "".join(f"{title:>28}" for title in MEASURES.values()))
        rows = {}
        for verdict in summary["verdicts"]:
            if verdict["model"] == pathlib.Path(model).stem and verdict["mode"] == "oneshot" and verdict["measure"] in MEASURES:
                name = verdict["contestant"] + (f":{verdict['variant']}" if verdict["variant"] else "")
                rows.setdefault(name, {})[verdict["measure"]] = verdict
        for name, found in rows.items():
            cells = [f"{v['ratio']:.2f} ({v['ci'][0]:.2f} .. {v['ci'][1]:.2f})" if (v := found.get(measure)) and v.get("ratio") else "not ranked" for measure in MEASURES]
            print(f"{name:<42}" + "".join(f"{cell:>28}" for cell in cells))


if __name__ == "__main__":
    main()
