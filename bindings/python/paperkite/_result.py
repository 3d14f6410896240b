# SPDX-License-Identifier: Apache-2.0
"""The answer for one picture."""

from __future__ import annotations

from collections import namedtuple

import paperkite._native as _native
from paperkite._errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    import numpy
    import numpy.typing

    class Prediction(NamedTuple):
        """One class. `label` is empty where the model has no labels; `score` is NaN where it names classes alone."""

        index: int  # type: ignore[assignment]  # a tuple has a method of this name
        label: str
        score: float

    class Timings(NamedTuple):
        """Milliseconds. Of a run of several pictures the share of one."""

        decode_ms: float
        preprocess_ms: float
        infer_ms: float

else:  # typing takes as long to import as all of this package
    Prediction = namedtuple("Prediction", "index label score", module="paperkite")
    Prediction.__doc__ = "One class. `label` is empty where the model has no labels; `score` is NaN where it names classes alone."
    Timings = namedtuple("Timings", "decode_ms preprocess_ms infer_ms", module="paperkite")
    Timings.__doc__ = "Milliseconds. Of a run of several pictures the share of one."

# In the order of the engine's ScoreKind.
_SCORE_KINDS = ("probabilities", "independent", "raw", "none")


def score_kind_name(kind: int) -> str:
    return _SCORE_KINDS[kind]


def array_over(memory: _native.Array) -> Any:
    """A numpy array over the engine's memory, which lives as long as the array."""
    import numpy

    return numpy.asarray(memory)


class Result:
    """What a Classifier says of one picture. A picture of several that could not be read has its `error`, which every
    other attribute raises."""

    __module__ = "paperkite"
    __slots__ = ("_answer", "_error", "_scores", "_top")

    _answer: Any  # _native.Answer, or what a pickle holds of it
    _error: Error | None
    _scores: numpy.typing.NDArray[numpy.float32]

    def __init__(self, answer: Any, error: Error | None = None) -> None:
        self._answer = answer
        self._error = error

    def _read(self) -> Any:
        if self._error is not None:
            raise self._error.with_traceback(None)  # else each raise would add to the last one
        return self._answer

    @property
    def error(self) -> Error | None:
        """None where the picture was classified."""
        return self._error

    @property
    def top(self) -> list[Prediction]:
        """The best classes, the best first; equal scores in the order of their indices."""
        answer = self._read()
        try:
            return self._top
        except AttributeError:
            self._top: list[Prediction] = [Prediction(*each) for each in answer.top()]
            return self._top

    @property
    def label(self) -> str:
        """Of the best class. Empty where the model has no labels, or where no class reaches the threshold."""
        top = self.top
        return top[0].label if top else ""

    @property
    def scores(self) -> numpy.typing.NDArray[numpy.float32]:
        """Of every class, in the order of their indices, as in `top`; over the engine's memory, without a copy."""
        answer = self._read()
        try:
            scores = self._scores
        except AttributeError:
            scores = self._scores = array_over(answer.scores())
        return scores

    @property
    def score_kind(self) -> str:
        """"probabilities" (one class is right), "independent" (each may be right or not), "raw" (numbers of the model's
        output), or "none" (the model names classes alone)."""
        return score_kind_name(self._read().score_kind())

    @property
    def timings(self) -> Timings:
        return Timings(*self._read().timings())

    @property
    def warnings(self) -> list[str]:
        """About this picture; announced as Notice as well."""
        return list(self._read().warnings())

    def __repr__(self) -> str:
        if self._error is not None:
            return f"<paperkite.Result error[{self._error.code}]: {self._error}>"
        if not self.top:
            return "<paperkite.Result: no class reaches the threshold>"
        best = self.top[0]
        return f"<paperkite.Result: {best.label or f'class {best.index}'!s} {best.score:.4f}>"

    def __reduce__(self) -> Any:
        if self._error is not None:
            return Result, (None, self._error)
        answer = self._answer
        return _unpickled, ([tuple(each) for each in self.top], answer.score_kind(), answer.timings(), answer.warnings(), self.scores)


class _Kept:
    """An answer that came from a pickle."""

    __slots__ = ("_parts",)

    def __init__(self, *parts: Any) -> None:
        self._parts = parts

    def top(self) -> Any:
        return self._parts[0]

    def score_kind(self) -> Any:
        return self._parts[1]

    def timings(self) -> Any:
        return self._parts[2]

    def warnings(self) -> Any:
        return self._parts[3]

    def scores(self) -> Any:
        return self._parts[4]


def _unpickled(*parts: Any) -> Result:
    return Result(_Kept(*parts))
