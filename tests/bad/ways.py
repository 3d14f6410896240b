# SPDX-License-Identifier: Apache-2.0
"""The ways to ask: the program, the library through paperkite.h, the Python package. Each gives an Answer for a question."""

import dataclasses
import json
import os
import pathlib
import queue
import re
import resource
import signal
import subprocess
import sys
import threading
import urllib.parse

import numpy as np

KITE = os.environ.get("KITE", "build/release/bin/kite")
PROBE = os.environ.get("KITE_LIBRARY_PROBE", "")
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))
from sanitizers import SANITIZERS  # noqa: E402

IS_SANITIZED = bool(SANITIZERS)
MEMORY = 1 << 30  # of address space: no row needs more, and none may take more
# Of the clock, on a machine with nothing else to do.
HANG_S = 60 * max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))
EXIT_CODES = {
    "ok": 0,
    "usage": 2,
    "invalid-model": 3,
    "unsupported-model": 3,
    "invalid-input": 3,
    "invalid-image": 4,
    "unsupported-image": 4,
    "limit": 5,
    "io": 6,
    "interrupted": 130,
}
ERROR = re.compile(rb"^kite: error\[([a-z-]+)\]: (.*)$", re.MULTILINE)
JSON_ERROR = re.compile(rb'"error":\{"code":"([a-z-]+)","message":"((?:[^"\\]|\\.)*)"')  # of a picture that fails
ONNX_TYPES = {"float32": 1, "float64": 11, "int64": 7, "uint8": 2}
NOT_OURS = b"\x1b\x07\x08\x00"  # control characters that no output may have, wherever they come from


@dataclasses.dataclass
class Answer:
    code: str  # "ok", the name of an error code, or what happened instead of an answer
    message: str = ""  # what; where; what to do
    remedy: str | None = None  # where the way gives it apart; "" is an error without one
    where: str | None = None
    computed: str = ""


def limited(memory=MEMORY, more=()):
    """What a child does before it starts: a core file and more memory are never wanted. Shadow memory has no such limit:
    sanitizers keep their own."""

    def before():
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if not IS_SANITIZED:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        for which, value in more:
            resource.setrlimit(which, (value, value))

    return before


def environment(folder, more=None):
    made = {**os.environ, "KITE_CACHE_DIR": str(folder / "cache"), **(more or {})}
    if IS_SANITIZED:
        made["ASAN_OPTIONS"] = made.get("ASAN_OPTIONS", "") + ":hard_rss_limit_mb=4096:allocator_may_return_null=1"
    return {key: value for key, value in made.items() if value is not None}


def ended(arguments, folder, stdin=None, env=None, limits=(), memory=MEMORY, timeout=HANG_S):
    """The result of a program, or None where it hangs; that has ended then, with what it started."""
    process = subprocess.Popen(
        [os.fspath(a) for a in arguments],
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(folder, env),
        preexec_fn=limited(memory, limits),
    )
    try:
        out, err = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def answer_of(result, is_json=False):
    """What the program answered; a code in capitals where that is no answer."""
    if result is None:
        return Answer("HANG", f"more than {HANG_S:.0f} s")
    said = result.stderr.decode("utf-8", "replace")
    if result.returncode < 0:
        return Answer("DIED", f"{signal.Signals(-result.returncode).name}: {said[-300:]}")
    if raw := set(result.stdout + result.stderr) & set(NOT_OURS):
        return Answer("RAW", f"control characters {raw}")
    if is_json and result.returncode > 1:
        error = json.loads(result.stdout)["error"]
        return Answer(error["code"], "; ".join(error[part] for part in ("message", "where", "remedy")), error["remedy"], error["where"])
    errors = ERROR.findall(result.stderr) or JSON_ERROR.findall(result.stdout)
    if result.returncode == 0:
        return Answer("ok", said) if not errors else Answer("SUCCESS WITH AN ERROR", said)
    if result.returncode == EXIT_CODES["interrupted"]:  # whoever interrupts knows what and where
        return Answer("interrupted", "interrupted; by a signal; start it again")
    if result.returncode == 1:
        return Answer("some", said)
    if len(errors) != 1:
        return Answer("NO ERROR" if not errors else "ERRORS", f"exit code {result.returncode}, and {len(errors)} errors: {said[-300:]}")
    code, message = errors[0][0].decode(), errors[0][1].decode("utf-8", "replace")
    if EXIT_CODES.get(code) != result.returncode:
        return Answer("EXIT CODE", f"{result.returncode} with error[{code}]: {message}")
    return Answer(code, message)


def command(call, folder):
    """The command that does what a Call says."""
    options = [f"--{key}={value}" for key, value in call.options.items()]
    if call.picture is not None:
        return [KITE, "classify", call.model, call.picture, "-k", "1", *options]
    if call.dims is None:
        return [KITE, "bench", call.model, "--iters", "1", "--warmup", "1", *options]
    inputs = []
    for name, (kind, shape) in call.dims.items():
        np.save(folder / f"{name}.npy", np.zeros(shape, kind))
        inputs += ["--input", f"{name}={folder / name}.npy"]
    return [KITE, "run", call.model, *inputs, *options]


def quoted(field):
    return urllib.parse.quote(os.fsencode(str(field)), safe="/=:,.-_ ")


def question(call):
    """The same as a line for a probe."""
    if call.picture is not None:
        fields = ["classify", call.model, call.picture, *[f"{key}={value}" for key, value in call.options.items()]]
    else:
        fields = ["run", call.model, *[f"{name}={ONNX_TYPES[kind]}:{'x'.join(map(str, shape))}" for name, (kind, shape) in (call.dims or {}).items()]]
    return "\t".join(map(quoted, fields))


class Probe:
    """A process that answers one question after the other. It is started again where a question ends it."""

    def __init__(self, arguments, folder, env=None, memory=MEMORY):
        self.arguments, self.folder, self.env, self.memory = arguments, folder, env, memory
        self.process = None
        self.log = folder / "probe.log"

    def start(self):
        self.process = subprocess.Popen(
            self.arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.open("ab"),
            cwd=self.folder,
            env=environment(self.folder, self.env),
            preexec_fn=limited(self.memory),
        )
        self.lines = queue.SimpleQueue()

        def read(out=self.process.stdout, lines=self.lines):
            for line in out:
                lines.put(line)
            lines.put(b"")

        threading.Thread(target=read, daemon=True).start()

    def ask(self, line):
        if self.process is None:
            self.start()
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
            said = self.lines.get(timeout=HANG_S)
        except queue.Empty:
            self.end(kill=True)
            return Answer("HANG", f"more than {HANG_S:.0f} s")
        except BrokenPipeError:
            said = b""
        if not said:
            code = self.end()
            return Answer("DIED", f"exit code {code}: {self.log.read_text(errors='replace')[-500:]}")
        _, code, what, where, remedy = said.decode("utf-8", "replace").rstrip("\n").split("\t")
        if code == "ok":
            return Answer("ok", computed=what)
        return Answer(code, "; ".join(part for part in (what, where, remedy) if part), remedy, where)

    def end(self, kill=False):
        if self.process is None:
            return 0
        if kill:
            self.process.kill()
        self.process.stdin.close() if not self.process.stdin.closed else None
        code = self.process.wait(HANG_S)
        self.process = None
        return code
