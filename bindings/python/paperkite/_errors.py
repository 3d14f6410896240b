# SPDX-License-Identifier: Apache-2.0
"""The exceptions, one class for each code of the engine."""

from __future__ import annotations

import paperkite._native as _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


class Notice(UserWarning):
    """What paperkite announces: a guess that it made, or a thing that it found and left out of account."""

    __module__ = "paperkite"


class Error(Exception):
    """What is wrong (`what`), where (`where`), and what to do (`remedy`); both may be empty. `code` is a stable name."""

    __module__ = "paperkite"
    code: str = "error"

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        Exception.__init__(self, what, where, remedy)  # not OSError's, whose arguments mean other things
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        return "; ".join(part for part in (self.what, self.where, self.remedy) if part)


class UsageError(Error, ValueError):
    """An argument that cannot mean anything, or a call of a classifier that is closed."""

    __module__ = "paperkite"
    code = "usage"


class InvalidModelError(Error):
    """The model, or a file beside it, contradicts its own format."""

    __module__ = "paperkite"
    code = "invalid-model"


class UnsupportedModelError(Error):
    """A valid model that needs something which paperkite does not have."""

    __module__ = "paperkite"
    code = "unsupported-model"


class InvalidInputError(Error, ValueError):
    """A tensor that does not fit the model."""

    __module__ = "paperkite"
    code = "invalid-input"


class InvalidImageError(Error, ValueError):
    """Bytes or an array that are not a readable picture."""

    __module__ = "paperkite"
    code = "invalid-image"


class UnsupportedImageError(Error):
    """A valid picture in a format or mode that paperkite does not read."""

    __module__ = "paperkite"
    code = "unsupported-image"


class LimitError(Error):
    """A budget of bytes, elements or pixels would be exceeded."""

    __module__ = "paperkite"
    code = "limit"


class IoError(Error, OSError):
    """The operating system refused."""

    __module__ = "paperkite"
    code = "io"


class InterruptedCallError(Error):
    """The call was stopped before this was done."""

    __module__ = "paperkite"
    code = "interrupted"


_CLASSES: dict[str, type[Error]] = {
    each.code: each
    for each in (
        UsageError,
        InvalidModelError,
        UnsupportedModelError,
        InvalidInputError,
        InvalidImageError,
        UnsupportedImageError,
        LimitError,
        IoError,
        InterruptedCallError,
    )
}

# The engine speaks of the flags of `kite`, which are keywords here.
_KEYWORDS = ("activation", "cache_dir", "exif", "isa", "labels", "limits", "memory_limit", "processor", "raw", "recipe", "scores_from", "size", "threads",
             "threshold")


def with_keywords(text: str) -> str:
    """A text of the engine for a reader who has keywords in place of flags."""
    if "--" not in text:
        return text
    import re

    def keyword(found: re.Match[str]) -> str:
        name = found[1].replace("-", "_")
        name = {"data_dir": "data_dirs"}.get(name, name)
        if name not in _KEYWORDS and name != "data_dirs":
            return found[0]
        if name == "raw":
            return "raw=True" + (found[2] or "")
        return f"{name}={found[2].lstrip()}" if found[2] else name

    text = re.sub(r"--limit ([a-z-]+)=NUMBER", r'limits={"\1": NUMBER}', text)
    # A value follows where the next word is no word of the sentence: NAME, HxW, 224x224, ignore|apply.
    text = re.sub(r"--([a-z]+(?:-[a-z]+)*)( (?:[A-Z][A-Zx]|[0-9\"]|[a-z]+\|))?", keyword, text)
    return text.replace("the flag", "the keyword")


def error_of(failure: _native.Failure) -> Error:
    """The exception for an error of the engine."""
    kind = _CLASSES.get(failure.code, Error)
    return kind(with_keywords(failure.what), with_keywords(failure.where), with_keywords(failure.remedy))


def check(answer: T | _native.Failure) -> T:
    """What a function of the extension returned, or the exception for its error."""
    if isinstance(answer, _native.Failure):
        raise error_of(answer)
    return answer


def announce(texts: list[str], stacklevel: int) -> None:
    """`stacklevel` as warnings.warn() counts it for the caller of this."""
    if texts:
        import warnings

        for text in texts:
            warnings.warn(with_keywords(text), Notice, stacklevel=stacklevel + 1)
