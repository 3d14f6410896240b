# SPDX-License-Identifier: Apache-2.0
"""Runs `kite run` on a tensor and reads its answer back."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# A network that takes longer than this on any ISA is taken to hang.
TIMEOUT_S = 300

# What /proc/cpuinfo must list for an ISA to be usable.
FEATURES = {
    "generic": (),
    "avx2": ("avx2", "fma"),
    "avx512": ("avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl"),
    "neon": ("asimd",),
}


def missing_features(isa: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> list[str]:
    """The features that `isa` needs and this machine does not have."""
    for line in cpuinfo.read_text().splitlines():
        if line.startswith(("flags", "Features")):  # x86, ARM
            present = set(line.split(":", 1)[1].split())
            return [feature for feature in FEATURES[isa] if feature not in present]
    return list(FEATURES[isa])


@dataclass(frozen=True)
class Answer:
    """Logits, or what went wrong."""

    logits: np.ndarray | None
    trouble: str
    command: str


@dataclass(frozen=True)
class Kite:
    program: Path
    emulator: tuple[str, ...] = ()  # what runs a program of another architecture

    def run(self, model: Path, x: Path, isa: str, threads: int, folder: Path, names: tuple[str, str] = ("x", "logits")) -> Answer:
        """`folder` receives the output file; a stale one of an earlier run is removed first. `names`: the input and the output."""
        out = folder / f"kite-{isa}-{threads}-{x.stem[-2:]}.npy"
        out.unlink(missing_ok=True)
        command = [*self.emulator, str(self.program), "run", str(model), "--input", f"{names[0]}={x}", "--output", f"{names[1]}={out}"]
        command += ["--threads", str(threads), "--isa", isa, "--no-cache"]
        command_text = shlex.join(command)
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return Answer(None, f"no answer after {TIMEOUT_S} s\n{command_text}", command_text)
        except OSError as error:
            return Answer(None, f"{error}\n{command_text}", command_text)
        if done.returncode != 0:
            return Answer(None, f"exit code {done.returncode}: {done.stderr.strip()[-2000:]}\n{command_text}", command_text)
        try:
            logits = np.load(out, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            return Answer(None, f"exit code 0 but no readable output: {error}\n{command_text}", command_text)
        out.unlink()
        return Answer(logits, "", command_text)
