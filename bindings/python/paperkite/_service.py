# SPDX-License-Identifier: Apache-2.0
"""What every server over the engine needs, whichever framework carries it: a bounded queue, deadlines, and a model file that
may be replaced while requests are under way."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from paperkite import Classifier, Error, UsageError, threads
from paperkite._options import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from paperkite import Result

log = logging.getLogger("paperkite")

# What a client gets to see of an error: HTTP status, name of the gRPC status. Other codes are the server's own faults.
_STATUS = {
    "usage": (400, "INVALID_ARGUMENT"),
    "invalid-input": (400, "INVALID_ARGUMENT"),
    "invalid-image": (400, "INVALID_ARGUMENT"),
    "unsupported-image": (415, "INVALID_ARGUMENT"),
    "limit": (413, "INVALID_ARGUMENT"),
    "overloaded": (503, "RESOURCE_EXHAUSTED"),
    "deadline": (504, "DEADLINE_EXCEEDED"),
    "interrupted": (503, "UNAVAILABLE"),
}

_MOST_TEXT = 1000  # characters of an answer without labels


class Refusal(Exception):
    """An answer without labels. `code` is the name of an engine's error, or "overloaded" or "deadline"."""

    def __init__(self, code: str, text: str) -> None:
        if len(text) > _MOST_TEXT:  # it may quote what the client sent
            text = f"{text[:_MOST_TEXT // 2]} ... {text[-_MOST_TEXT // 2:]}"
        super().__init__(f"{code}: {text}".encode("utf-8", "replace").decode())
        self.code = code
        self.http_status, self.grpc_status = _STATUS.get(code, (500, "INTERNAL"))

    @staticmethod
    def of(error: Error, where: str = "") -> Refusal:
        return Refusal(error.code, f"{where}{error}")


class _Admission:
    """How much is in the queue or being computed. Counted on several threads."""

    def __init__(self, most_pictures: int, most_bytes: int) -> None:
        self.most_pictures = most_pictures
        self.most_bytes = most_bytes
        self._pictures = 0
        self._bytes = 0
        self._guard = threading.Lock()

    @property
    def pictures(self) -> int:
        return self._pictures

    def take(self, sizes: Sequence[int]) -> None:
        if len(sizes) > self.most_pictures or sum(sizes) > self.most_bytes:
            raise Refusal("limit", f"{len(sizes)} pictures of {sum(sizes)} bytes in one request; at most {self.most_pictures} "
                                   f"of {self.most_bytes} are taken; send them in several requests")
        with self._guard:
            if self._pictures + len(sizes) > self.most_pictures or self._bytes + sum(sizes) > self.most_bytes:
                raise Refusal("overloaded", f"{self._pictures} pictures are waiting already; try again later")
            self._pictures += len(sizes)
            self._bytes += sum(sizes)

    def give_back(self, size: int) -> None:
        with self._guard:
            self._pictures -= 1
            self._bytes -= size


def model_state(path: str) -> Any:
    """Of a file what tells it from another; of a folder that of its files."""
    names = [path]
    if os.path.isdir(path):
        names += sorted(os.path.join(folder, name) for folder, _, files in os.walk(path, followlinks=True) for name in files)
    states = []
    for name in names:
        state = os.stat(name)
        states.append((name, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
    return states


def _size_of(picture: Any) -> int:
    return len(picture) if isinstance(picture, bytes) else int(getattr(picture, "nbytes", 0))


class Service:
    """A model that answers requests.

    1. `queue`: so many pictures may wait while others are computed, in at most `queue_bytes`. What goes beyond is refused as
       "overloaded" at once.
    2. `timeout`: seconds after which a request that states no deadline is answered with "deadline". What has not begun then
       is not computed.
    3. `watch`: seconds between looks at the model's file. Where it has changed, and is the same at the next look, it is
       opened beside the present one, which answers until then. A file that cannot be opened is logged, and the present
       model stays. 0: only reload() does this.
    4. `on_computed`: called after each picture that was classified, on the thread that did it.
    5. `options`: keywords of paperkite.Classifier."""

    def __init__(
        self,
        model: Any,
        *,
        top: int = 5,
        queue: int = 64,
        queue_bytes: int = 256 << 20,
        timeout: float = 30.0,
        watch: float = 2.0,
        on_computed: Callable[[], None] = lambda: None,
        **options: Any,
    ) -> None:
        self.top = whole_number("top", top, 1, 2**31 - 1)
        if not timeout > 0 or not watch >= 0:
            raise UsageError(f"timeout is {timeout!r} and watch is {watch!r}", "", "pass seconds")
        self.timeout = float(timeout)
        self._model = model if isinstance(model, bytes) else os.path.abspath(os.fsdecode(model))
        self._options = options
        self._on_computed = on_computed
        self._workers = options.get("threads") or threads()
        self._admission = _Admission(self._workers + whole_number("queue", queue, 0, 2**31 - 1),
                                     whole_number("queue_bytes", queue_bytes, 1, 2**63 - 1))
        self._reloading = threading.Lock()
        self._state = self._present_state()
        self._classifier = Classifier(self._model, **options)
        self._jobs = ThreadPoolExecutor(self._workers, thread_name_prefix="paperkite")
        self._end = threading.Event()
        self._watcher = threading.Thread(target=self._watch, args=(watch,), name="paperkite-watch", daemon=True)
        if watch > 0 and self._state is not None:
            self._watcher.start()

    @property
    def classifier(self) -> Classifier:
        """The one that answers now."""
        return self._classifier

    def _present_state(self) -> Any:
        return None if isinstance(self._model, bytes) else model_state(self._model)

    def is_of(self, model: Any) -> bool:
        return isinstance(self._model, str) and isinstance(model, str) and os.path.abspath(model) == self._model

    @property
    def waiting(self) -> int:
        """Pictures in the queue or being computed."""
        return self._admission.pictures

    def deadline_in(self, seconds: float | None) -> float:
        """For classify(): so many seconds from now, and not after the service's own limit."""
        return time.monotonic() + (self.timeout if seconds is None else max(0.0, min(seconds, self.timeout)))

    async def classify(self, pictures: Sequence[Any], k: int | None = None, deadline: float | None = None) -> list[Result]:
        """A Result for each, in their order. A picture is bytes, an array or an InputTensor, and never a path."""
        if deadline is None:
            deadline = self.deadline_in(None)
        if any(not isinstance(picture, bytes) and not hasattr(picture, "nbytes") for picture in pictures):
            raise Refusal("usage", "a picture is neither bytes nor an array")
        if time.monotonic() >= deadline:
            raise Refusal("deadline", "the deadline has passed before the request was read")
        sizes = [_size_of(picture) for picture in pictures]
        self._admission.take(sizes)
        jobs: list[Future[Result | None]] = []
        try:
            for picture, size in zip(pictures, sizes):
                job = self._jobs.submit(self._answer, picture, self.top if k is None else k, deadline)
                job.add_done_callback(functools.partial(self._give_back, size))
                jobs.append(job)
        except RuntimeError:  # closed meanwhile
            for size in sizes[len(jobs):]:
                self._admission.give_back(size)
            raise Refusal("interrupted", "the service is closed") from None
        return await self._results(jobs, deadline)

    def _give_back(self, size: int, _: Future[Result | None]) -> None:
        self._admission.give_back(size)

    async def _results(self, jobs: list[Future[Result | None]], deadline: float) -> list[Result]:
        waited = [asyncio.wrap_future(job) for job in jobs]
        try:
            if waited:
                await asyncio.wait(waited, timeout=max(0.0, deadline - time.monotonic()))
            results = [future.result() if future.done() else None for future in waited]
        finally:
            for job in jobs:
                job.cancel()
        if any(result is None for result in results):
            raise Refusal("deadline", "the deadline has passed")
        return [result for result in results if result is not None]

    def _answer(self, picture: Any, k: int, deadline: float) -> Result | None:
        if time.monotonic() >= deadline:  # the loop that cancels jobs may be late
            return None
        result = self.classifier._answers([picture], k)[0]
        if result.error is None:
            self._on_computed()
        return result

    def reload(self) -> None:
        """Opens the model's file now, and answers with it from then on. Raises paperkite.Error, and the present model stays."""
        with self._reloading:
            for _ in range(3):
                state = self._present_state()
                classifier = Classifier(self._model, **self._options)
                # A file that changes while it is read may be a mixture of two.
                if self._present_state() == state:
                    break
            else:
                raise UsageError("the model changes while it is read", str(self._model), "replace it by renaming a complete file")
            self._state = state
            self._classifier = classifier

    def _watch(self, seconds: float) -> None:
        last = refused = self._state
        while not self._end.wait(seconds):
            try:
                state = self._present_state()
                is_settled, last = state == last, state
                if not is_settled or state == self._state or state == refused:
                    continue
                refused = state
                self.reload()
                log.info("paperkite: answers with the new content of %s", self._model)
            except Exception as error:  # whatever it is, the present model stays
                log.error("paperkite: the new content of %s is not used: %s", self._model, error)

    def close(self) -> None:
        """Refuses what comes from now on. What waits is still answered."""
        self._end.set()
        self._jobs.shutdown(wait=False)
