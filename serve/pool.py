"""The worker processes: started, fed from the queue, watched, and replaced when they die or hang.

Each labels one article at a time with one thread, outside the event loop. When one dies, the article that it was at
gets an error, and the rest of its batch goes back to the queue.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.errors import DataError
from serve.errors import DeadlineExceeded, InternalError, WorkerLost
from serve.metrics import Metrics
from serve.queue import Answer, Job, JobQueue

START_SECONDS = 60.0
"""Time in which a worker has to load its model."""
STOP_SECONDS = 0.5
"""Time that a worker has to end once its input is closed."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Seconds between attempts to start a worker that could not load its model."""

_log = logging.getLogger("stance.pool")
_Gone = (EOFError, OSError, TimeoutError, ValueError)
"""What reading from a worker raises when it is dead, hung or makes no sense."""


def worker_command(model: Path | None) -> list[str]:
    """The command of a worker process that finds the same packages as this one."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from serve.worker import main; main()"
    return [sys.executable, "-c", code, *([str(model)] if model else [])]


class Pool:
    """All workers of the service."""

    def __init__(
        self,
        queue: JobQueue,
        metrics: Metrics,
        command: Sequence[str],
        *,
        workers: int,
        batch_tokens: int,
        stall_seconds: float,
    ) -> None:
        """Prepare `workers` processes; `command` starts one."""
        self.queue = queue
        self.metrics = metrics
        self.command = command
        self.batch_tokens = batch_tokens
        self.stall_seconds = stall_seconds
        self.info: dict[str, Any] = {}
        self.progressed = time.monotonic()
        """When a worker last began or finished something."""
        self._workers = [_Worker(self) for _ in range(workers)]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start all workers; they are ready later."""
        self._tasks = [asyncio.create_task(worker.run()) for worker in self._workers]

    async def stop(self) -> None:
        """End all workers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def is_ready(self) -> bool:
        """Whether a worker has its model loaded."""
        return any(worker.is_ready for worker in self._workers)

    @property
    def is_stalled(self) -> bool:
        """Whether work lies about and none of it has moved for too long."""
        has_work = bool(len(self.queue)) or any(worker.running for worker in self._workers)
        return has_work and time.monotonic() - self.progressed > self.stall_seconds


class _Worker:
    """One process at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.is_ready = False
        self.running: deque[Job] = deque()

    async def run(self) -> None:
        """Keep a process running, until cancelled."""
        pause = FIRST_PAUSE
        while True:
            try:
                was_ready = await self._run_process()
            except Exception as error:  # a bug of ours must not leave the service without workers
                _log.error("bug", exc_info=error)
                was_ready = False
            pause = FIRST_PAUSE if was_ready else min(2 * pause, LONGEST_PAUSE)
            if not was_ready:
                await asyncio.sleep(pause)

    async def _run_process(self) -> bool:
        """Start a process and feed it until it is gone; whether it ever was ready."""
        pool = self._pool
        process = await asyncio.create_subprocess_exec(
            *pool.command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        was_ready = False
        try:
            async with asyncio.timeout(START_SECONDS):
                header, _ = await _read(process)
            pool.info = header["info"]
            pool.metrics.note_model(pool.info)
            _log.info("worker ready", extra={"pid": process.pid})
            was_ready = self.is_ready = True
            pool.queue.workers += 1
            await self._feed_until_gone(process)
        except _Gone as error:
            _log.error("worker lost", extra={"pid": process.pid, "seen": type(error).__name__})
        finally:
            pool.queue.workers -= self.is_ready
            self.is_ready = False
            self._give_up_running()
            await _end(process)
        pool.metrics.workers_lost.inc()
        return was_ready

    async def _feed_until_gone(self, process: asyncio.subprocess.Process) -> None:
        feed = asyncio.create_task(self._feed(process))
        gone = asyncio.create_task(process.wait())
        try:
            await asyncio.wait({feed, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not self.running and not feed.done():
                raise EOFError
            await feed  # reads what the process wrote before its end, then finds that it is gone
        finally:
            feed.cancel()
            gone.cancel()
            await asyncio.gather(feed, gone, return_exceptions=True)

    async def _feed(self, process: asyncio.subprocess.Process) -> None:
        pool = self._pool
        assert process.stdin is not None
        while True:
            batch = await pool.queue.take(pool.batch_tokens)
            self.running.extend(batch)
            pool.progressed = time.monotonic()
            pool.metrics.note_batch(batch, pool.progressed)
            process.stdin.write(b"".join(map(_encode, batch)))
            while self.running:
                await self._await_answer(process, self.running[0])
                self.running.popleft()

    async def _await_answer(self, process: asyncio.subprocess.Process, job: Job) -> None:
        begun = time.monotonic()
        async with asyncio.timeout(max(0.0, job.deadline - begun) + self._pool.stall_seconds):
            header, row = await _read(process)
        self._pool.progressed = time.monotonic()
        if header["status"] == "labelled":
            self._pool.queue.note_speed(job.tokens, self._pool.progressed - begun)
        self._finish(job, header, row)

    def _finish(self, job: Job, header: dict[str, Any], row: bytes) -> None:
        if header["status"] == "labelled":
            answer = Answer(row=row, tokens=header["tokens"], truncated=header["truncated"], stances=header["stances"])
            self._pool.metrics.note_answer(answer)
            if not job.answer.done():
                job.answer.set_result(answer)
        elif header["status"] == "refused":
            job.fail(DataError(header["message"]))
        elif header["status"] == "late":
            job.fail(DeadlineExceeded("no answer before the deadline: try again later"))
        else:
            job.fail(InternalError("this article could not be labelled: please report it, with the request's id"))

    def _give_up_running(self) -> None:
        if self.running:
            lost = WorkerLost("the worker process died over this article: try again", retry_after=1)
            self.running.popleft().fail(lost)
        self._pool.queue.put_back(self.running)
        self.running.clear()


def _encode(job: Job) -> bytes:
    return (
        json.dumps(
            {"article": asdict(job.article), "expand_groups": job.expand_groups, "deadline": job.deadline}
        ).encode()
        + b"\n"
    )


async def _read(process: asyncio.subprocess.Process) -> tuple[dict[str, Any], bytes]:
    """The next answer of a process: what became of the article, and its row.

    Raises:
        EOFError: The process is gone.
    """
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise EOFError
    header: dict[str, Any] = json.loads(line)
    return header, await process.stdout.readexactly(header["bytes"])


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let a process end by itself if it will, and make sure that it does."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
