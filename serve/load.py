"""Load on a service over HTTP, from a client of its own, and what came back.

Closed loop: so many clients, each asks again as soon as it has its answer. Open loop: so many requests a second,
whatever comes back, as the world does it.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

from models.errors import DataError


@dataclass
class Load:
    """What came back under one load; times in seconds."""

    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    good: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def add(self, status: str, seconds: float) -> None:
        """Count one request; `status` is a code, or what went wrong with the connection."""
        self.statuses[status] += 1
        (self.good if status == "200" else self.refused).append(seconds)

    @property
    def per_second(self) -> float:
        """Articles labelled in a second."""
        return len(self.good) / self.seconds if self.seconds else 0.0

    def describe(self) -> dict[str, Any]:
        """The figures, times in milliseconds."""
        return {
            "requests/s": round(self.per_second, 2),
            "p50 ms": _quantile(self.good, 0.5),
            "p99 ms": _quantile(self.good, 0.99),
            "refused p99 ms": _quantile(self.refused, 0.99),
            "statuses": dict(sorted(self.statuses.items())),
        }


@dataclass(frozen=True)
class Target:
    """Where to send articles, and what."""

    host: str
    port: int
    requests: tuple[bytes, ...]

    @classmethod
    def of(cls, url: str, key: str | None, bodies: Sequence[bytes]) -> Target:
        """Prepare the bytes of all requests.

        Raises:
            DataError: The URL is no address of a service over plain HTTP.
        """
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise DataError(f"{url!r} is no address of a service: write it as http://127.0.0.1:8000")
        secret = f"authorization: Bearer {key}\r\n" if key else ""
        head = f"POST /v1/label HTTP/1.1\r\nhost: {parts.netloc}\r\n{secret}content-type: application/json\r\n"
        requests = tuple(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body for body in bodies)
        return cls(parts.hostname, parts.port or 80, requests)


async def run_closed(target: Target, concurrency: int, seconds: float) -> Load:
    """So many clients, each with one connection, ask again and again, and each at least once."""
    load = Load()
    end = time.monotonic() + seconds

    async def ask_on(number: int) -> None:
        connection = _Connection(target)
        requests = cycle(target.requests[number % len(target.requests) :] + target.requests)
        is_first = True
        while is_first or time.monotonic() < end:
            is_first = False
            status = await connection.ask(next(requests), load)
            if status != "200":
                await asyncio.sleep(0.1)
        connection.close()

    begun = time.monotonic()
    await asyncio.gather(*(ask_on(number) for number in range(concurrency)))
    load.seconds = time.monotonic() - begun
    return load


async def run_open(target: Target, per_second: float, seconds: float) -> Load:
    """Ask at a fixed rate; a connection that is free is used again, else a new one is opened."""
    load = Load()
    free: list[_Connection] = []
    asking: set[asyncio.Task[None]] = set()

    async def ask(request: bytes) -> None:
        connection = free.pop() if free else _Connection(target)
        await connection.ask(request, load)
        free.append(connection)

    begun = time.monotonic()
    requests = cycle(target.requests)
    for number in range(math.ceil(per_second * seconds)):
        await asyncio.sleep(max(0.0, begun + number / per_second - time.monotonic()))
        task = asyncio.create_task(ask(next(requests)))
        asking.add(task)
        task.add_done_callback(asking.discard)
    await asyncio.gather(*asking)
    load.seconds = time.monotonic() - begun
    for connection in free:
        connection.close()
    return load


class _Connection:
    """One connection, opened when needed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes, load: Load) -> str:
        """Send a request and read its answer; what comes back is added to `load`."""
        begun = time.monotonic()
        try:
            async with asyncio.timeout(120):
                status = await self._exchange(request)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            status = type(error).__name__
            self.close()
        load.add(status, time.monotonic() - begun)
        return status

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, request: bytes) -> str:
        if self._streams is None or self._streams[0].at_eof():  # the service closes what is idle
            self.close()
            self._streams = await asyncio.open_connection(self._target.host, self._target.port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        if b"connection: close" in head:
            self.close()
        return head.split(None, 2)[1].decode()


def _quantile(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000, 1)
