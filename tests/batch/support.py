# SPDX-License-Identifier: Apache-2.0
"""What the tests of both engines share: 2,000 drawn pictures, what the program says of them, and workers that are killed."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import time

from processes import processes_below

ROOT = pathlib.Path(__file__).resolve().parents[2]
KITE = ROOT / "build/release/bin/kite"
MODEL = ROOT / "models/regnet_x_400mf.onnx"
DRAWN = ROOT / "build/batch-pictures"  # tests/batch/run draws them
COUNT = 2000

BROKEN = {"cut.jpg": "invalid-image", "empty.jpg": "invalid-image", "text.jpg": "invalid-image"}


def make_folder(folder):
    """2,000 pictures and a few files that are none; returns it."""
    folder.mkdir()
    drawn = sorted(DRAWN.glob("*.jpg"))[:COUNT]
    assert len(drawn) == COUNT, f"{len(drawn)} pictures in {DRAWN}: run tests/batch/run"
    for path in drawn:
        shutil.copy(path, folder / path.name)
    (folder / "cut.jpg").write_bytes(drawn[0].read_bytes()[:400])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_bytes(b"no picture, but a line of text\n")
    return folder


def bits(score):
    """Of a float32, also where it was read as a double."""
    return struct.pack(">f", score).hex()


def cli_answers(folder):
    """name -> ((index, label, bits of the score) of five classes), as `kite classify` gives them."""
    run = subprocess.run([KITE, "classify", MODEL, folder, "--format", "jsonl"], capture_output=True, text=True, check=False)
    answers = {}
    for line in run.stdout.splitlines():
        answer = json.loads(line)
        if "top" in answer:
            answers[os.path.basename(answer["image"])] = tuple((each["index"], each["label"], bits(each["score"])) for each in answer["top"])
    return answers


def compare(test, rows, expected, broken=BROKEN):
    """`rows`: dicts with path and the columns of an answer, each picture of the folder once; `broken`: of those that are none."""
    names = [os.path.basename(row["path"]) for row in rows]
    test.assertEqual(len(names), len(set(names)), "rows were doubled")
    test.assertEqual(set(names), set(expected) | set(broken), "rows were lost")
    test.assertEqual(len(expected), COUNT)
    for name, row in zip(names, rows):
        if name in broken:
            test.assertEqual(row["error"], broken[name], row)
            test.assertTrue(row["error_text"])
            test.assertIsNone(row["label"])
            continue
        test.assertIsNone(row["error"], row)
        top = tuple(zip(row["top_indices"], row["top_labels"], map(bits, row["top_scores"])))
        test.assertEqual(top, expected[name], name)
        test.assertEqual((row["index"], row["label"], bits(row["score"])), top[0], name)


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def ticks_of(pid):
    """What it has computed."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return -1
    return int(fields[11]) + int(fields[12])


def rows_in(folder):
    """That complete Parquet files hold."""
    import pyarrow
    import pyarrow.parquet

    rows = 0
    for name, _, files in os.walk(folder):  # which leaves out what vanishes meanwhile
        for file in files:
            if not file.endswith(".parquet"):
                continue
            try:
                rows += pyarrow.parquet.read_metadata(os.path.join(name, file)).num_rows
            except (OSError, pyarrow.ArrowInvalid):  # being written
                continue
    return rows


@contextlib.contextmanager
def started(command, log, **options):
    """A program and what it starts, all of which have ended afterwards."""
    with open(log, "wb") as file, subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True, **options) as program:
        try:
            yield program
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)


def says(log, words, program, patience):
    """Whether the program writes the words while it runs, within some seconds."""
    end = time.monotonic() + patience
    while words not in pathlib.Path(log).read_text(errors="replace"):
        if program.poll() is not None or time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def kill_one_midway(pid, pattern, out, program, log, words, patience=900):
    """Once some rows are in `out`, kills the process below `pid` that works most of those whose command matches, until the log
    says that work was lost: one that is between two tasks has nothing to lose. How many rows there were at the first time."""
    begin, first, before = time.monotonic(), None, {}
    while time.monotonic() < begin + patience and program.poll() is None:
        rows = rows_in(out)
        ticks = {each: ticks_of(each) for each in processes_below(pid) if pattern.search(command_of(each))}
        if rows > 0 and ticks:
            first = first or rows
            victim = max(ticks, key=lambda each: (ticks[each] - before.get(each, ticks[each]), ticks[each]))
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
            if says(log, words, program, 30):
                return first
        before = ticks
        time.sleep(0.1)
    raise AssertionError(f"no work was lost by killing one; the program's return code is {program.poll()}, rows are {rows_in(out)}")


def measure_a_little(test, engine):
    """tools/bench scaling with a few pictures: its tables have a row for every job, and numbers in their cells."""
    ran = subprocess.run([ROOT / "tools/bench", "scaling", "--engines", engine, "--workers", "1", "--pictures", "40", "--tasks", "20", "--rounds", "1"],
                         capture_output=True, text=True, check=False)
    test.assertEqual(ran.returncode, 0, ran.stderr[-3000:])
    jobs, tasks, memory = ([line.strip("| ").split(" | ") for line in table.splitlines()] for table in ran.stdout.strip().split("\n\n"))
    test.assertEqual([row[:2] for row in jobs[2:]], [[name, "1"] for name in ("kite", "predictor", engine)])
    test.assertEqual([row[0] for row in tasks[2:]], [engine])
    test.assertEqual([row[0] for row in memory[2:]], ["1", "2", "4", "8"])
    for row in (jobs[-1][2:], tasks[-1][1:], memory[-1][1:]):
        for cell in row:
            test.assertRegex(cell, r"^-?[0-9.]+( MB| \(-?[0-9.]+ to -?[0-9.]+\))?$")
