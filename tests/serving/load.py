# SPDX-License-Identifier: Apache-2.0
"""Requests at a rate, whatever becomes of those before: how a server is overloaded. Each is counted when it is sent and when
its answer comes."""

import asyncio
import collections
import contextlib
import time

import aiohttp


class Load:
    """`send(number)`: a coroutine that gives the name of the outcome of one request."""

    def __init__(self, send):
        self._send = send
        self.sent = 0
        self.outcomes = collections.Counter()
        self.seconds = []  # of each answer "ok"
        self.most_at_once = 0
        self._tasks = set()

    async def one(self):
        self.sent += 1
        begin = time.monotonic()
        outcome = await self._send(self.sent)
        self.outcomes[outcome] += 1
        if outcome == "ok":
            self.seconds.append(time.monotonic() - begin)

    async def closed(self, clients, seconds):
        """Each client sends its next request when it has the answer. Answers "ok" a second."""
        end = time.monotonic() + seconds
        before = self.outcomes["ok"]

        async def client():
            while time.monotonic() < end:
                await self.one()

        begin = time.monotonic()
        await asyncio.gather(*[client() for _ in range(clients)])
        return (self.outcomes["ok"] - before) / (time.monotonic() - begin)

    async def open(self, rate, seconds, watch=None):
        """`rate` requests a second, for so many seconds, then waits for all answers. `watch()` is called each second."""
        begin = time.monotonic()
        watched = begin
        number = 0
        while (now := time.monotonic()) < begin + seconds:
            while number < (now - begin) * rate:
                number += 1
                task = asyncio.ensure_future(self.one())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            self.most_at_once = max(self.most_at_once, len(self._tasks))
            if watch and now >= watched:
                watched += 1
                watch(now - begin)
            await asyncio.sleep(0.005)
        while self._tasks:
            await asyncio.gather(*list(self._tasks))


@contextlib.asynccontextmanager
async def http_sender(url, bodies, content_type):
    """200 is "ok", 503 is "refused"."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=120)) as session:
        async def send(number):
            async with session.post(url, data=bodies[number % len(bodies)], headers={"content-type": content_type}) as response:
                content = await response.read()
            return {200: "ok", 503: "refused"}.get(response.status, f"{response.status} {content[:200]!r}")

        yield send
