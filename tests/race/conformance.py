# SPDX-License-Identifier: Apache-2.0
"""usage: conformance.py [--model M.onnx] [--variants] [--track T] [--python EXE] [--kite EXE] PEER...

Runs contestants as a race would, on few pictures, and checks all of peers/README.md; logits are compared with ONNX
Runtime. Exit 0: they obey; 1: they do not, with every reason; 77: none of them is set up.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import tomllib

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "tests/pictures"))
from protocol import answer_faults, block_faults, parity_faults, series_faults  # noqa: E402
from rules import normalize, picture  # noqa: E402

RECIPE = {"resize": 256, "crop": 224, "interpolation": "bilinear", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
PICTURES = ("paper_kite_1.jpg", "adonis_1.jpg", "zebra_long_wing_1.jpg")
COUNT = 5  # more than there are inputs: sample 3 is input 0 again
BLOCK_MS = 30
FIRST_INPUTS = (2, 0, 2)  # of the blocks: not one after another
TIMEOUT_S = 1800  # a contestant may compile first, on a busy machine


class Files:
    """The files that a race gives to contestants, and the results that they must find."""

    def __init__(self, folder, model):
        import onnxruntime

        self.folder, self.model = pathlib.Path(folder), model
        labels = json.loads((ROOT / "models/labels_mapping.json").read_text())["int_to_class"]
        self.labels = [labels[str(i)] for i in range(len(labels))]
        paths = [ROOT / "models/pictures" / name for name in PICTURES]
        self.tensors = np.stack([normalize(np.asarray(picture(Image.open(path).convert("RGB"), RECIPE)), RECIPE) for path in paths])
        session = onnxruntime.InferenceSession(str(model))
        self.logits = np.concatenate([session.run(None, {session.get_inputs()[0].name: x[None]})[0] for x in self.tensors])
        self.write("labels.txt", "".join(label + "\n" for label in self.labels))
        self.write("recipe.json", json.dumps(RECIPE))
        self.write("pictures.txt", "".join(f"{path}\n" for path in paths))
        np.save(self.folder / "inputs.npy", self.tensors)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def values(self, mode, threads, track, cache):
        path = {name: str(self.folder / file) for name, file in
                (("labels", "labels.txt"), ("recipe", "recipe.json"), ("npy", "inputs.npy"), ("list", "pictures.txt"))}  # fmt: skip
        return {"model": str(self.model), "picture": str(ROOT / "models/pictures" / PICTURES[0]), "labels": path["labels"],
                "recipe": path["recipe"], "inputs": path["list" if mode == "inc_pre" else "npy"], "count": str(COUNT),
                "threads": str(threads), "track": track, "cache": str(cache)}  # fmt: skip


def environment():
    return {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}


class Peer:
    def __init__(self, name, options):
        self.name, self.folder, self.home = name, ROOT / "peers" / name, ROOT / ".peers" / name
        with open(self.folder / "peer.toml", "rb") as file:
            self.toml = tomllib.load(file)
        self.fixed = {"peer": str(self.folder), "home": str(self.home), "root": str(ROOT), "kite": options.kite}
        self.python = options.python

    def expand(self, words, values=()):
        filled = []
        for word in words:
            if self.python:
                word = word.replace("{home}/venv/bin/python", self.python)
            for key, value in {**self.fixed, **dict(values)}.items():
                word = word.replace("{" + key + "}", value)
            filled.append(word)
        return filled

    def run(self, argv, text=None):
        """With `text` on its standard input."""
        begin = time.monotonic_ns()
        result = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=TIMEOUT_S, env=environment(), input=text)
        return result, begin, time.monotonic_ns()

    def ready(self):
        """(whether, reason or faults of its check)"""
        check = self.expand(self.toml.get("check", []))
        if not check:
            return True, []
        try:
            result, _, _ = self.run(check)
        except OSError as error:
            return False, f"{error.strerror}: {check[0]}"
        if result.returncode != 0:
            lines = (result.stderr + result.stdout).strip().splitlines()
            return False, lines[-1] if lines else f"its check ended with {result.returncode}"
        infos = [json.loads(line)["info"] for line in result.stdout.splitlines() if line.startswith('{"info"')]
        named = bool(infos) and all(isinstance(v, str) and v for v in infos[-1].get("versions", {"": 0}).values())
        return True, [] if named else ["check: prints no {\"info\": {\"versions\": {...}}}"]

    def keys_of(self, variant):
        """The keys of peer.toml that hold for a variant; "" is the plain one."""
        keys = dict(self.toml)
        if variant:
            own = self.toml["variants"][variant]
            keys.update(own)
            for mode in ("oneshot", "no_pre", "inc_pre"):
                if keys.get(mode):
                    keys[mode] = [*keys[mode], *own.get("arguments", [])]
        return keys

    def model_of(self, keys, model):
        return model.with_suffix(".safetensors") if keys.get("model") == "state_dict" else model


def check_mode(peer, command, mode, files, values, folder):
    """Faults of one mode: a good run, and one whose model does not exist."""
    argv, faults = peer.expand(command, values), []
    logits, tensors = folder / "logits.npy", folder / "tensors.npy"
    if mode != "oneshot":
        argv += ["--logits", str(logits)] + (["--tensors", str(tensors)] if mode == "inc_pre" else [])
    result, begin, end = peer.run(argv)
    if result.returncode != 0:
        return [f"ended with {result.returncode}: {result.stderr.strip()[-400:]}"]
    if mode == "oneshot":
        faults += answer_faults(result.stdout, files.labels, files.logits[0])
    else:
        threads = int(values["threads"]) if values["track"] == "matched" else 0
        faults += series_faults(result.stdout, COUNT, len(PICTURES), begin, end, threads)
        faults += parity_faults(result.stdout, mode, files, logits, tensors, COUNT)
    missing = peer.expand(command, {**values, "model": str(folder / "no such model.onnx"), "cache": str(folder / "nowhere")})
    result, _, _ = peer.run(missing)
    if result.returncode == 0 or not result.stderr.strip():
        faults.append(f"a model that does not exist: exit {result.returncode}, {len(result.stderr)} bytes on standard error")
    if mode == "oneshot" and result.stdout:
        faults.append(f"a model that does not exist: says {result.stdout[:60]!r}")
    return faults


def check_blocks(peer, command, files, values):
    """Faults of a contestant that stays alive: in each turn, at its end, and after an invalid line."""
    argv = [*peer.expand(command, values), "--blocks", str(BLOCK_MS)]
    answers = files.logits.argmax(1).tolist()
    begin, turns, before = time.monotonic_ns(), [], ""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()) as process:
        watchdog = threading.Timer(TIMEOUT_S, process.kill)
        watchdog.start()
        try:
            for line in process.stdout:
                if "ready" in line:
                    break
                before += line
            for block, first in enumerate(FIRST_INPUTS):
                go = time.monotonic_ns()
                process.stdin.write(f"go {first}\n")
                process.stdin.flush()
                line = process.stdout.readline()
                turns += block_faults(line, block, first, len(PICTURES), (time.monotonic_ns() - go) / 1e6, BLOCK_MS, answers)
            rest, errors = process.communicate()
        except BrokenPipeError:
            rest, errors = process.communicate()
        watchdog.cancel()
    if process.returncode != 0:
        return [f"blocks: ended with {process.returncode}: {errors.strip()[-400:]}"]
    threads = int(values["threads"]) if values["track"] == "matched" else 0
    faults = turns + series_faults(before + rest, COUNT, len(PICTURES), begin, time.monotonic_ns(), threads)
    for wrong in ("go 3\n", "go\n", "stop\n"):
        result, _, _ = peer.run(argv, wrong)
        if result.returncode == 0 or not result.stderr.strip():
            faults.append(f"the line {wrong!r}: exit {result.returncode}, {len(result.stderr)} bytes on standard error")
    return [f"blocks: {fault}" for fault in faults]


def check_variant(peer, variant, track, files, folder):
    """Faults of one variant; None: it is not on this track."""
    keys = peer.keys_of(variant)
    if track not in keys.get("tracks", ["matched"]):
        return None
    model, cache, faults = peer.model_of(keys, files.model), folder / "cache", []
    cache.mkdir(parents=True)
    if keys.get("prepare"):
        values = {**files.values("no_pre", 1, track, cache), "model": str(model)}
        result, _, _ = peer.run(peer.expand(keys["prepare"], values))
        if result.returncode != 0:
            return [f"prepare ended with {result.returncode}: {result.stderr.strip()[-400:]}"]
    two = min(2, len(os.sched_getaffinity(0)))  # some runtimes use at most as many threads as there are processors
    for mode, threads in (("oneshot", 1), ("no_pre", 1), ("inc_pre", two)):
        if keys.get(mode):
            values = {**files.values(mode, threads, track, cache), "model": str(model)}
            found = check_mode(peer, keys[mode], mode, files, values, folder)
            if mode != "oneshot":
                found += check_blocks(peer, keys[mode], files, values)
            faults += [f"{mode}: {fault}" for fault in found]
    return faults


def main():
    parser = argparse.ArgumentParser(usage=__doc__.splitlines()[0].removeprefix("usage: "))
    parser.add_argument("peers", nargs="+", metavar="PEER")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/regnet_x_400mf.onnx")
    parser.add_argument("--variants", action="store_true", help="the variants as well")
    parser.add_argument("--track", action="append", choices=("matched", "default"), help="default: both")
    parser.add_argument("--python", help="instead of {home}/venv/bin/python")
    parser.add_argument("--kite", default=str(ROOT / "build/release/bin/kite"))
    options = parser.parse_args()
    checked = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        files = None
        for name in options.peers:
            peer = Peer(name, options)
            ready, why = peer.ready()
            if not ready:
                print(f"skipped: {name} is not set up ({why}); kite race setup {name}")
                continue
            files = files or Files(folder, options.model.resolve())
            for variant in ["", *(peer.toml.get("variants", {}) if options.variants else [])]:
                for track in options.track or ["matched", "default"]:
                    label = f"{name}{':' + variant if variant else ''} {track}"
                    # The path has no blank: torch.compile passes paths to its compiler without quotes.
                    own_folder = pathlib.Path(folder, "-".join(word for word in (name, variant, track) if word))
                    faults = check_variant(peer, variant, track, files, own_folder)
                    if faults is None:
                        continue
                    faults = why + faults
                    for fault in faults:
                        print(f"FAILED {label}: {fault}")
                    checked, failed = checked + 1, failed + bool(faults)
    print(f"{checked - failed} of {checked} variants obey the protocol")
    return 77 if checked == 0 else int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
