# SPDX-License-Identifier: Apache-2.0
"""Cases that passed and failed, what was counted, and memory over time as a picture."""

from __future__ import annotations

import dataclasses
import html
import pathlib
import sys

from watch import Watch

WIDTH, PANEL, LEFT, RIGHT, TOP, BOTTOM = 760, 150, 64, 20, 30, 26
# The colours of the reports' plots (race/report/render), for light and dark paper.
STYLE = """<style>
.paper{fill:#fdfdfb}.ink{fill:#1c1e21}.quiet{fill:#5c626b}.rule{stroke:#d9dbdf}.line{stroke:#0063a6;fill:none;stroke-width:1.4}
@media (prefers-color-scheme:dark){.paper{fill:#16181b}.ink{fill:#e4e5e7}.quiet{fill:#a2a8b1}.rule{stroke:#383c42}.line{stroke:#6db8ee}}
</style>"""


def show(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text}\033[K", end="", file=sys.stderr, flush=True)


@dataclasses.dataclass
class Report:
    passed: int = 0
    failed: int = 0
    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    watches: list[Watch] = dataclasses.field(default_factory=list)

    def case(self, name: str, passed: bool, detail: str = "") -> None:
        self.passed += passed
        self.failed += not passed
        if not passed:
            print(f"FAIL {name}: {detail}", flush=True)

    def count(self, what: str, number: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + number

    def watched(self, watch: Watch) -> None:
        self.case(f"{watch.name}: nothing grows", not watch.fault(), watch.fault())
        self.watches.append(watch)

    def end(self, picture: pathlib.Path) -> int:
        """Prints the figures, draws them, and gives the exit code."""
        show("")
        longest = {watch.name: watch for watch in sorted(self.watches, key=lambda watch: len(watch.samples))}
        for name, watch in longest.items():
            print(f"{name}: {watch.text()}")
        print(", ".join(f"{what} {number:,}" for what, number in self.counts.items()))
        picture.write_text(memory_svg([*longest.values()]))
        print(f"picture: {picture}")
        print(f"{self.passed} passed, {self.failed} failed, 0 skipped")
        return 1 if self.failed or not self.passed else 0


def panel(watch: Watch, top: float) -> list[str]:
    end, most = max(sample[0] for sample in watch.samples), max(sample[1] for sample in watch.samples) * 1.15
    floor = top + PANEL - BOTTOM

    def x(seconds: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * seconds / max(end, 1e-9)

    def y(size: float) -> float:
        return floor - (floor - top - TOP) * size / most

    out = [f'<text class="ink" x="{LEFT}" y="{top + 18}" font-weight="600">{html.escape(watch.name)}: {html.escape(watch.text())}</text>']
    for size in (0, most / 2, most / 1.15):
        out.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(size):.1f}" y2="{y(size):.1f}"/>'
                   f'<text class="quiet" x="{LEFT - 8}" y="{y(size) + 4:.1f}" text-anchor="end">{size / 1e6:.1f} MB</text>')
    points = " ".join(f"{x(seconds):.1f},{y(size):.1f}" for seconds, size, _ in watch.samples)
    return [*out, f'<polyline class="line" points="{points}"/>', f'<text class="quiet" x="{WIDTH - RIGHT}" y="{floor + 18}" text-anchor="end">{end:.0f} s</text>']


def memory_svg(watches: list[Watch]) -> str:
    watches = [watch for watch in watches if watch.samples]
    height = PANEL * max(len(watches), 1)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="12" role="img" '
           'aria-label="Private memory over time">', STYLE, f'<rect class="paper" width="{WIDTH}" height="{height}"/>']
    for number, watch in enumerate(watches):
        out += panel(watch, number * PANEL)
    return "\n".join([*out, "</svg>"]) + "\n"
