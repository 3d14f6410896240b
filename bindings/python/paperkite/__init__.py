# SPDX-License-Identifier: Apache-2.0
"""Pictures in, labels out: ONNX classifiers on the CPU.

    >>> import paperkite
    >>> classifier = paperkite.Classifier("model.onnx")
    >>> classifier("photo.jpg").label
    'Paper Kite'

`numpy` is imported when an array is asked for, and not before."""

import atexit as _atexit

import paperkite._native as _native
from paperkite._classifier import Classifier, Decision, Explanation
from paperkite._errors import (
    Error,
    InterruptedCallError,
    InvalidImageError,
    InvalidInputError,
    InvalidModelError,
    IoError,
    LimitError,
    Notice,
    UnsupportedImageError,
    UnsupportedModelError,
    UsageError,
)
from paperkite._errors import check as _check
from paperkite._pictures import InputTensor
from paperkite._result import Prediction, Result, Timings

__version__: str = _native.version

__all__ = [
    "Classifier",
    "Decision",
    "Error",
    "Explanation",
    "InputTensor",
    "InterruptedCallError",
    "InvalidImageError",
    "InvalidInputError",
    "InvalidModelError",
    "IoError",
    "LimitError",
    "Notice",
    "Prediction",
    "Result",
    "Timings",
    "UnsupportedImageError",
    "UnsupportedModelError",
    "UsageError",
    "set_threads",
    "threads",
]


def threads() -> int:
    """How many threads all classifiers and sessions of this process compute on at one time: what the process may use
    (affinity, control group, physical cores), and not more than OMP_NUM_THREADS says, unless set_threads() says otherwise."""
    return _native.threads()


def set_threads(count: int | None) -> None:
    """Sets that limit; None: what it is by default. Calls that are running keep the threads that they have."""
    from paperkite._options import whole_number

    _check(_native.set_threads(0 if count is None else whole_number("count", count, 1, 1024)))


_atexit.register(_native.end_calls)
