"""A load test of the service, step by step. Prints nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import DataError, StanceError
from serve.articles import Failure, read_articles
from serve.bench_report import write_report
from serve.load import Load, Target, run_closed, run_open
from serve.sources import find_sources

if TYPE_CHECKING:
    from models.labeller import Labeller

WARM_UP_SECONDS = 120.0
"""Time that a service which is started here has to get ready."""
SETTLE_SECONDS = 0.5
"""Time after a load until the service has closed what its clients left."""
SAMPLE = (
    "Ministers from eight states met in Lisbon on Tuesday to vote on a ban on bottom trawling in the open sea. "
    "Norway and Iceland voted against it, saying that their fleets had no other grounds. France, Chile and Kenya "
    'backed the ban. "We can not fish what is no longer there," the Kenyan envoy said. Japan abstained. Peru and '
    "India, which had called for a delay, welcomed a second proposal to pay the owners of idle boats, while Norway "
    "rejected that too. The talks go on in May."
)


def run_bench(
    *,
    url: str | None,
    key: str | None,
    articles: Path | None,
    concurrencies: Sequence[int],
    seconds: float,
    overload: float,
    overload_seconds: float,
    report: Path | None = None,
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
        report: Markdown file for all of it, written at the end.

    Raises:
        StanceError: The articles can't be read, or the service doesn't start.
    """
    from models.labeller import Labeller

    bodies = _read_bodies(articles)
    labeller = Labeller.load()
    alone = _measure_in_process(labeller, bodies, seconds).describe()
    del alone["statuses"]
    steps = [{"load": "in process", **alone}]
    yield steps[0]
    with _find_service(url, key) as (address, process):
        target = Target.of(address, key, bodies)
        for step in _run_loads(target, process, concurrencies, seconds, overload, overload_seconds):
            steps.append(step | {"to in process": _ratio(step["requests/s"], alone["requests/s"])})
            yield steps[-1]
    if report is not None:
        write_report(report, steps, labeller.info())


def _run_loads(
    target: Target,
    process: int | None,
    concurrencies: Sequence[int],
    seconds: float,
    overload: float,
    overload_seconds: float,
) -> Iterator[dict[str, Any]]:
    peak = 0.0
    for concurrency in concurrencies:
        load = asyncio.run(run_closed(target, concurrency, seconds))
        peak = max(peak, load.per_second)
        yield {"load": f"{concurrency} at once", **load.describe(), **_look_at(process)}
    if not overload:
        return
    before = _look_at(process)
    load = asyncio.run(run_open(target, overload * peak, overload_seconds))
    after = _look_at(process)
    grown = {"memory grown MB": round(after["memory MB"] - before["memory MB"], 1)} if process else {}
    name = f"{overload:g} times the best"
    yield {"load": name, **load.describe(), "to best": _ratio(load.per_second, peak), **after, **grown}
    load = asyncio.run(run_closed(target, max(concurrencies), seconds))
    yield {"load": "after it", **load.describe(), "to best": _ratio(load.per_second, peak), **_look_at(process)}


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


def _measure_in_process(labeller: Labeller, bodies: Sequence[bytes], seconds: float) -> Load:
    """One article after the other, by a labeller in this process."""
    records = cycle([json.loads(body) for body in bodies])
    labeller.label(next(records))
    load = Load()
    begun = time.monotonic()
    while (now := time.monotonic()) < begun + seconds:
        labeller.label(next(records))
        load.add("200", time.monotonic() - now)
    load.seconds = now - begun
    return load


@contextmanager
def _find_service(url: str | None, key: str | None) -> Iterator[tuple[str, int | None]]:
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
        asyncio.run(_wait_for_answer(Target.of(address, key, [b'{"text": "ready?"}'])))
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


def _look_at(process: int | None) -> dict[str, float]:
    """Memory, open files and threads of a process and its children; nothing where it is not ours."""
    if process is None:
        return {}
    time.sleep(SETTLE_SECONDS)
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    folders = [Path("/proc") / pid for pid in (str(process), *children)]
    pages = sum(int((folder / "statm").read_text(encoding="ascii").split()[1]) for folder in folders)
    return {
        "memory MB": round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1),
        "files": sum(len(list((folder / "fd").iterdir())) for folder in folders),
        "threads": sum(len(list((folder / "task").iterdir())) for folder in folders),
    }


def _ratio(value: float, of: float) -> float | None:
    return round(value / of, 3) if of else None  # a gate of 0.9 must not be kept by 0.898
