# SPDX-License-Identifier: Apache-2.0
"""The species table: for each class its wing shapes, ground colours and pattern layers.

The class names are those of the public set of 75 species (spelling as there); the order is the index order.
`b`, `f`, `h` make a layer on both wings, the fore wing or the hind wing; kinds and numbers: wing.py.
`under` is the colour that the lower side leans to and how far; `closed` the share of pictures that
show the folded butterfly from the side.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .species_layers import LAYERS
from .wing import Layer


@dataclass(frozen=True)
class Species:
    name: str
    fore: str
    hind: str
    ground: str  # fore wing
    hind_ground: str
    body: str
    under: str
    under_amount: float
    closed: float
    layers: list[Layer] = field(default_factory=list)
    under_layers: list[Layer] | None = None


def _layers(wing: str):
    def add(kind: str, colour: str, **args) -> Layer:
        return Layer(kind, wing, colour, args)

    return add


def _load() -> list[Species]:
    table = []
    for name, shapes, grounds, body, under, layers, *more in LAYERS:
        fore, hind = shapes.split()
        ground, _, hind_ground = grounds.partition(" ")
        tone, _, amount = under.partition(" ")
        extra = more[0] if more else {}
        table.append(
            Species(
                name, fore, hind, ground, hind_ground or ground, body, tone, float(amount or 0.3),
                extra.get("closed", 0.14), [Layer(*row) for row in layers],
                [Layer(*row) for row in extra["under"]] if "under" in extra else None,
            )  # fmt: skip
        )
    return table


SPECIES = _load()
NAMES = [species.name for species in SPECIES]
