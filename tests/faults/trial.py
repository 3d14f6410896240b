# SPDX-License-Identifier: Apache-2.0
"""One start of a program in which something fails, and what must be true afterwards."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("KITE", ROOT / "build/release/bin/kite")).resolve().parent
PRELOAD = BIN.parent / "tests/faults/libkite_at_point.so"
OK, SOME_FAILED, USAGE, MODEL, IMAGE, LIMIT, IO, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130
CODES = {"usage": USAGE, "invalid-model": MODEL, "unsupported-model": MODEL, "invalid-input": MODEL, "invalid-image": IMAGE,
         "unsupported-image": IMAGE, "limit": LIMIT, "io": IO, "interrupted": INTERRUPTED}
ERROR = re.compile(r"kite: error\[([a-z-]+)\]: .")
HANG_S = 60
OLD = b"what was here before\n"
sys.path.insert(0, str(ROOT / "tests/cli"))


class NotHere(Exception):
    """This machine lacks what a scenario needs."""


@dataclasses.dataclass
class Scenario:
    name: str
    arguments: list  # "IN/..." is a file of the inputs, "WORK/..." one of the run's own folder
    stdin: str = ""  # a file of the inputs
    outputs: tuple = ()  # names in WORK: each is old, new, or not there, but never half
    program: str = "kite"
    warm: bool = False  # the plan is in the cache
    rows: str = ""  # of standard output: "json", "jsonl" or "csv"; one or more answers that stand for themselves
    prints_times: bool = False  # standard output differs from run to run
    replaces: bool = True  # outputs that are there before
    is_traced: bool = True  # False: strace cannot make its system calls fail
    is_sampled: bool = True  # False: only --all tries it
    most: int = 1500  # points of each kind that --all tries
    gives_up: dict = dataclasses.field(default_factory=dict)  # pattern of surroundings without which it has to -> exit codes
    varying: dict = dataclasses.field(default_factory=dict)  # pattern of files in WORK whose bytes differ from run to run -> how they end


@dataclasses.dataclass
class Outcome:
    code: int | None  # None: it hung; -n: ended by signal n
    out: bytes
    err: str
    files: dict  # of WORK: name -> bytes

    def said(self):
        text = (self.err.strip() or self.out.decode(errors="replace").strip())[-300:]
        return "".join(c if c.isprintable() else "|" for c in text)


def without_times(text):
    text = re.sub(rb'"timings_ms":\{[^}]*\}', b'"timings_ms":{}', text)
    return re.sub(rb'("[a-z_]*(?:_ms|_ns|_s)":)[0-9.e+-]+', rb"\g<1>0", text)


def files_of(folder):
    return {path.relative_to(folder).as_posix(): without_times(path.read_bytes())
            for path in sorted(folder.rglob("*")) if path.is_file() or path.is_symlink()}


class Place:
    """The folder of one run after the other. The inputs are copied for those that change them."""

    def __init__(self, root, inputs):
        self.root, self.inputs, self.work = root, inputs, root / "work"
        self.warm = {}  # scenario -> the cache after a run

    def prepare(self, scenario, has_old_outputs=True):
        shutil.rmtree(self.work, ignore_errors=True)
        (self.work / "tmp").mkdir(parents=True)
        if scenario.warm:
            if scenario.name not in self.warm:
                self.start(scenario)
                self.warm[scenario.name] = self.root / f"cache-{scenario.name}"
                shutil.copytree(self.work / "cache", self.warm[scenario.name], dirs_exist_ok=True)
                return self.prepare(scenario, has_old_outputs)
            shutil.copytree(self.warm[scenario.name], self.work / "cache")
        for name in scenario.outputs if has_old_outputs and scenario.replaces else ():
            (self.work / name).write_bytes(OLD)
        return None

    def command(self, scenario, program=None):
        words = [re.sub(r"^(@|[a-z]+=|)(IN|WORK)/", lambda m: f"{m[1]}{self.inputs if m[2] == 'IN' else self.work}/", word)
                 for word in scenario.arguments]
        return [str(BIN / (program or scenario.program)), *words]

    def start(self, scenario, program=None, before=(), environment=None, **more):
        """Runs it to its end, or to HANG_S. `before`: words before the command (strace, unshare ...)."""
        env = {**os.environ, "KITE_CACHE_DIR": str(self.work / "cache"), "TMPDIR": str(self.work / "tmp"), **(environment or {})}
        with open(self.inputs / scenario.stdin if scenario.stdin else os.devnull, "rb") as stdin:
            return self.start_reading(scenario, stdin, program, before, env, more)

    def start_reading(self, scenario, stdin, program, before, env, more):
        streams = {"stdin": stdin, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        process = subprocess.Popen([*map(str, before), *self.command(scenario, program)], env=env, cwd=self.work,
                                   start_new_session=True, **streams)
        try:
            out, err = process.communicate(timeout=HANG_S)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            code = None
        return Outcome(code, without_times(out or b""), (err or b"").decode(errors="replace"), files_of(self.work))

    def reference(self, scenario, program=None):
        """The outcome without a fault, twice: what differs between two such runs cannot be judged."""
        self.prepare(scenario)
        first = self.start(scenario, program)
        self.prepare(scenario)
        second = self.start(scenario, program)
        if first.code != OK and "Landlock" in first.err:
            raise NotHere(f"{scenario.name}: {first.said()}")
        if first.code != OK:
            raise RuntimeError(f"{scenario.name} fails without a fault: {first.said()}")
        for name in first.files:
            if first.files[name] != second.files.get(name) and not varies(name, scenario):
                raise RuntimeError(f"{scenario.name}: {name} differs from run to run")
        return first


def varies(name, scenario):
    return any(re.fullmatch(pattern, name) for pattern in scenario.varying)


def is_cut(name, data, scenario):
    if name.endswith(".jsonl") and data == b"":
        return False  # no line of it was written
    return not any(re.fullmatch(pattern, name) and data.endswith(end) for pattern, end in scenario.varying.items())


def entries(text, rows):
    """The rows of a JSON array as kite prints them: one a line."""
    if rows == "json":
        lines = text.decode(errors="replace").splitlines()
        return [line.rstrip(",") for line in lines if line not in ("[", "]", "[]")]
    return text.decode(errors="replace").splitlines()


def is_valid(text, rows):
    try:
        if rows == "json":
            json.loads(text or b"[]")
        for line in text.splitlines() if rows == "jsonl" else ():
            json.loads(line)
    except ValueError:
        return False
    return rows not in ("jsonl", "csv") or not text or text.endswith(b"\n")


def fault_of_rows(scenario, text, right):
    """Each row is an answer of the run without a fault, or an error."""
    known = set(entries(right, scenario.rows))
    for row in entries(text, scenario.rows):
        if row not in known and '"error"' not in row and ",,,,," not in row:
            return f"a wrong answer: {row[:100]}"
    return ""


def fault_of_output(scenario, got, reference, is_stdout_lost, is_excused):
    if got.code == OK:
        is_same = got.out == reference.out or (scenario.prints_times and is_valid(got.out, scenario.rows) and got.out)
        return "" if is_same or is_stdout_lost or is_excused else "exit code 0 with another answer"
    if is_stdout_lost or got.out == b"" or scenario.rows == "":
        return ""
    if not is_valid(got.out, scenario.rows):
        return "what stands on standard output is not whole"
    return fault_of_rows(scenario, got.out, reference.out)


def fault_of_files(scenario, got, reference, is_excused):
    for name, data in got.files.items():
        if name in scenario.outputs and data == OLD:
            if got.code == OK:
                return f"exit code 0, and {name} is as it was"
        elif varies(name, scenario):
            if is_cut(name, data, scenario):
                return f"{name} is not whole ({len(data)} bytes)"
        elif name.endswith(".receipt"):
            continue  # is kept where the model's file is some seconds old; the cache reads it with a check of its own
        elif name not in reference.files:
            return f"{name} is left"
        elif got.code in (SOME_FAILED, INTERRUPTED, IO, LIMIT) and name in scenario.outputs and scenario.rows:
            wrong = fault_of_rows(scenario, data, reference.files[name])
            if wrong:
                return f"{name}: {wrong}"
        elif data != reference.files[name] and not (is_excused and name in scenario.outputs):
            return f"{name} is not whole ({len(data)} bytes, not {len(reference.files[name])})"
    missing = [name for name in scenario.outputs if name not in got.files]
    return f"{missing[0]} is gone" if missing and (scenario.replaces or got.code == OK) else ""


def fault(scenario, got, reference, codes, is_stdout_lost=False, is_stderr_lost=False, is_disk_lost=False, excuse=""):
    """What is wrong with an outcome, in a few words, or "". `codes` are the exit codes that this fault allows; `excuse` is a
    pattern of what a warning or the answer says where it is another one, e.g. without the labels in a file that could not be read."""
    if got.code is None:
        return f"hangs: {got.said()}"
    if got.code not in codes:
        name = signal.Signals(-got.code).name if got.code < 0 else f"exit code {got.code}"
        return f"{name}: {got.said()}"
    said = [CODES.get(code) for code in ERROR.findall(got.err)]
    rows = got.out + b"".join(got.files.get(name, b"") for name in scenario.outputs if scenario.rows)
    if got.code in (MODEL, IMAGE, LIMIT, IO) and not is_stderr_lost and b'"error"' not in rows and b",,,,," not in rows:
        if not said:
            return f"exit code {got.code} without a message: {got.said()}"
        if said[-1] != got.code:
            return f"exit code {got.code} with another message: {got.said()}"
    if got.code == OK and said:
        return f"exit code 0 with an error: {got.said()}"
    is_excused = got.code == OK and excuse != "" and re.search(excuse, got.err + got.out.decode(errors="replace")) is not None
    return (fault_of_output(scenario, got, reference, is_stdout_lost, is_excused) or
            ("" if is_disk_lost else fault_of_files(scenario, got, reference, is_excused)))
