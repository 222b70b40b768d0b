"""A load test of the service, with a client of its own.

Closed loop: so many clients, each asks again as soon as it has its answer. Open loop: so many requests a second,
whatever comes back, as the world does it. Prints nothing.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from models.errors import DataError, StanceError
from serve.articles import Failure, read_articles
from serve.sources import find_sources

WARM_UP_SECONDS = 120.0
"""Time that a service which is started here has to get ready."""
SAMPLE = (
    "Ministers from eight states met in Lisbon on Tuesday to vote on a ban on bottom trawling in the open sea. "
    "Norway and Iceland voted against it, saying that their fleets had no other grounds. France, Chile and Kenya "
    'backed the ban. "We can not fish what is no longer there," the Kenyan envoy said. Japan abstained. Peru and '
    "India, which had called for a delay, welcomed a second proposal to pay the owners of idle boats, while Norway "
    "rejected that too. The talks go on in May."
)


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


def run_bench(
    *,
    url: str | None,
    key: str | None,
    articles: Path | None,
    concurrencies: Sequence[int],
    seconds: float,
    overload: float,
    overload_seconds: float,
) -> Iterator[dict[str, Any]]:
    """Measure step by step: in this process, closed loops, then an open loop at `overload` times the best of them.

    Args:
        url: A running service; None starts one here, with the settings of the environment.
        key: Its API key, where it wants one.
        articles: JSON Lines to send in turn; None sends one invented article of 90 words.
        concurrencies: Clients of each closed loop.
        seconds: Length of each closed loop.
        overload: Factor of the open loop; 0 leaves it out.
        overload_seconds: Its length.

    Raises:
        StanceError: The articles can't be read, or the service doesn't start.
    """
    bodies = _read_bodies(articles)
    alone = _measure_in_process(bodies, seconds)
    yield {"load": "in process", "requests/s": round(alone, 2)}
    with _find_service(url) as (address, process):
        target = Target.of(address, key, bodies)
        peak = 0.0
        for concurrency in concurrencies:
            load = asyncio.run(run_closed(target, concurrency, seconds))
            peak = max(peak, load.per_second)
            yield {"load": f"{concurrency} at once", **load.describe(), "to in process": _ratio(load.per_second, alone)}
        if overload:
            before = _resident_megabytes(process)
            load = asyncio.run(run_open(target, overload * peak, overload_seconds))
            grown = _resident_megabytes(process) - before
            yield {
                "load": f"{overload:g} times the best",
                **load.describe(),
                "to best": _ratio(load.per_second, peak),
                "memory grown MB": round(grown, 1),
            }
            after = asyncio.run(run_closed(target, max(concurrencies), seconds))
            yield {"load": "after it", **after.describe(), "to best": _ratio(after.per_second, peak)}


async def run_closed(target: Target, concurrency: int, seconds: float) -> Load:
    """So many clients, each with one connection, ask again and again."""
    load = Load()
    end = time.monotonic() + seconds

    async def ask_on(number: int) -> None:
        connection = _Connection(target)
        requests = cycle(target.requests[number % len(target.requests) :] + target.requests)
        while time.monotonic() < end:
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
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._target.host, self._target.port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        if b"connection: close" in head:
            self.close()
        return head.split(None, 2)[1].decode()


def _read_bodies(path: Path | None) -> list[bytes]:
    if path is None:
        return [json.dumps({"text": SAMPLE}).encode()]
    bodies = []
    for item in read_articles(find_sources([path])):
        if isinstance(item, Failure):
            raise DataError(f"{path}: {item.error}")
        article = item.article
        proposals = list(article.proposals) if article.proposals else None
        record = {"text": article.text, "title": article.title, "date": article.date, "proposals": proposals}
        bodies.append(json.dumps(record).encode())
    return bodies


def _measure_in_process(bodies: Sequence[bytes], seconds: float) -> float:
    """Articles a second of a labeller in this process."""
    from models.labeller import Labeller

    labeller = Labeller.load()
    records = cycle([json.loads(body) for body in bodies])
    labeller.label(next(records))
    begun = time.monotonic()
    count = 0
    while time.monotonic() < begun + seconds:
        labeller.label(next(records))
        count += 1
    return count / (time.monotonic() - begun)


@contextmanager
def _find_service(url: str | None) -> Iterator[tuple[str, int | None]]:
    """The address of the service and, where it is started here, its process."""
    if url is not None:
        yield url, None
        return
    code = f"import sys; sys.path[:] = {sys.path!r}; sys.argv[0] = 'stance'; from serve.cli import main; main()"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", code, "serve", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        asyncio.run(_wait_for_answer(Target.of(address, None, [b'{"text": "ready?"}'])))
        yield address, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


async def _wait_for_answer(target: Target) -> None:
    try:
        async with asyncio.timeout(WARM_UP_SECONDS):
            while not (await run_closed(target, 1, 0.1)).good:
                await asyncio.sleep(0.2)
    except TimeoutError as error:
        raise StanceError("the service doesn't start: see what 'stance serve' says") from error


def _resident_megabytes(process: int | None) -> float:
    """Memory of a process and its children; 0 where it is not ours."""
    if process is None:
        return 0.0
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) for pid in [process, *children])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _quantile(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000, 1)


def _ratio(value: float, of: float) -> float | None:
    return round(value / of, 2) if of else None
