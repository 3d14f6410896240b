# SPDX-License-Identifier: Apache-2.0
"""What a process holds while it works, and whether that stays the same."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import statistics
import time

# Growth that is allowed from the second fifth of a run to its last: what threads and the heap of the C library leave between
# two equal moments. A single descriptor more is too many.
MOST_GROWTH = 1 << 20


def private_bytes(pid: int) -> int:
    """Memory of its own: neither files nor what is shared. 0 when it has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("RssAnon:")), 0)


def descriptors(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


@dataclasses.dataclass
class Watch:
    """Samples of one process: seconds, private bytes, open descriptors."""

    name: str
    pid: int
    begin: float = dataclasses.field(default_factory=time.monotonic)
    samples: list[tuple[float, int, int]] = dataclasses.field(default_factory=list)

    def look(self) -> None:
        memory = private_bytes(self.pid)
        if memory:
            self.samples.append((time.monotonic() - self.begin, memory, descriptors(self.pid)))

    def fifth(self, which: int) -> list[tuple[float, int, int]]:
        count = len(self.samples)
        return self.samples[count * which // 5 : max(count * (which + 1) // 5, count * which // 5 + 1)]

    def growth(self) -> int:
        """Bytes: medians of the second and the last fifth."""
        early, late = (statistics.median(sample[1] for sample in self.fifth(which)) for which in (1, 4))
        return int(late - early)

    def fault(self) -> str:
        """What has grown; "" where nothing has."""
        if len(self.samples) < 10:
            return f"only {len(self.samples)} samples"
        # A picture that is open at this moment is none that stays open.
        early, late = (min(sample[2] for sample in self.fifth(which)) for which in (1, 4))
        if late > early:
            return f"descriptors grew from {early} to {late}"
        return f"private memory grew by {self.growth() / 1e6:.2f} MB" if self.growth() > MOST_GROWTH else ""

    def text(self) -> str:
        memory, files = ([sample[place] for sample in self.samples] for place in (1, 2))
        return (f"private memory {statistics.median(memory) / 1e6:.1f} MB (most {max(memory) / 1e6:.1f}, growth {self.growth() / 1e6:+.2f}), "
                f"descriptors {min(files)} to {max(files)}, {len(memory)} looks")
