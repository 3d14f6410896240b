# SPDX-License-Identifier: Apache-2.0
"""Runs kite_picture_dump over a list of jobs and reads its results back."""

import dataclasses
import pathlib
import struct
import subprocess
import sys

import numpy as np


@dataclasses.dataclass
class Answer:
    ok: bool
    width: int
    height: int
    data: bytes

    @property
    def pixels(self) -> np.ndarray:
        return np.frombuffer(self.data, np.uint8).reshape(self.height, self.width, 3)

    @property
    def floats(self) -> np.ndarray:
        return np.frombuffer(self.data, np.float32)

    @property
    def error(self) -> tuple[str, str]:
        """(code, message)"""
        code, _, message = self.data.decode("utf-8", "replace").partition("\t")
        return code, message


def run(program: pathlib.Path, jobs: list[tuple], folder: pathlib.Path) -> list[Answer]:
    list_path, result_path = folder / "jobs.txt", folder / "results.bin"
    list_path.write_text("".join("\t".join(str(field) for field in job) + "\n" for job in jobs))
    subprocess.run([program, list_path, result_path], check=True)
    raw = result_path.read_bytes()
    result_path.unlink()
    answers, at = [], 0
    while at < len(raw):
        ok, width, height, size = struct.unpack_from("<4q", raw, at)
        at += 32
        answers.append(Answer(bool(ok), width, height, raw[at : at + size]))
        at += size
    if len(answers) != len(jobs):
        raise RuntimeError(f"{len(jobs)} jobs, {len(answers)} answers")
    return answers


# Linux counts a child's peak from before its exec, so a large parent would hide it: a fresh interpreter measures.
METER = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss * 1024)
sys.exit(status != 0)
"""


def peak_memory_bytes(program: pathlib.Path, jobs: list[tuple], folder: pathlib.Path) -> int:
    """Peak resident memory of one run over these jobs."""
    list_path = folder / "jobs.txt"
    list_path.write_text("".join("\t".join(str(field) for field in job) + "\n" for job in jobs))
    command = [sys.executable, "-S", "-c", METER, program, list_path, folder / "results.bin"]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
