# SPDX-License-Identifier: Apache-2.0
"""Ways to the numbers of one model on one instruction set. Each yields (how it was asked, the place of the picture, answer);
KServe's server is asked in the environment that it is installed in."""

from __future__ import annotations

import json
import subprocess
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from c_library import Library
from members import Member

THREADS = (1, 2, 3, 5)
MOST_THREADS = max(THREADS)
RECIPE = "imagenet"

Asked = Iterator[tuple[str, int, np.ndarray]]


@dataclass(frozen=True)
class Question:
    member: Member
    isa: str
    pictures: list[Path]
    folder: Path  # empty

    def save(self, name: str, array: np.ndarray) -> Path:
        path = self.folder / name
        np.save(path, array)
        return path

    def batches(self) -> Iterator[tuple[str, np.ndarray, list[int]]]:
        """What the model that takes any number is given: a name, the tensor, and which pictures it holds."""
        count = len(self.member.inputs)
        for places in ([*range(count)], [*reversed(range(count))], [0, 0, 1, 1, 2, 2, 0]):
            yield "".join(map(str, places)), np.concatenate([self.member.inputs[place] for place in places]), places


def said(command: list) -> bytes:
    result = subprocess.run([str(part) for part in command], capture_output=True, check=False, timeout=600)
    if result.returncode:
        raise RuntimeError(f"exit code {result.returncode}: {result.stderr.decode(errors='replace')[-500:]}")
    return result.stdout


class CommandLine:
    name = "kite"

    def __init__(self, program: Path):
        self.program = program

    def run(self, question: Question, model: Path, x: Path, *options: str) -> np.ndarray:
        out = question.folder / "out.npy"
        out.unlink(missing_ok=True)
        said([self.program, "run", model, "--input", f"x={x}", "--output", f"logits={out}", "--isa", question.isa, *options])
        return np.load(out)

    def tensors(self, question: Question) -> Asked:
        model = question.member.model
        inputs = [question.save(f"x{place}.npy", x) for place, x in enumerate(question.member.inputs)]
        for place, x in enumerate(inputs):
            for threads in THREADS if place == 0 else (1,):
                yield f"{threads} threads, no cache", place, self.run(question, model, x, "--threads", f"{threads}", "--no-cache")
        cache = question.folder / "cache"
        for state in ("made", "found"):
            yield f"a plan that is {state}", 0, self.run(question, model, inputs[0], "--threads", "2", "--cache-dir", cache)
        for plan in cache.rglob("*.kplan"):
            content = bytearray(plan.read_bytes())
            content[len(content) // 2] ^= 1
            plan.write_bytes(content)
        yield "a damaged plan", 0, self.run(question, model, inputs[0], "--cache-dir", cache)
        plan = question.folder / "compiled.kplan"
        said([self.program, "compile", model, "-o", plan, "--isa", question.isa])
        yield "a compiled plan", 0, self.run(question, plan, inputs[0], "--threads", "3")

    def batches(self, question: Question) -> Asked:
        for name, x, places in question.batches():
            file = question.save(f"batch{name}.npy", x)
            for threads in (1, 3):
                rows = self.run(question, question.member.many, file, "--threads", f"{threads}", "--no-cache")
                for row, place in zip(rows, places):
                    yield f"batch {name}, {threads} threads", place, row[None]

    def classified(self, question: Question) -> Asked:
        cache = question.folder / "cache"
        for threads in ("1", "3"):
            for order in (1, -1):
                places = list(enumerate(question.pictures))[::order]
                lines = said([self.program, "classify", question.member.model, *(picture for _, picture in places), "--recipe", RECIPE, "-k", "1048576",
                              "--format", "jsonl", "--isa", question.isa, "--threads", threads, "--cache-dir", cache]).splitlines()
                for (place, _), line in zip(places, lines, strict=True):
                    scores = {each["index"]: each["score"] for each in json.loads(line)["top"]}
                    yield f"{threads} threads, order {order}", place, np.array([scores[index] for index in range(len(scores))], np.float32)


def at_once(ask, count: int) -> Asked:
    """Four threads ask one object at the same time, each picture several times."""
    places = [*range(count)] * 4
    with ThreadPoolExecutor(4) as pool:
        for place, answer in zip(places, pool.map(ask, places)):
            yield "four at once", place, answer


class Abi:
    name = "C"

    def __init__(self, library: Path):
        self.library = Library(library, MOST_THREADS)

    def tensors(self, question: Question) -> Asked:
        inputs = question.member.inputs
        for threads in THREADS:
            session = self.library.open_session(question.member.model, isa=question.isa, threads=threads, cache_dir=question.folder / "cache")
            for place, x in enumerate(inputs):
                yield f"{threads} threads", place, session.run(x)
            if threads == 2:
                yield from at_once(lambda place: session.run(inputs[place]), len(inputs))  # noqa: B023
            session.close()

    def batches(self, question: Question) -> Asked:
        session = self.library.open_session(question.member.many, isa=question.isa, threads=2, no_cache="true")
        for name, x, places in question.batches():
            for row, place in zip(session.run(x), places):
                yield f"batch {name}", place, row[None]
        session.close()

    def classified(self, question: Question) -> Asked:
        classifier = self.library.open_classifier(question.member.model, isa=question.isa, recipe=RECIPE, threads=3, no_cache="true")
        for place, picture in enumerate(question.pictures):
            yield "3 threads", place, classifier.classify(picture)
        yield from at_once(lambda place: classifier.classify(question.pictures[place]), len(question.pictures))
        classifier.close()


class Python:
    name = "Python"

    def __init__(self) -> None:
        import paperkite
        import paperkite.ort

        paperkite.set_threads(MOST_THREADS)
        warnings.simplefilter("ignore", paperkite.Notice)
        self.paperkite = paperkite

    def session(self, question: Question, model, threads: int):
        options = self.paperkite.ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("paperkite.isa", question.isa)
        return self.paperkite.ort.InferenceSession(model, options)

    def tensors(self, question: Question) -> Asked:
        inputs = question.member.inputs
        for threads, model in ((1, question.member.model), (2, question.member.model.read_bytes()), (5, question.member.model)):
            session = self.session(question, model, threads)
            for place, x in enumerate(inputs):
                yield f"{threads} threads", place, session.run(None, {"x": x})[0]
            yield from at_once(lambda place: session.run(None, {"x": inputs[place]})[0], len(inputs))  # noqa: B023

    def batches(self, question: Question) -> Asked:
        session = self.session(question, question.member.many, 2)
        for name, x, places in question.batches():
            for row, place in zip(session.run(None, {"x": x})[0], places):
                yield f"batch {name}", place, row[None]

    def classified(self, question: Question) -> Asked:
        classifier = self.paperkite.Classifier(question.member.model, isa=question.isa, recipe=RECIPE, threads=2, cache=False)
        for place, picture in enumerate(question.pictures):
            yield "2 threads", place, np.array(classifier(picture).scores)
        for place, result in enumerate(classifier([*question.pictures] * 3)):
            yield "a list", place % len(question.pictures), np.array(result.scores)


class Served:
    """KServe's server with one model, asked by tritonclient over HTTP and gRPC."""

    name = "KServe"

    def __init__(self, environment: Path, library: Library):
        self.environment, self.library = environment, library

    def classes(self, model: Path) -> int:
        classifier = self.library.open_classifier(model, recipe=RECIPE)
        try:
            return classifier.class_count()
        finally:
            classifier.close()

    def classified(self, question: Question) -> Asked:
        command = [self.environment / "bin/python", "-W", "ignore", Path(__file__).with_name("ask_server.py"), question.folder, question.member.model,
                   question.isa, RECIPE, self.classes(question.member.model), *question.pictures]
        for line in said(command).splitlines():
            row = json.loads(line)
            yield row["how"], row["place"], np.frombuffer(bytes.fromhex(row["scores"]), np.float32)

    def tensors(self, _: Question) -> Asked:
        return iter(())

    batches = tensors

