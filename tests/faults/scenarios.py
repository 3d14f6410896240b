# SPDX-License-Identifier: Apache-2.0
"""What is started while something fails: every verb, with files that are made here."""

import dataclasses
import json
import os
import subprocess
import time

import numpy as np

from trial import BIN, IO, LIMIT, SOME_FAILED, Scenario

import kite  # tests/cli


def make_inputs(folder):
    """Small files, so that a run takes milliseconds; between them they use every reader."""
    folder.mkdir()
    kite.save_classifier(folder / "m.onnx")
    (folder / "labels.txt").write_text("red\ngreen\nblue\n")
    (folder / "m.kite.json").write_text('{"preprocess": {"resize": 9, "crop": 8, "mean": [0.485, 0.456, 0.406], '
                                        '"std": [0.229, 0.224, 0.225], "interpolation": "bilinear"}}')
    pictures = folder / "pictures"
    pictures.mkdir()
    for name, options in (("a.png", {}), ("b.jpg", {"quality": 90, "progressive": True}), ("c.webp", {"lossless": True}),
                          ("d.jpg", {})):
        kite.save_picture(pictures / name, colour=(200, 30, 30 + ord(name[0])), **options)
    (folder / "list.txt").write_text(f"{pictures}/c.webp\n{pictures}/d.jpg\n")
    (folder / "peers").mkdir()
    for name in ("one", "two", "three"):
        (folder / "contestants" / name).mkdir(parents=True)
        keys = {"title": name, "runtime": name, "language": "C", "settings": "none", "oneshot": ["echo", "1"],
                "check": ["echo", '{"info": {"versions": {"a runtime of a long name": "1.2.3"}}}']}
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in keys.items()]
        (folder / "contestants" / name / "peer.toml").write_text("".join(lines))
    pack = [BIN / "kite", "pack", folder / "m.onnx", "--labels", folder / "labels.txt", "-o", folder / "packed.onnx"]
    subprocess.run(pack, check=True, capture_output=True, env={**os.environ, "KITE_CACHE_DIR": str(folder / "none")})
    subprocess.run([BIN / "kite_race_planted", folder / "raced", "3", "7", "0.01"], check=True, capture_output=True)
    np.save(folder / "x.npy", np.linspace(0, 1, 192, dtype=np.float32).reshape(1, 3, 8, 8))
    time.sleep(2.1)  # the plan cache does not trust the time of a file that was just written (base/file_state.cc)


MODEL = ["IN/m.onnx", "--labels", "IN/labels.txt", "--threads", "2"]
SCENARIOS = [
    Scenario("classify", ["classify", *MODEL, "IN/pictures/a.png", "IN/pictures/b.jpg", "IN/pictures/c.webp", "--json"], rows="json"),
    Scenario("classify a folder", ["classify", *MODEL, "IN/pictures", "--format", "jsonl"], rows="jsonl", warm=True),
    Scenario("classify into a file", ["classify", *MODEL, "IN/pictures", "--format", "csv", "-o", "WORK/answers.csv", "--no-cache"],
             outputs=("answers.csv",), rows="csv"),
    Scenario("run", ["run", "IN/m.onnx", "--input", "x=IN/x.npy", "--output", "logits=WORK/y.npy", "--json"], outputs=("y.npy",)),
    Scenario("compile", ["compile", "IN/m.onnx", "-o", "WORK/m.plan"], outputs=("m.plan",)),
    Scenario("inspect", ["inspect", *MODEL, "--no-cache", "--json"]),
    Scenario("classify into a page", ["classify", *MODEL, "IN/pictures/a.png", "--report", "WORK/page.html", "--no-cache", "--json"],
             outputs=("page.html",), rows="json", varying={"page.html": b"</html>\n"}),
    Scenario("pack", ["pack", "IN/m.onnx", "--labels", "IN/labels.txt", "-o", "WORK/p.onnx"], outputs=("p.onnx",)),
    Scenario("verify", ["verify", "IN/m.onnx", "IN/pictures/a.png", "--json", "--no-cache"]),
    Scenario("race", ["race", "--model", "IN/m.onnx", "--images", "IN/pictures", "--threads", "1", "--out", "WORK/out", "--rounds", "1",
                      "--modes", "oneshot", "--command", "line=echo 1, green, 0.9", "--peers-dir", "IN/peers"],
             is_sampled=False, most=400,
             # It starts programs, as itself, and makes a folder; and it ignores SIGPIPE, since it writes into pipes of its own.
             gives_up={"(1|2|one|two) process(es)?": (LIMIT,), "no /proc|neither /proc.*": (IO,), "what is made may not .*": (IO,),
                       "the reader of standard output is gone": (IO,)},
             varying={r"out/report\.html": b"</html>\n", r"out/.*": b"\n", r"out/work/.*": b""}),
]
# The other verbs, which the sample leaves out.
SCENARIOS += [dataclasses.replace(scenario, is_sampled=False) for scenario in [
    Scenario("classify standard input", ["classify", *MODEL, "-", "@IN/list.txt", "--json", "--no-cache"],
             stdin="pictures/b.jpg", rows="json", gives_up={"standard input is closed": (SOME_FAILED,)}),
    Scenario("classify in a sandbox", ["classify", *MODEL, "IN/pictures", "--sandbox", "--format", "csv", "-o", "WORK/answers.csv"],
             outputs=("answers.csv",), rows="csv", gives_up={"(1|one) process(es)?": (LIMIT,)},
             is_traced=False),  # what strace makes of a call is one that the sandbox does not know
    Scenario("bench", ["bench", "IN/m.onnx", "--input", "IN/x.npy", "--samples", "3", "--logits", "WORK/l.npy", "--no-cache",
                       "--json"], outputs=("l.npy",), prints_times=True),
    Scenario("profile", ["profile", *MODEL, "--runs", "2", "--svg", "WORK/p.svg"], outputs=("p.svg",), varying={"p.svg": b"</svg>\n"},
             prints_times=True),
    Scenario("unpack", ["unpack", "IN/packed.onnx", "-o", "WORK/p.kite.json"], outputs=("p.kite.json",), replaces=False),
    Scenario("pack a program", ["pack", "IN/m.onnx", "--labels", "IN/labels.txt", "--exe", "-o", "WORK/p"], outputs=("p",),
             gives_up={"no /proc|neither /proc.*": (IO,)}),  # a program that cannot find itself copies no part of itself
    Scenario("list the cache", ["cache", "ls", "--json"], gives_up={"what is made may not .*": (IO,)}),
    Scenario("compare races", ["race", "compare", "IN/raced", "IN/raced", "--json", "--svg", "WORK/c.svg", "--markdown", "WORK/c.md"],
             outputs=("c.svg", "c.md"), most=400),
    Scenario("list contestants", ["race", "peers", "--json", "--peers-dir", "IN/contestants"],
             gives_up={"no /proc|neither /proc.*": (IO,)}, is_traced=False),  # the calls of contestants would fail, too
    Scenario("limits", ["limits", "--json"]),
    Scenario("doctor", ["doctor", "--json"], prints_times=True),
    Scenario("manual", ["manual"]),
    Scenario("selftest", ["selftest", "--time", "0", "--json"], prints_times=True, most=16),
]]
