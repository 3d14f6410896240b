# SPDX-License-Identifier: Apache-2.0
"""Whatever a picture comes as, made into the extension's Picture. Neither Pillow nor numpy is imported for it."""

from __future__ import annotations

import paperkite._native as _native
from paperkite._errors import Error, InvalidImageError, UsageError, check
from paperkite._options import path_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

class InputTensor:
    """A picture as the tensor that the model gets, where a program of its own has prepared it: an array of the type that
    Classifier.preprocess() gives, one row where the model takes several pictures. A Classifier takes it as a picture."""

    __module__ = "paperkite"
    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array

    @property
    def nbytes(self) -> int:
        return int(getattr(self.array, "nbytes", 0))


_ORIENTATION = 0x0112  # the number of the EXIF tag


def _is_pillow(picture: Any) -> bool:
    kind = type(picture)
    return hasattr(kind, "convert") and hasattr(kind, "tobytes") and hasattr(picture, "mode") and hasattr(picture, "size")


def _has_buffer(picture: Any) -> bool:
    try:
        memoryview(picture).release()
    except TypeError:
        return False
    except (BufferError, ValueError):  # it has one and cannot show it, as numpy's dates: the extension says why
        return True
    return True


def is_picture(picture: Any) -> bool:
    """Whether it is one picture, and not several."""
    return (isinstance(picture, (str, bytes, bytearray, memoryview, InputTensor)) or hasattr(picture, "__fspath__") or _is_pillow(picture)
            or hasattr(picture, "__dlpack__") or type(picture).__name__ == "PyCapsule" or _has_buffer(picture))


def _of_pillow(picture: Any) -> _native.Picture:
    try:
        if hasattr(picture, "load"):
            picture.load()  # which may change the mode, and may turn the picture (TIFF) and take the tag away
        # A GIF of mode "L" may have colours: only RGB is what it says.
        pixels = picture if picture.mode == "RGB" else picture.convert("RGB")
        content = pixels.tobytes()
        width, height = pixels.size
        tag = picture.getexif().get(_ORIENTATION, 0) if hasattr(picture, "getexif") else 0
    except Exception as error:
        raise InvalidImageError(f"Pillow cannot give the pixels of the picture: {error}") from error
    orientation = tag if isinstance(tag, int) and 1 <= tag <= 8 else 0
    if width <= 0 or height <= 0:
        raise InvalidImageError(f"the picture has the size {width} x {height} and holds no pixel")
    try:
        return _native.picture_of_packed(content, height, width, 3, orientation)
    except (TypeError, ValueError) as error:
        raise InvalidImageError(f"the object looks like a picture of Pillow, and its pixels are not: {error}") from error


def picture_of(picture: Any) -> _native.Picture:
    """Raises an Error where it is none."""
    if isinstance(picture, bytes):
        return _native.picture_of_file(picture)
    if isinstance(picture, InputTensor):
        import numpy

        return check(_native.picture_of_tensor(numpy.ascontiguousarray(picture.array)))
    if isinstance(picture, str) or hasattr(picture, "__fspath__"):
        return _native.picture_of_path(path_bytes("the picture's path", picture))
    if _is_pillow(picture):
        return _of_pillow(picture)
    if is_picture(picture):
        return check(_native.picture_of_array(picture))
    raise UsageError(f"an object of the type {type(picture).__name__} is not a picture", "",
                     "pass a path, the bytes of a file, a picture of Pillow, or an array of uint8, height x width x 3")


def picture_or_error(picture: Any) -> _native.Picture | Error:
    """The same for one of many, whose error must not take the others along."""
    try:
        return picture_of(picture)
    except Error as error:
        return error
    except Exception as error:  # raised by the object itself
        wrapped = InvalidImageError(f"the picture cannot be read: {type(error).__name__}: {error}")
        wrapped.__cause__ = error
        return wrapped
