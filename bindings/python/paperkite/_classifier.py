# SPDX-License-Identifier: Apache-2.0
"""Classifier: one model, for all threads of a program."""

from __future__ import annotations

import os
from collections import namedtuple
from collections.abc import Mapping, Sequence

import paperkite._native as _native
from paperkite._errors import Error, UsageError, announce, check, error_of, with_keywords
from paperkite._options import LabelsFile, native_options, path_bytes, whole_number
from paperkite._pictures import is_picture, picture_of, picture_or_error
from paperkite._result import Result, array_over, score_kind_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike
    from types import TracebackType
    from typing import Any, NamedTuple, Protocol, TypeAlias, overload

    import numpy
    import numpy.typing
    from typing_extensions import Buffer

    from paperkite._pictures import InputTensor

    class _Pillow(Protocol):
        @property
        def mode(self) -> str: ...
        @property
        def size(self) -> tuple[int, int]: ...
        def tobytes(self) -> bytes: ...

    class _DLPack(Protocol):
        def __dlpack__(self) -> Any: ...

    Path: TypeAlias = str | PathLike[str]
    Picture: TypeAlias = Path | Buffer | _Pillow | _DLPack | InputTensor

    class Decision(NamedTuple):
        """One thing that had to be decided before the model could answer, and which source decided it."""

        subject: str
        value: str
        source: str
        is_guess: bool

else:
    Decision = namedtuple("Decision", "subject value source is_guess", module="paperkite")
    Decision.__doc__ = "One thing that had to be decided before the model could answer, and which source decided it."

_PICTURES_AT_A_TIME = 16  # for each thread; a thread that has none left waits for the others at the end of each portion


class Explanation(list[Decision]):
    """Decisions; as a text, a line for each."""

    __module__ = "paperkite"

    def __str__(self) -> str:
        width = max((len(each.subject) for each in self), default=0)
        return "\n".join(f"{each.subject:{width}}  {each.value}  ({each.source}{', a guess' if each.is_guess else ''})" for each in self)


class Classifier:
    """A model with the labels and the preprocessing that belong to it.

    `model` is the path of a model, or the bytes of an ONNX file or of a plan. Any number of threads may call one object, a
    forked child may go on with it, and pickle carries its path (or its bytes) and its options. All classifiers of a
    process together compute on at most paperkite.threads() threads."""

    __module__ = "paperkite"
    __slots__ = ("__weakref__", "_labels", "_model", "_options", "_pool")

    _labels: tuple[str, ...]
    _pool: _native.ClassifierPool | None

    def __init__(
        self,
        model: Path | bytes,
        *,
        threads: int | None = None,
        isa: str | None = None,
        labels: Path | Sequence[str] | None = None,
        recipe: Path | dict[str, Any] | None = None,
        cache: bool = True,
        cache_dir: Path | None = None,
        size: int | tuple[int, int] | str | None = None,
        scores_from: str | None = None,
        activation: str | None = None,
        threshold: float | None = None,
        raw: bool = False,
        exif: str | None = None,
        processor: str | None = None,
        data_dirs: Path | Sequence[Path] = (),
        memory_limit: int | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        options = {
            "threads": threads, "isa": isa, "labels": labels, "recipe": recipe, "cache": cache, "cache_dir": cache_dir,
            "size": size, "scores_from": scores_from, "activation": activation, "threshold": threshold, "raw": raw,
            "exif": exif, "processor": processor, "data_dirs": data_dirs, "memory_limit": memory_limit,
            "limits": limits,
        }
        announce(self._open(model, options), stacklevel=2)

    def _open(self, model: Any, options: dict[str, Any]) -> list[str]:
        """What there is to announce."""
        if isinstance(model, (bytearray, memoryview)):
            model = bytes(model)  # it might change, and a pickle must hold it
        is_path = not isinstance(model, bytes)
        content = path_bytes("model", model) if is_path else model
        with LabelsFile(options["labels"]) as labels:
            self._pool = labels.check(_native.open_classifier(content, is_path, **native_options({**options, "labels": labels.path})))
        # A worker of multiprocessing may run in another folder.
        self._model: str | bytes = os.path.abspath(os.fsdecode(content)) if is_path else model
        self._options = options
        return [labels.in_words(text) for text in self._pool.warnings()]

    def _open_pool(self) -> _native.ClassifierPool:
        pool: _native.ClassifierPool | None = getattr(self, "_pool", None)
        if pool is None:  # or it was never open
            raise UsageError("the classifier is closed", "", "open another one")
        return pool

    if TYPE_CHECKING:

        # A str is an Iterable of pictures as well, and the first that fits holds.
        @overload
        def __call__(self, pictures: Picture, k: int = 5) -> Result: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, pictures: Sequence[Picture], k: int = 5) -> list[Result]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, pictures: Iterable[Picture], k: int = 5, *, look_ahead: int | None = None) -> Iterator[Result]: ...
        def __call__(self, pictures: Any, k: int = 5, *, look_ahead: int | None = None) -> Any: ...

    else:

        def __call__(self, pictures, k=5, *, look_ahead=None):
            """The Result of one picture; a list of them for a list or another Sequence of pictures; an iterator of them for any
            other iterable, of which at most `look_ahead` pictures are read before their results are asked for.

            A picture is a path, the bytes of a file, a picture of Pillow, or an array of uint8 (height x width x 3, or
            height x width). `k` classes are in Result.top. Of several pictures each is classified on one thread, side by
            side; one that cannot be read has its error in Result.error. For a single picture the error is raised."""
            k = whole_number("k", k, 1, 2**31 - 1)
            is_one = not isinstance(pictures, (list, tuple)) and is_picture(pictures)
            if not is_one and isinstance(pictures, Sequence):
                return self._classify_list(pictures, k)
            if is_one:
                result = Result(check(self._open_pool().classify(picture_of(pictures), k)))
                announce(result.warnings, stacklevel=2)
                return result
            try:
                iterator = iter(pictures)
            except TypeError:
                picture_of(pictures)  # raises, and says what a picture is
                raise
            most = _PICTURES_AT_A_TIME * self.threads if look_ahead is None else whole_number("look_ahead", look_ahead, 1, 2**31 - 1)
            return self._classify_stream(iterator, k, most)

    def _classify_list(self, pictures: Sequence[Any], k: int) -> list[Result]:
        portion = _PICTURES_AT_A_TIME * self.threads
        results: list[Result] = []
        pictures = list(pictures)  # which others may change meanwhile
        for begin in range(0, len(pictures), portion):
            results += self._classify_portion(pictures[begin : begin + portion], k, stacklevel=4)
        return results

    def _classify_stream(self, pictures: Iterator[Any], k: int, most: int) -> Iterator[Result]:
        # The first answers come early, the later portions keep all threads busy.
        size = min(self.threads, most)
        while True:
            portion = []
            try:
                for picture in pictures:
                    portion.append(picture)
                    if len(portion) == size:
                        break
            except Exception:
                # What was read before the iterator failed has its answers first.
                yield from self._classify_portion(portion, k, stacklevel=3)
                raise
            if not portion:
                return
            yield from self._classify_portion(portion, k, stacklevel=3)
            size = min(2 * size, most)

    def _answers(self, pictures: Sequence[Any], k: int) -> list[Result]:
        """One for each; their warnings are not announced."""
        pool = self._open_pool()
        held = [picture_or_error(picture) for picture in pictures]
        answers = iter(pool.classify_all([each for each in held if not isinstance(each, Error)], k))
        results = []
        for each in held:
            answer = each if isinstance(each, Error) else next(answers)
            if isinstance(answer, _native.Failure):
                answer = error_of(answer)
            results.append(Result(None, answer) if isinstance(answer, Error) else Result(answer))
        return results

    def _classify_portion(self, pictures: Sequence[Any], k: int, stacklevel: int) -> list[Result]:
        results = self._answers(pictures, k)
        for result in results:
            if result.error is None:
                announce(result.warnings, stacklevel=stacklevel)
        return results

    def preprocess(self, picture: Picture) -> numpy.typing.NDArray[Any]:
        """The tensor that the model gets for a picture; over the engine's memory, without a copy."""
        tensor: numpy.typing.NDArray[Any] = array_over(check(self._open_pool().input_tensor(picture_of(picture))))
        return tensor

    @property
    def labels(self) -> tuple[str, ...]:
        """Of each class, in the order of their indices; empty where the model has none."""
        pool = self._open_pool()
        try:
            return self._labels
        except AttributeError:
            self._labels = tuple(pool.labels())
            return self._labels

    @property
    def recipe(self) -> dict[str, Any]:
        """What is done to a picture before the model gets it, as the keyword `recipe` takes it."""
        import json

        recipe: dict[str, Any] = json.loads(self._open_pool().recipe_json())
        return recipe

    def explain(self) -> Explanation:
        """Every decision that was made about the model, and its source: what `kite inspect` prints."""
        decisions = [Decision(subject, value, with_keywords(source), guess)
                     for subject, value, source, guess in self._open_pool().decisions()]
        if isinstance(self._options["labels"], (list, tuple)):
            decisions[0] = decisions[0]._replace(source="labels")  # the file of a moment says nothing
        return Explanation(decisions)

    @property
    def threads(self) -> int:
        """At most so many threads for one call."""
        return self._open_pool().threads()

    @property
    def isa(self) -> str:
        """The best instruction set that the model's kernels use."""
        return self._open_pool().isa()

    @property
    def classes(self) -> int:
        return self._open_pool().classes()

    @property
    def score_kind(self) -> str:
        """See Result.score_kind."""
        return score_kind_name(self._open_pool().score_kind())

    def close(self) -> None:
        """Lets go of the model, once the calls that are running have ended. A later call raises UsageError."""
        self._pool = None

    def __enter__(self) -> Classifier:
        self._open_pool()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        pool = getattr(self, "_pool", None)
        if pool is None:
            return "<paperkite.Classifier: closed>"
        model = repr(self._model) if isinstance(self._model, str) else f"{len(self._model)} bytes"
        return f"<paperkite.Classifier: {model}, {pool.classes()} classes, {pool.isa()}>"

    def __reduce__(self) -> Any:
        self._open_pool()
        return _reopened, (self._model, self._options)


def _reopened(model: str | bytes, options: dict[str, Any]) -> Classifier:
    """What a pickle becomes. Its notices were given where it was made."""
    classifier = Classifier.__new__(Classifier)
    classifier._open(model, options)
    return classifier
