# SPDX-License-Identifier: Apache-2.0
"""One model for a worker process, and one plan for all worker processes of a machine.

The engine maps a model's plan from the cache folder, so processes that open the same file have one copy of the weights in
memory. Two things would spoil that: bytes that have no file, which therefore are kept as one in the cache folder; and
workers that start together, of which each would make a plan of its own, so the first one makes it and the others wait."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import tempfile
import threading
import warnings

from paperkite import Classifier, IoError, Notice, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_MOST_OPEN = 2  # a worker of a long session sees one model after the other
_open: dict[Any, Classifier] = {}  # the least recently used first
_guard = threading.Lock()


def _renew_guard() -> None:
    global _guard
    _guard = threading.Lock()  # another thread of the parent may have held it


os.register_at_fork(after_in_child=_renew_guard)


def cache_folder(stated: Any) -> pathlib.Path | None:
    """Where the engine keeps plans; None where it does not know a folder."""
    if stated is not None:
        return pathlib.Path(os.fsdecode(stated))
    for variable, below in (("KITE_CACHE_DIR", "."), ("XDG_CACHE_HOME", "paperkite"), ("HOME", ".cache/paperkite")):
        if os.environ.get(variable):
            return pathlib.Path(os.environ[variable], below)
    return None


def _is_own(folder: pathlib.Path) -> bool:
    """Whether nobody else may write into it: what the engine asks of its cache folder, too."""
    state = folder.stat()
    return state.st_uid == os.geteuid() and not state.st_mode & 0o022


def _models_folder(cache_dir: Any) -> pathlib.Path:
    root = cache_folder(cache_dir)
    if root is None:
        raise OSError("neither KITE_CACHE_DIR, XDG_CACHE_HOME nor HOME is set")
    folder = root / "models"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in (root, folder):
        if not _is_own(each):
            raise OSError(f"{each} belongs to another user, or other users may write to it")
    return folder


@contextlib.contextmanager
def _one_at_a_time(folder: pathlib.Path, name: str) -> Iterator[None]:
    """Waits while another process of this machine holds `name`. Where the file system has no locks, nobody waits."""
    import fcntl

    with open(folder / f"{name}.lock", "wb") as file:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _file_of(content: bytes, digest: str, folder: pathlib.Path) -> pathlib.Path:
    """The content as a file, which other processes may have written already. Called by one process at a time."""
    path = folder / f"{digest}.model"
    try:
        if _digest(path.read_bytes()) == digest:
            os.utime(path)  # for whoever clears the folder by age
            return path
    except FileNotFoundError:
        pass
    handle, name = tempfile.mkstemp(prefix=f"{digest}.", dir=folder)
    try:
        with open(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return path


class ModelSource:
    """Where a worker gets its model: a path that it can read, or bytes that came with the task.

    The bytes may be wrapped as the engines ship large values: a broadcast variable of Spark (anything with `value`), or a
    reference of Ray, which is read with the `ray` that the worker has imported already."""

    def __init__(self, model: Any) -> None:
        if isinstance(model, (bytearray, memoryview)):
            model = bytes(model)
        if isinstance(model, str) or hasattr(model, "__fspath__"):
            model = os.path.abspath(os.fsdecode(model))  # a worker may run in another folder
        self._model = model
        self._digest = _digest(model) if isinstance(model, bytes) else None
        if self._digest is None and not self.is_path and not self._is_wrapped:
            raise UsageError(f"the model is of the type {type(model).__name__}", "",
                             "pass a path, bytes, a broadcast variable of Spark or a reference of Ray")

    @property
    def is_path(self) -> bool:
        return isinstance(self._model, str)

    @property
    def _is_wrapped(self) -> bool:
        return hasattr(self._model, "value") or type(self._model).__name__ == "ObjectRef"

    def _content(self) -> bytes:
        model = self._model
        if isinstance(model, bytes):
            return model
        if hasattr(model, "value"):
            content = model.value
        else:
            import sys

            content = sys.modules["ray"].get(model)
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise UsageError(f"the model that was shipped is of the type {type(content).__name__}", "", "ship its bytes")
        return bytes(content)

    def _key(self) -> Any:
        if self.is_path:
            try:
                state = os.stat(self._model)
            except OSError:
                return self._model  # opening it says what is wrong
            return self._model, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
        if self._digest is None:
            self._digest = _digest(self._content())
        return self._digest

    def _opened(self, options: dict[str, Any], key: Any) -> Classifier:
        try:
            folder = _models_folder(options.get("cache_dir"))
            name = hashlib.sha256(repr(key).encode("utf-8", "surrogateescape")).hexdigest()[:32]
            with _one_at_a_time(folder, name):
                model = self._model if self.is_path else _file_of(self._content(), key, folder)
                return Classifier(model, **options)
        except OSError as error:
            if isinstance(error, IoError):
                raise  # the model's own
            warnings.warn(f"the workers of this machine share no memory for the model's weights: {error}", Notice, stacklevel=2)
        return Classifier(self._model if self.is_path else self._content(), **options)

    def classifier(self, options: dict[str, Any]) -> Classifier:
        """The one of this process."""
        with _guard:
            key = self._key()
            entry = key, repr(sorted(options.items()))
            classifier = _open.pop(entry, None) or self._opened(options, key)
            _open[entry] = classifier
            while len(_open) > _MOST_OPEN:
                del _open[next(iter(_open))]
            return classifier
