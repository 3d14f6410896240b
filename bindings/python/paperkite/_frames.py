# SPDX-License-Identifier: Apache-2.0
"""The forms in which engines hand over a batch of rows: a dict of numpy arrays, a DataFrame of pandas, a Table or a
RecordBatch of pyarrow. Each is read and written with the library that made it, which is imported already then."""

from __future__ import annotations

import sys

from paperkite import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# The columns of an answer in their order: name, type in Spark's words, type in pyarrow's (of a list, of its elements).
ANSWER_COLUMNS = (
    ("label", "string", "string"),
    ("index", "bigint", "int64"),
    ("score", "float", "float32"),
    ("top_labels", "array<string>", "string"),
    ("top_indices", "array<bigint>", "int64"),
    ("top_scores", "array<float>", "float32"),
    ("notices", "array<string>", "string"),
    ("error", "string", "string"),
    ("error_text", "string", "string"),
)


def is_null(value: Any) -> bool:
    """None, and what pandas has for it in columns of objects."""
    return value is None or (isinstance(value, float) and value != value) or type(value).__name__ in ("NAType", "NaTType")


def _root(batch: Any) -> str:
    return type(batch).__module__.partition(".")[0]


class Frame:
    """A batch. `names` are its columns; answers() is the batch that goes back, with the columns `kept` before the answers."""

    def __init__(self, batch: Any) -> None:
        self.batch = batch

    @property
    def names(self) -> list[str]:
        raise NotImplementedError

    def pictures(self, name: str) -> list[Any]:
        raise NotImplementedError

    def answers(self, kept: list[str], columns: dict[str, list[Any]], prefix: str) -> Any:
        raise NotImplementedError


class _ArrowFrame(Frame):
    @property
    def names(self) -> list[str]:
        return list(self.batch.schema.names)

    def pictures(self, name: str) -> list[Any]:
        column = self.batch.column(name)
        if hasattr(column.type, "to_numpy") or hasattr(column.type, "shape"):  # a tensor in each row, as Ray stores them
            return list(_to_numpy(column))
        return list(column.to_pylist())

    def answers(self, kept: list[str], columns: dict[str, list[Any]], prefix: str) -> Any:
        fields = [self.batch.schema.field(name) for name in kept]
        return _arrow(type(self.batch), fields, [self.batch.column(name) for name in kept], columns, prefix)


def _to_numpy(column: Any) -> Any:
    chunks = getattr(column, "chunks", [column])
    for chunk in chunks:
        yield from chunk.to_numpy(zero_copy_only=False)


def _arrow(kind: Any, fields: list[Any], arrays: list[Any], columns: dict[str, list[Any]], prefix: str) -> Any:
    import pyarrow

    for name, spark, arrow in ANSWER_COLUMNS:
        element = pyarrow.type_for_alias(arrow)
        wanted = pyarrow.list_(element) if spark.startswith("array") else element
        fields.append(pyarrow.field(prefix + name, wanted))
        arrays.append(pyarrow.array(columns[name], wanted))
    return kind.from_arrays(arrays, schema=pyarrow.schema(fields))


class _NumpyFrame(Frame):
    """A dict of arrays, which Ray hands over by default. A Table goes back, whose types do not depend on the rows: of a
    block of broken pictures alone, arrays of None would become a block whose columns have another type."""

    @property
    def names(self) -> list[str]:
        return list(self.batch)

    def pictures(self, name: str) -> list[Any]:
        column = self.batch[name]
        if getattr(getattr(column, "dtype", None), "kind", "O") == "S":
            raise UsageError(f'the column "{name}" is of the type {column.dtype}, which loses zeros at the end of a file', "",
                             "pass an array of objects")
        return list(column)

    def answers(self, kept: list[str], columns: dict[str, list[Any]], prefix: str) -> Any:
        import pyarrow

        arrays = []
        for name in kept:
            try:
                arrays.append(pyarrow.array(self.batch[name]))
            except pyarrow.ArrowInvalid as error:
                raise UsageError(f'the column "{name}" cannot be kept: {error}', "",
                                 'leave it out with keep=[...], or ask for batch_format="pyarrow"') from None
        fields = [pyarrow.field(name, array.type) for name, array in zip(kept, arrays)]
        return _arrow(pyarrow.Table, fields, arrays, columns, prefix)


class _PandasFrame(Frame):
    @property
    def names(self) -> list[str]:
        return [str(name) for name in self.batch.columns]

    def pictures(self, name: str) -> list[Any]:
        return [value.to_numpy() if type(value).__name__ == "TensorArrayElement" else value for value in self.batch[name]]

    def answers(self, kept: list[str], columns: dict[str, list[Any]], prefix: str) -> Any:
        pandas = sys.modules["pandas"]
        types = {"index": "Int64", "score": "float32"}
        out = self.batch[kept].copy(deep=False)
        for name, _, _ in ANSWER_COLUMNS:
            values = columns[name]
            if name == "score":
                values = [float("nan") if value is None else value for value in values]
            out[prefix + name] = pandas.Series(values, index=out.index, dtype=types.get(name, "object"))
        return out


_KINDS: dict[tuple[str, str], Callable[[Any], Frame]] = {
    ("pandas", "DataFrame"): _PandasFrame,
    ("pyarrow", "Table"): _ArrowFrame,
    ("pyarrow", "RecordBatch"): _ArrowFrame,
}


def frame_of(batch: Any) -> Frame | None:
    """None where it is not one batch."""
    if isinstance(batch, dict):
        return _NumpyFrame(batch)
    kind = _KINDS.get((_root(batch), type(batch).__name__))
    return kind(batch) if kind is not None else None
