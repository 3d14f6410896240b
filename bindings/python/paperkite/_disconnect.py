# SPDX-License-Identifier: Apache-2.0
"""A layer of an ASGI server: what a client no longer waits for is stopped, and bodies have a limit."""

from __future__ import annotations

import asyncio
import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LeavesWithItsClient:
    """Ends the work on a request when its client hangs up, so that its pictures are not computed. `most_bytes`: of a body;
    a longer one is answered with 413."""

    def __init__(self, app: Any, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or len(stated) > 18 or int(stated) > self._most_bytes:
            await self._refuse(send)
            return
        await _Call(self._app, self._most_bytes, receive, send).run(scope, self._refuse)

    async def _refuse(self, send: Any) -> None:
        text = f"limit: the request is longer than {self._most_bytes} bytes"
        body = json.dumps({"error": text, "code": "limit"}).encode()
        await send({"type": "http.response.start", "status": 413,
                    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"connection", b"close")]})
        await send({"type": "http.response.body", "body": body})


class _Call:
    def __init__(self, app: Any, most_bytes: int, receive: Any, send: Any) -> None:
        self._app = app
        self._left = most_bytes
        self._receive = receive
        self._send = send
        self._is_read = asyncio.Event()
        self._is_too_long = asyncio.Event()

    async def _receive_body(self) -> Any:
        if self._is_read.is_set():  # only the client's end can follow, and _hung_up() waits for it
            await asyncio.Event().wait()
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                self._is_too_long.set()
                await asyncio.Event().wait()  # until this is cancelled
            if not message.get("more_body", False):
                self._is_read.set()
        return message

    async def _hung_up(self) -> None:
        await self._is_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def run(self, scope: Any, refuse: Any) -> None:
        work = asyncio.ensure_future(self._app(scope, self._receive_body, self._send))
        ends = [asyncio.ensure_future(end) for end in (self._hung_up(), self._is_too_long.wait())]
        try:
            await asyncio.wait({work, *ends}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
                return
            work.cancel()
            await asyncio.wait({work})
            if self._is_too_long.is_set():
                await refuse(self._send)
        finally:
            for task in (work, *ends):
                task.cancel()
