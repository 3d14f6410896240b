# SPDX-License-Identifier: Apache-2.0
"""Faults that are counted: allocations, and calls for files, of a kite that is linked with shared libraries."""

import collections
import dataclasses
import mmap
import shutil
import signal
import struct

from trial import IMAGE, INTERRUPTED, IO, LIMIT, MODEL, OK, PRELOAD, SOME_FAILED, USAGE, fault, varies

PROGRAM = "kite_shared"
# What is said of one of many things, e.g. of a contestant, without which the work goes on.
NO_MEMORY = "no memory for|Cannot allocate memory"
FILE_CHANGES = ("cut", "empty", "grow", "rewrite", "remove", "replace")


@dataclasses.dataclass
class Action:
    text: str  # as tests/faults/at_point.c reads it; {IN} is the folder of the inputs
    at: str  # "memory" or "files"
    codes: tuple
    title: str
    victim: str = ""  # of the inputs: is changed, so each run has its own


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ACTIONS = [
    Action("fail", "memory", (OK, SOME_FAILED, LIMIT), "allocations that fail"),
    Action("fail-on", "memory", (OK, SOME_FAILED, LIMIT), "allocations that fail from then on"),
    *(Action(f"signal:{int(which)}", "memory", (OK, INTERRUPTED), "signals at allocations") for which in SIGNALS),
    Action(f"signal:{int(signal.SIGPIPE)}", "memory", (OK, -signal.SIGPIPE), "signals at allocations"),
    *(Action(f"clock:{seconds}", "files", (OK,), "jumps of the clock") for seconds in (-1_000_000, 1_000_000_000)),
    *(Action(f"{change}:{{IN}}/{victim}", at, (OK, SOME_FAILED, USAGE, MODEL, IMAGE, LIMIT, IO), "files that change", victim)
      for at in ("files", "memory") for change in FILE_CHANGES
      for victim in ("m.onnx", "pictures/a.png", "labels.txt", "m.kite.json", "x.npy")),
]


class Counter:
    """The memory that tests/faults/at_point.c shares with this program."""

    def __init__(self, root):
        self.path = root / "counter"
        self.path.write_bytes(bytes(24))
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 24)

    def read(self):
        """Points, and how often the action was taken."""
        return struct.unpack_from("<qq", self.memory)

    def environment(self, text):
        self.memory[:] = bytes(24)
        return {"LD_PRELOAD": str(PRELOAD), "KITE_FAULT": text, "KITE_FAULT_PROGRAM": PROGRAM, "KITE_FAULT_COUNTER": str(self.path)}


def fault_of_change(scenario, got, reference, action):
    """After another program changed an input: the old or the new answer, or an error that names the file."""
    if got.code is None or got.code < 0 or got.code not in action.codes:
        return fault(scenario, got, reference, action.codes)
    name = action.victim.rsplit("/", 1)[-1]
    if got.code not in (OK, SOME_FAILED) and name not in got.err + got.out.decode(errors="replace"):
        return f"exit code {got.code}, and {name} is not named: {got.said()}"
    known = {*reference.files, *scenario.outputs}
    left = [path for path in got.files if path not in known and not path.startswith("cache/") and not varies(path, scenario)]
    return f"{left[0]} is left" if left or any(".tmp-" in path for path in got.files) else ""


def spread(things, most):
    """`most` of them, evenly, always with the first and the last."""
    things = list(things)
    if len(things) <= most:
        return things
    if most == 1:
        return [things[len(things) // 2]]
    return [things[round(i * (len(things) - 1) / (most - 1))] for i in range(most)]


def of_each_stack(place, scenario):
    """Numbers of allocations: of those that the same calls lead to, one; first, middle or last, in turn."""
    path = place.root / "stacks"
    path.write_bytes(b"")
    place.prepare(scenario)
    place.start(scenario, PROGRAM, environment=Counter(place.root).environment(f"memory:0:stacks:{path}"))
    alike = collections.defaultdict(list)
    for number, stack in struct.iter_unpack("<qQ", path.read_bytes()):
        alike[stack].append(number)
    return sorted(numbers[(len(numbers) - 1) * (i % 3) // 2] for i, numbers in enumerate(alike.values()))


def try_points(place, scenario, action, choose):
    """Yields a fault or "" for each point that is tried; `choose` is given all their numbers."""
    if action.victim and not any(action.victim.startswith(word.removeprefix("IN/").split("=IN/")[-1]) or
                                 (action.victim.startswith(("labels", "m.kite")) and "classify" in scenario.name)
                                 for word in scenario.arguments):
        return
    counter = Counter(place.root)
    reference = place.reference(scenario, PROGRAM)
    whole = place.root / "whole"
    if action.victim and not whole.exists():
        shutil.copytree(place.inputs, whole)
    place.prepare(scenario)
    place.start(scenario, PROGRAM, environment=counter.environment(f"{action.at}:0:fail"))
    numbers = range(1, counter.read()[0] + 1)
    for number in choose(numbers):
        place.prepare(scenario)
        if action.victim:
            shutil.copy2(whole / action.victim, place.inputs / action.victim)
            other = b"".join((whole / action.victim).read_bytes().split(b"q"))
            (place.inputs / (action.victim + ".other")).write_bytes(other)
        text = f"{action.at}:{number}:{action.text.replace('{IN}', str(place.inputs))}"
        got = place.start(scenario, PROGRAM, environment=counter.environment(text))
        if counter.read()[1] == 0:
            continue  # threads share the points differently from run to run
        wrong = fault_of_change(scenario, got, reference, action) if action.victim else fault(
            scenario, got, reference, action.codes, is_stdout_lost=got.code == -signal.SIGPIPE, excuse=NO_MEMORY)
        yield wrong and f"{scenario.name}, {action.text} at {action.at} point {number} of {len(numbers)}: {wrong}"
    if action.victim:
        shutil.copy2(whole / action.victim, place.inputs / action.victim)
        (place.inputs / (action.victim + ".other")).unlink(missing_ok=True)
