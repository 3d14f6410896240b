# SPDX-License-Identifier: Apache-2.0
"""The rows of the zoo: which members, through which exporters, in which part, at what cost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).resolve().parent / "members.txt"
# TorchScript's exporter as most published files were made. The dynamo exporter writes up to opset 25, where onnxscript's
# converter ends; asked for a newer one, it writes a file that states opset 18.
OF_PYTORCH = {"torchscript": 17, "dynamo": 25}
# The exporters of each library, and the opset that each is asked for; Keras asks for none.
EXPORTERS = {"torchvision": OF_PYTORCH, "timm": OF_PYTORCH, "keras": {"keras": 20}, "paddle": {"paddle2onnx": 17},
             "sklearn": {"skl2onnx": 17}}
# In millions of parameters: above it one exporter and no times. Two gigabytes of weights take minutes to write and to read.
LARGE_PARAMS = 300.0


@dataclass(frozen=True)
class Member:
    library: str
    name: str
    module: str  # the library's file that defines it
    size: int  # height and width of the input
    params: float  # millions
    macs: float  # thousand millions of multiply-adds

    @property
    def large(self) -> bool:
        return self.params > LARGE_PARAMS


@dataclass(frozen=True)
class Row:
    member: Member
    exporter: str

    @property
    def name(self) -> str:
        return f"{self.member.library}/{self.member.name}/{self.exporter}"

    @property
    def key(self) -> tuple[str, str, str]:
        return self.member.library, self.member.name, self.exporter

    @property
    def opset(self) -> int:
        return EXPORTERS[self.member.library][self.exporter]

    @property
    def cost_s(self) -> float:
        """Seconds on two processors, estimated: two starts of Python, the export and five rounds of times; reading and writing the
        weights; about thirty runs of the network; and the slower exporter."""
        return 35 + 0.3 * self.member.params + self.member.macs + (30 if self.exporter == "dynamo" else 0)


def read(path: Path = LIST) -> list[Member]:
    members = []
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            library, name, module, size, params, macs = line.split()
            members.append(Member(library, name, module, int(size), float(params), float(macs)))
    return members


def rows(members: list[Member]) -> list[Row]:
    """Cheap ones of every file of the library first, so that a run that is broken off has seen many kinds."""
    result = [Row(member, exporter) for member in members for exporter in EXPORTERS[member.library]
              if not (member.large and exporter == "dynamo")]
    cheapest: dict[str, Row] = {}
    for row in sorted(result, key=lambda row: row.cost_s):
        cheapest.setdefault(f"{row.member.library}/{row.member.module}/{row.exporter}", row)
    first = set(cheapest.values())
    return sorted(result, key=lambda row: (row not in first, row.cost_s, row.name))


def part_of(all_rows: list[Row], index: int, count: int) -> list[Row]:
    """Part `index` of `count`, from 1: the dearest row first, each to the part that has least to do."""
    loads = [0.0] * count
    chosen = set()
    for row in sorted(all_rows, key=lambda row: (-row.cost_s, row.name)):
        lightest = loads.index(min(loads))
        loads[lightest] += row.cost_s
        if lightest == index - 1:
            chosen.add(row)
    return [row for row in all_rows if row in chosen]
