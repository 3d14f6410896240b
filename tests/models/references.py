# SPDX-License-Identifier: Apache-2.0
"""Filled models and ONNX Runtime's logits for them, kept in a work folder under the hash of all they depend on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

import fill
import pictures
from weights import Recipe

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Reference:
    """A complete .onnx file, and per batch size its input file and ONNX Runtime's logits."""

    model: Path
    inputs: dict[int, Path]
    logits: dict[int, np.ndarray]
    others: np.ndarray  # logits of the pictures that no batch above holds, [count, classes]

    def all_logits(self) -> np.ndarray:
        """One row for each picture, and no picture twice."""
        largest = self.logits[max(self.logits)]
        return np.concatenate([largest, self.others])


def digest(*parts: bytes) -> str:
    """A file-name-sized hash in which the parts cannot run into each other."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "little") + part)
    return total.hexdigest()[:16]


def source(*names: str) -> list[bytes]:
    return [(HERE / name).read_bytes() for name in names]


def save_array(path: Path, array: np.ndarray) -> None:
    """Writes under a temporary name first, so that the final name only ever has a complete file."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.save(file, array)
    partial.replace(path)


def logits_of(session: onnxruntime.InferenceSession, x: np.ndarray) -> np.ndarray:
    return session.run(["logits"], {"x": x})[0]


def open_session(model: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def prepare(graph: Path, work: Path, batches: list[int]) -> Reference:
    """Fills the models and runs the references that the work folder does not hold yet."""
    name = graph.name.removesuffix(fill.SUFFIX)
    recipe_file = fill.recipe_path(graph)
    seeds = Recipe.load(recipe_file).pictures
    content = [graph.read_bytes(), recipe_file.read_bytes()]
    model_key = digest(*content, *source("fill.py", "weights.py"))
    versions = f"{onnxruntime.__version__} {batches}".encode()
    logits_key = digest(model_key.encode(), versions, *source("pictures.py", "references.py"))
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    drop_stale(folder, {model_key, logits_key})
    model = folder / f"{model_key}.onnx"
    if not model.exists():
        fill.fill_file(graph, model)
    inputs = {batch: folder / f"{logits_key}-x{batch}.npy" for batch in batches}
    outputs = {batch: folder / f"{logits_key}-logits{batch}.npy" for batch in batches}
    others = folder / f"{logits_key}-others.npy"
    if not all(path.exists() for path in [*inputs.values(), *outputs.values(), others]):
        session = open_session(model)
        for batch in batches:
            x = pictures.batch(seeds[:batch])
            save_array(inputs[batch], x)
            save_array(outputs[batch], logits_of(session, x))
        left = [logits_of(session, pictures.batch([seed])) for seed in seeds[max(batches) :]]
        classes = np.load(outputs[batches[0]]).shape[1]
        save_array(others, np.concatenate([*left, np.empty((0, classes), np.float32)]))
    return Reference(model, inputs, {batch: np.load(path) for batch, path in outputs.items()}, np.load(others))


def drop_stale(folder: Path, keys: set[str]) -> None:
    """Removes the files of earlier graphs or recipes, because filled models are large."""
    for path in folder.iterdir():
        ours = path.suffix in (".onnx", ".npy", ".partial") and not path.name.startswith("kite-")
        if ours and not path.name.startswith(tuple(keys)):
            path.unlink(missing_ok=True)
