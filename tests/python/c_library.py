# SPDX-License-Identifier: Apache-2.0
"""libpaperkite through its C ABI: just what answering a model's tensors and a picture needs."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_char_p, c_float, c_int32, c_int64, c_size_t, c_void_p
from pathlib import Path

import numpy as np

FLOAT32, COPY = 1, 0
RESULTS = {  # what a function gives, where that is not an error
    "paperkite_error_message": c_char_p,
    "paperkite_session_input_count": c_size_t,
    "paperkite_tensor_dims": ctypes.POINTER(c_int64),
    "paperkite_tensor_data": c_void_p,
    "paperkite_tensor_dtype": c_int32,
    "paperkite_tensor_rank": c_int32,
    "paperkite_classifier_class_count": c_int64,
    "paperkite_result_scores": ctypes.POINTER(c_float),
    "paperkite_options_free": None,
    "paperkite_session_free": None,
    "paperkite_classifier_free": None,
    "paperkite_picture_free": None,
    "paperkite_tensor_free": None,
    "paperkite_result_free": None,
    "paperkite_error_free": None,
}


class Library:
    def __init__(self, path: Path, threads: int):
        self._library = ctypes.CDLL(str(path))
        self._check("set_compute_threads", c_int32(threads))

    def _function(self, name: str):
        function = getattr(self._library, f"paperkite_{name}")
        function.restype = RESULTS.get(f"paperkite_{name}", c_void_p)
        return function

    def _check(self, name: str, *arguments) -> None:
        error = self._function(name)(*arguments)
        if error:
            message = self._function("error_message")(c_void_p(error)).decode()
            self._function("error_free")(c_void_p(error))
            raise RuntimeError(f"paperkite_{name}(): {message}")

    def _open(self, kind: str, model: Path, **options) -> c_void_p:
        stated, opened = c_void_p(), c_void_p()
        self._check("options_new", byref(stated))
        for name, value in options.items():
            self._check("options_set", stated, name.replace("_", "-").encode(), str(value).encode())
        try:
            self._check(f"{kind}_open", str(model).encode(), stated, byref(opened))
        finally:
            self._function("options_free")(stated)
        return opened

    def open_session(self, model: Path, **options) -> Session:
        return Session(self, self._open("session", model, **options))

    def open_classifier(self, model: Path, **options) -> Classifier:
        return Classifier(self, self._open("classifier", model, **options))


class Session:
    def __init__(self, library: Library, handle: c_void_p):
        self._library, self._handle = library, handle

    def run(self, x: np.ndarray) -> np.ndarray:
        """x: dense float32, the only input; the first output."""
        call, check = self._library._function, self._library._check
        given, output = c_void_p(), c_void_p()
        dims = (c_int64 * x.ndim)(*x.shape)
        check("tensor_new", c_int32(FLOAT32), dims, c_int32(x.ndim), x.ctypes.data_as(c_void_p), c_size_t(x.nbytes), c_int32(COPY), byref(given))
        check("session_run", self._handle, byref(given), c_size_t(1), byref(c_size_t(0)), c_size_t(1), byref(output))
        assert call("tensor_dtype")(output) == FLOAT32
        shape = call("tensor_dims")(output)[: call("tensor_rank")(output)]
        values = np.ctypeslib.as_array(ctypes.cast(call("tensor_data")(output), ctypes.POINTER(c_float)), shape).copy()
        call("tensor_free")(given)
        call("tensor_free")(output)
        return values

    def close(self) -> None:
        self._library._function("session_free")(self._handle)


class Classifier:
    def __init__(self, library: Library, handle: c_void_p):
        self._library, self._handle = library, handle

    def class_count(self) -> int:
        return self._library._function("classifier_class_count")(self._handle)

    def classify(self, picture: Path) -> np.ndarray:
        """The scores of all classes."""
        call, check = self._library._function, self._library._check
        opened, result, count = c_void_p(), c_void_p(), c_size_t()
        check("picture_from_file", str(picture).encode(), byref(opened))
        check("classify", self._handle, opened, c_int32(1), byref(result))
        scores = np.ctypeslib.as_array(call("result_scores")(result, byref(count)), (count.value,)).copy()
        call("result_free")(result)
        call("picture_free")(opened)
        return scores

    def close(self) -> None:
        self._library._function("classifier_free")(self._handle)
