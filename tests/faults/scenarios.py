# SPDX-License-Identifier: Apache-2.0
"""What is started while something fails: every verb, with files that are made here."""

import time

import numpy as np

from trial import Scenario

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
    (folder / "peers").mkdir()
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
             is_long=True, varying={r"out/report\.html": b"</html>\n", r"out/.*": b"\n", r"out/work/.*": b""}),
]
