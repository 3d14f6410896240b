# SPDX-License-Identifier: Apache-2.0
"""The keywords of a Classifier, checked and made into what the extension takes."""

from __future__ import annotations

import operator
import os

from paperkite._errors import Error, IoError, UsageError, check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, TypeVar

    from paperkite import _native

    T = TypeVar("T")

# The keywords whose values are texts for the engine; paths and names alike.
TEXTS = ("isa", "cache_dir", "labels", "recipe", "scores_from", "activation", "exif", "processor")


def path_bytes(name: str, value: Any) -> bytes:
    """A path or a text, as the operating system takes it."""
    try:
        encoded = os.fsencode(value)
    except TypeError:
        raise UsageError(f"{name} is of the type {type(value).__name__}", remedy="pass a str or a path") from None
    except UnicodeEncodeError as error:
        raise UsageError(f"{name} cannot be a path: {error}", remedy="pass bytes, or a str that the file system's encoding has") from None
    if b"\0" in encoded:
        raise UsageError(f"{name} holds a zero byte, which no path has", remedy="pass it without that byte")
    return encoded


def whole_number(name: str, value: Any, least: int, most: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise UsageError(f"{name} is of the type {type(value).__name__}", remedy="pass a whole number") from None
    if not least <= number <= most:
        raise UsageError(f"{name} is {number}", remedy=f"pass a number from {least} to {most}")
    return number


def size_of(value: Any) -> tuple[int, int] | None:
    """(height, width), one number for both, or a text as "224x160"."""
    if value is None:
        return None
    sides = value.split("x") if isinstance(value, str) else value if isinstance(value, (tuple, list)) else [value]
    try:
        numbers = [int(side) if isinstance(side, str) else operator.index(side) for side in sides]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) == 1:
        numbers *= 2
    if len(numbers) != 2 or not all(1 <= number <= 65536 for number in numbers):
        raise UsageError(f"size is {value!r}", remedy="pass (height, width), or one number for both, from 1 to 65536")
    return numbers[0], numbers[1]


def limits_of(value: Any) -> dict[str, int]:
    """Limits by name; the engine knows their names and ranges."""
    if value is None:
        return {}
    if not hasattr(value, "items") or not all(isinstance(name, str) for name in value):
        raise UsageError(f"limits is of the type {type(value).__name__}", remedy='pass a dict, e.g. {"pixels": 50_000_000}')
    return {name: whole_number(f"the limit {name}", number, 0, 2**63 - 1) for name, number in value.items()}


def threshold_of(value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0.0 <= number <= 1.0:
        raise UsageError(f"threshold is {value!r}", remedy="pass a probability from 0 to 1")
    return number


def recipe_text(value: Any) -> Any:
    """A recipe that is a dict, as the text that the engine reads; others as they are."""
    if not isinstance(value, dict):
        return value
    import json

    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"the recipe cannot be written as JSON: {error}") from None


class LabelsFile:
    """Labels that are a list, in a file for as long as the engine reads it: it reads labels from files alone."""

    def __init__(self, labels: Any) -> None:
        self.path = labels
        self._file: Any = None

    def __enter__(self) -> LabelsFile:
        labels = self.path
        if not isinstance(labels, (list, tuple)):
            return self
        if not all(isinstance(label, str) for label in labels):
            raise UsageError("not every label is a str")
        import json
        import tempfile

        try:
            self._file = tempfile.NamedTemporaryFile("w", prefix="paperkite-", suffix=".json", encoding="utf-8")  # noqa: SIM115
            json.dump(labels, self._file)
            self._file.flush()
        except OSError as error:
            raise IoError(f"the labels cannot be written for the engine: {error}") from error
        self.path = self._file.name
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def in_words(self, text: str) -> str:
        """A text of the engine without the file's name, which means nothing to the caller."""
        return text if self._file is None else text.replace(self._file.name, "labels")

    def check(self, answer: T | _native.Failure) -> T:
        try:
            return check(answer)
        except Error as error:
            raise type(error)(*map(self.in_words, (error.what, error.where, error.remedy))) from None


_CHOICES = {"activation": ("softmax", "sigmoid", "none"), "exif": ("ignore", "apply"), "processor": ("pil", "torchvision")}


def native_options(options: dict[str, Any]) -> dict[str, Any]:
    """Keywords for _native.open_classifier()."""
    given = {**options, "recipe": recipe_text(options["recipe"])}
    for name, choices in _CHOICES.items():
        if given[name] is not None and given[name] not in choices:
            raise UsageError(f"{name} is {given[name]!r}", remedy=f"pass one of {', '.join(map(repr, choices))}")
    data_dirs = options["data_dirs"]
    if isinstance(data_dirs, (str, bytes)) or not hasattr(data_dirs, "__iter__"):
        data_dirs = [] if data_dirs is None else [data_dirs]
    return {
        "texts": {name: path_bytes(name, given[name]) for name in TEXTS if given[name] is not None},
        "data_dirs": [path_bytes("data_dirs", folder) for folder in data_dirs],
        "threads": 0 if options["threads"] is None else whole_number("threads", options["threads"], 1, 1024),
        "use_cache": bool(options["cache"]),
        "size": size_of(options["size"]),
        "threshold": threshold_of(options["threshold"]),
        "raw": bool(options["raw"]),
        "memory_limit": 0 if options["memory_limit"] is None
        else whole_number("memory_limit", options["memory_limit"], 1, 2**63 - 1),
        "limits": limits_of(options.get("limits")),
    }
