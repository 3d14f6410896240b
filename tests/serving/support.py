# SPDX-License-Identifier: Apache-2.0
"""A server in a process of its own, what the program says of pictures, and clients that ask for as much as they are told to."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
KITE = ROOT / "build/release/bin/kite"
MODEL = ROOT / "models/regnet_x_400mf.onnx"
PICTURES = sorted((ROOT / "models/pictures").glob("*.jpg"))[::7][:20]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def bits(score):
    return struct.pack(">f", score).hex()


def cli_top(paths, model=MODEL):
    """For each picture ((index, label, bits of the score) of five classes), as `kite classify` gives them."""
    run = subprocess.run([KITE, "classify", model, *paths, "--format", "jsonl"], capture_output=True, text=True, check=True)
    return [tuple((each["index"], each["label"], bits(each["score"])) for each in json.loads(line)["top"]) for line in run.stdout.splitlines()]


@contextlib.contextmanager
def server(command, url, log, **environment):
    """Runs until the block ends; the block begins when the address answers."""
    with open(log, "ab") as file, subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
                                                   env={**os.environ, **environment}) as program:
        try:
            deadline = time.monotonic() + 300
            while not answers(url):
                if program.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the server does not answer:\n{pathlib.Path(log).read_text()[-3000:]}")
                time.sleep(0.2)
            yield program
        finally:
            program.send_signal(signal.SIGTERM)
            try:
                program.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False


def curl(url, *options, data=None):
    """Status and body, with the program that everybody has."""
    run = subprocess.run(["curl", "-sS", "-o", "-", "-w", "\n%{http_code}", *options, *(["--data-binary", "@-"] if data is not None else []), url],
                         input=data, capture_output=True, check=True, timeout=120)
    body, _, status = run.stdout.rpartition(b"\n")
    return int(status), body


def resident_bytes(pid):
    """Of a process and all that it has started."""
    total = 0
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if os.getpgid(int(folder.name)) == os.getpgid(pid):
                for line in (folder / "smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
    return total
