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


def _shown(text: str) -> str:
    """Names of files and of what a model holds are in errors, and errors are printed on terminals: control characters,
    characters that turn a line around and bytes that are no text are shown by their numbers."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


class Error(Exception):
    """What is wrong (`what`), where (`where`, which may be empty), and what to do (`remedy`). `code` is a stable name."""

    __module__ = "paperkite"
    code: str = "error"
    _usual_remedy: str = ""  # where an error has none of its own

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        Exception.__init__(self, what, where, remedy)  # not OSError's, whose arguments mean other things
        self.what = what
        self.where = where
        self.remedy = remedy or self._usual_remedy

    def __str__(self) -> str:
        return _shown("; ".join(part for part in (self.what, self.where, self.remedy) if part))


class UsageError(Error, ValueError):
    """An argument that cannot mean anything, or a call of a classifier that is closed."""

    __module__ = "paperkite"
    code = "usage"
    _usual_remedy = "correct this argument"


class InvalidModelError(Error):
    """The model, or a file beside it, contradicts its own format."""

    __module__ = "paperkite"
    code = "invalid-model"
    _usual_remedy = "correct the file at this place, or export or download it again"


class UnsupportedModelError(Error):
    """A valid model that needs something which paperkite does not have."""

    __module__ = "paperkite"
    code = "unsupported-model"
    _usual_remedy = "export the model without it"


class InvalidInputError(Error, ValueError):
    """A tensor that does not fit the model."""

    __module__ = "paperkite"
    code = "invalid-input"
    _usual_remedy = "pass tensors that fit what the model states"


class InvalidImageError(Error, ValueError):
    """Bytes or an array that are not a readable picture."""

    __module__ = "paperkite"
    code = "invalid-image"
    _usual_remedy = "save, copy or download the picture again"


class UnsupportedImageError(Error):
    """A valid picture in a format or mode that paperkite does not read."""

    __module__ = "paperkite"
    code = "unsupported-image"
    _usual_remedy = "convert the picture to PNG"


class LimitError(Error):
    """A budget of bytes, elements or pixels would be exceeded."""

    __module__ = "paperkite"
    code = "limit"
    _usual_remedy = "pass something smaller, or raise the limit"


class IoError(Error, OSError):
    """The operating system refused."""

    __module__ = "paperkite"
    code = "io"
    _usual_remedy = "check the path, the permissions and the free space"


class InterruptedCallError(Error):
    """The call was stopped before this was done."""

    __module__ = "paperkite"
    code = "interrupted"
    _usual_remedy = "call it again"


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
