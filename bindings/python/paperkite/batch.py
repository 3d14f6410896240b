# SPDX-License-Identifier: Apache-2.0
"""Pictures of a whole cluster: the callable that Ray Data and Spark run in their workers. Neither is imported here.

    >>> from paperkite.batch import Predictor
    >>> dataset.map_batches(Predictor, fn_constructor_kwargs={"model": "model.onnx"}, ...)          # Ray Data
    >>> frame.mapInPandas(predictor := Predictor("model.onnx"), predictor.schema)                   # Spark
"""

from __future__ import annotations

import os
import sys

import paperkite
from paperkite import InputTensor, InvalidImageError, UsageError
from paperkite._frames import ANSWER_COLUMNS, frame_of, is_null
from paperkite._options import whole_number
from paperkite._worker_model import ModelSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    import numpy

__all__ = ["Predictor"]

# What the readers of Ray Data (bytes, image) and Spark (content) call the column.
_USUAL_COLUMNS = ("bytes", "content", "image", "picture")


def granted_threads() -> int | None:
    """For paperkite.set_threads(); None: what the engine finds itself. Ray and Spark state in OMP_NUM_THREADS how many
    processors a worker has, and Ray states another number where a process gets its next task. Where they leave it out, a
    worker has one: its neighbours have the others."""
    stated = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if stated.isdecimal() and int(stated) > 0:
        return min(int(stated), len(os.sched_getaffinity(0)))
    return 1 if "ray" in sys.modules or "pyspark" in sys.modules else None


class Predictor:
    """Classifies the pictures in one column of the batches that it is called with.

    1. `model`: a path that every worker can read; or the bytes of a model, also in a broadcast variable of Spark or a
       reference of Ray. It is opened at the first picture, once for a process, however many tasks and Predictors it runs.
    2. `column`: holds encoded pictures, paths, or arrays of uint8 (height x width x 3). By default the one of "bytes",
       "content", "image" and "picture" that the batch has; a struct of `bytes` and `path` is a picture, too.
    3. `keep`: the other columns that the answer has, by default all of them. `prefix` comes before the names of the new
       columns. `top`: as many classes in the lists.
    4. `batch_size`: at most so many pictures are classified at a time; by default all of a batch.
    5. `threads`: that this worker computes on; by default what OMP_NUM_THREADS says, which Ray and Spark both set.
    6. `options`: keywords of paperkite.Classifier.

    Each row that comes in goes out, in the same order. Where its picture is missing or cannot be read, `error` holds the
    name of the error and `error_text` what is wrong; both are null in all other rows. A model that cannot be opened raises
    paperkite.Error."""

    def __init__(
        self,
        model: Any,
        *,
        column: str | None = None,
        keep: Sequence[str] | None = None,
        top: int = 5,
        prefix: str = "",
        batch_size: int | None = None,
        threads: int | None = None,
        **options: Any,
    ) -> None:
        self._source = ModelSource(model)
        self._column = column
        self._keep = None if keep is None else [keep] if isinstance(keep, str) else list(keep)
        self._top = whole_number("top", top, 1, 2**31 - 1)
        self._prefix = prefix
        self._batch_size = None if batch_size is None else whole_number("batch_size", batch_size, 1, 2**31 - 1)
        self._threads = None if threads is None else whole_number("threads", threads, 1, 1024)
        known = paperkite.Classifier.__init__.__kwdefaults__ or {}
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise UsageError(f"there is no option {unknown[0]}", "", "see paperkite.Classifier for the options")
        self._options = options

    @property
    def schema(self) -> str:
        """The new columns and their types as Spark writes them; those that are kept stand before them."""
        return self._ddl(name for name, _, _ in ANSWER_COLUMNS)

    def __call__(self, batch: Any) -> Any:
        """The batch with answers: of a dict of arrays a Table of pyarrow, else of the kind that came. Of an iterator of
        batches an iterator."""
        frame = frame_of(batch)
        if frame is None:
            if not hasattr(batch, "__next__"):
                raise UsageError(f"a batch of the type {type(batch).__name__} is not known", "",
                                 "pass a dict of arrays, a DataFrame of pandas, or a Table of pyarrow")
            return self._each(batch)
        column = self._column_of(frame.names)
        kept = self._kept(frame.names, column)
        return frame.answers(kept, self.classify(frame.pictures(column)), self._prefix)

    def _each(self, batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            yield self(batch)

    def _column_of(self, names: list[str]) -> str:
        found = [name for name in ([self._column] if self._column is not None else _USUAL_COLUMNS) if name in names]
        if len(found) == 1:
            return found[0]
        wrong = (f'the batch has no column "{self._column}"' if self._column is not None
                 else "the column of the pictures is not known" if not found else f"several columns may hold the pictures: {found}")
        raise UsageError(f"{wrong}; its columns are {names}", "", "say which one with column=")

    def _kept(self, names: list[str], column: str) -> list[str]:
        kept = self._keep if self._keep is not None else [name for name in names if name != column]
        missing = [name for name in kept if name not in names]
        if missing:
            raise UsageError(f'the batch has no column "{missing[0]}" that could be kept; its columns are {names}')
        taken = [name for name, _, _ in ANSWER_COLUMNS if self._prefix + name in kept]
        if taken:
            raise UsageError(f'the batch has a column "{self._prefix}{taken[0]}" already', "",
                             'name the new columns with prefix="predicted_", or leave that one out with keep=[...]')
        return list(kept)

    def _classifier(self) -> paperkite.Classifier:
        threads = self._threads if self._threads is not None else granted_threads()
        if threads is not None and threads != paperkite.threads():
            paperkite.set_threads(threads)
        return self._source.classifier(self._options)

    def _results(self, pictures: Sequence[Any]) -> Iterator[paperkite.Result]:
        """One for each that is not None."""
        present = [picture for picture in pictures if picture is not None]
        if not present:
            return
        classifier = self._classifier()
        size = self._batch_size or len(present)
        for begin in range(0, len(present), size):
            # Without announcements: a worker's warnings are read by nobody, and the rows have them.
            yield from classifier._answers(present[begin : begin + size], self._top)

    def classify(self, pictures: Iterable[Any]) -> dict[str, list[Any]]:
        """The columns of the answers for these values of the column."""
        held = [_picture_of(value) for value in pictures]
        results = self._results(held)
        columns: dict[str, list[Any]] = {name: [] for name, _, _ in ANSWER_COLUMNS}
        for picture in held:
            result = next(results) if picture is not None else paperkite.Result(None, _MISSING)
            for name, value in zip(columns, _row_of(result)):
                columns[name].append(value)
        return columns

    @property
    def tensor_schema(self) -> str:
        """The same for make_predict_fn(), which gives no notices: Spark wants as many elements in every row there."""
        return self._ddl(name for name, _, _ in ANSWER_COLUMNS if name != "notices")

    def _ddl(self, names: Iterable[str]) -> str:
        types = {name: spark for name, spark, _ in ANSWER_COLUMNS}
        return ", ".join(f"`{self._prefix}{name}` {types[name]}" for name in names)

    def make_predict_fn(self) -> Callable[[Any], dict[str, Any]]:
        """For Spark's predict_batch_udf: a function of one array, in which each row is a picture. Rows of whole numbers are
        pixels (height x width x 3, from 0 to 255, of any integer type, because Spark has no bytes without a sign). Rows of
        floating-point numbers are tensors that are prepared already, as Classifier.preprocess() gives them, without the axis
        of pictures."""
        return self._predict

    def _predict(self, rows: numpy.ndarray[Any, Any]) -> dict[str, Any]:
        import numpy

        columns = self.classify([_picture_of_row(row) for row in rows])
        out = {}
        for name, spark, arrow in ANSWER_COLUMNS:
            if name == "notices":
                continue
            absent = {"int64": -1, "float32": numpy.nan, "string": None}[arrow]
            values = columns[name]
            if spark.startswith("array"):
                width = max((len(each) for each in values if each is not None), default=0)
                values = [[*(each or ()), *[absent] * width][:width] for each in values]
            dtype = object if arrow == "string" else arrow
            column = numpy.empty((len(values), *([width] if spark.startswith("array") else [])), dtype)
            for place, value in enumerate(values):
                column[place] = absent if value is None else value
            out[self._prefix + name] = column
        return out


def _picture_of_row(row: Any) -> Any:
    """What a row of an array is to a Classifier; whatever is neither pixels nor a tensor is left for it to refuse."""
    if getattr(row, "ndim", 0) < 2:
        return row
    if row.dtype.kind == "f":
        return InputTensor(row[None])
    if row.dtype.kind in "iu" and row.dtype.itemsize > 1 and row.size > 0 and row.min() >= 0 and row.max() <= 255:
        return row.astype("uint8")
    return row


_MISSING = InvalidImageError("the row has no picture: it is null", "", "filter such rows out, or read `error`")


def _picture_of(value: Any) -> Any:
    """What a Classifier takes; None for a null."""
    if is_null(value):
        return None
    if isinstance(value, dict) and "bytes" in value:  # as Hugging Face's datasets store a picture
        content = value["bytes"]
        return _picture_of(content if not is_null(content) else value.get("path"))
    return value


def _row_of(result: paperkite.Result) -> tuple[Any, ...]:
    """In the order of ANSWER_COLUMNS."""
    error = result.error
    if error is not None:
        return None, None, None, None, None, None, None, error.code, str(error)
    top = result.top
    labels = [each.label or None for each in top]
    indices = [each.index for each in top]
    scores = [each.score if each.score == each.score else None for each in top]
    best = (labels[0], indices[0], scores[0]) if top else (None, None, None)
    return (*best, labels, indices, scores, result.warnings, None, None)
