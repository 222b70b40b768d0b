"""The service behind the routes: takes articles in, waits for their rows, knows whether it can."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.types import Receive

from models.errors import StanceError
from models.schema import Article
from serve.articles import Failure
from serve.errors import ClientGone, Draining, NotReady, QueueFull
from serve.metrics import Metrics
from serve.payloads import estimate_tokens
from serve.pool import Pool
from serve.queue import Job, JobQueue
from serve.rows import format_row
from serve.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a request wants its articles labelled; `timeout` is in seconds."""

    expand_groups: bool
    timeout: float | None


class Service:
    """Queue, workers and counters of one application."""

    def __init__(self, settings: Settings, command: Sequence[str]) -> None:
        """Put the parts together; `command` starts one worker process."""
        self.settings = settings
        self.metrics = Metrics()
        self.queue = JobQueue(
            max_articles=settings.queue_articles, max_tokens=settings.queue_tokens, max_wait=settings.deadline
        )
        self.pool = Pool(
            self.queue,
            self.metrics,
            command,
            workers=settings.workers,
            batch_tokens=settings.batch_tokens,
            stall_seconds=settings.stall,
        )
        self.metrics.watch(self.queue)
        self.is_draining = False

    @property
    def state(self) -> str:
        """`ready`, or why not."""
        if self.is_draining:
            return "draining"
        if not self.pool.is_ready:
            return "starting"
        return "stalled" if self.pool.is_stalled else "ready"

    def get_model(self) -> dict[str, Any]:
        """Which model labels.

        Raises:
            NotReady: No worker has loaded it yet.
        """
        if not self.pool.info:
            raise NotReady("the model is being loaded: try again in 1 s", retry_after=1)
        return self.pool.info

    async def label_one(self, request: Request, article: Article, options: Options) -> bytes:
        """Label one article.

        Raises:
            StanceError: It can't be labelled, or not now.
        """
        self._check_open()
        job = self._make_job(article, options)
        self._enter([job])
        await _await_answers(request.receive, [job])
        return (await job.answer).row

    async def label_batch(
        self, request: Request, articles: Sequence[Article | Failure], options: Options
    ) -> list[bytes]:
        """Label articles together; one row for each, in order.

        Raises:
            StanceError: Nothing can be labelled now.
        """
        self._check_open()
        items = [article if isinstance(article, Failure) else self._make_job(article, options) for article in articles]
        jobs = [item for item in items if isinstance(item, Job)]
        self._enter(jobs)
        await _await_answers(request.receive, jobs)
        return [await self._finish(None, item) for item in items]

    def label_stream(self, articles: Iterable[tuple[int, Article | Failure]], options: Options) -> AsyncIterator[bytes]:
        """Label articles, each with its line, as there is room; rows come in order, each as soon as it is there.

        Raises:
            StanceError: Nothing can be labelled now.
        """
        self._check_open()
        return self._stream(articles, options)

    async def _stream(
        self, articles: Iterable[tuple[int, Article | Failure]], options: Options
    ) -> AsyncIterator[bytes]:
        ahead: deque[tuple[int, Job | Failure]] = deque()
        try:
            for line, article in articles:
                if len(ahead) > 2 * self.settings.workers:
                    yield await self._finish(*ahead.popleft())
                ahead.append((line, await self._enter_when_room(line, article, options)))
            while ahead:
                yield await self._finish(*ahead.popleft())
        finally:
            for _, item in ahead:
                if isinstance(item, Job):
                    item.answer.cancel()

    async def _enter_when_room(self, line: int, article: Article | Failure, options: Options) -> Job | Failure:
        while isinstance(article, Article):
            if self.is_draining:
                return Failure(id=article.id or "", line=line, error=Draining("the service is stopping: try again"))
            job = self._make_job(article, options)
            try:
                self._enter([job])
                return job
            except QueueFull:
                await self.queue.wait_for_room(job.tokens)
        return article

    async def _finish(self, line: int | None, item: Job | Failure) -> bytes:
        if isinstance(item, Failure):
            return self._make_error_row(item)
        try:
            return (await item.answer).row
        except StanceError as error:
            return self._make_error_row(Failure(id=item.article.id or "", line=line, error=error))

    def _make_error_row(self, failure: Failure) -> bytes:
        self.metrics.note_error(failure.error)
        return format_row(failure).encode()

    def _make_job(self, article: Article, options: Options) -> Job:
        return Job(
            article=article,
            expand_groups=options.expand_groups,
            deadline=time.monotonic() + min(options.timeout or self.settings.deadline, self.settings.deadline),
            tokens=estimate_tokens(article),
        )

    def check_room(self) -> None:
        """Refuse a request before its body is read, so that refusing takes little from the workers.

        Raises:
            StanceError: Nothing more can be labelled now.
        """
        self._check_open()
        self.queue.check_room()

    def _check_open(self) -> None:
        if self.is_draining:
            raise Draining("the service is stopping: try again", retry_after=1)
        self.get_model()

    def _enter(self, jobs: Sequence[Job]) -> None:
        try:
            self.queue.put(jobs)
        except QueueFull:
            for job in jobs:
                job.answer.cancel()
            raise


async def _await_answers(receive: Receive, jobs: Sequence[Job]) -> None:
    """Wait until all jobs are answered; when the client goes first, nobody works on them any more.

    Raises:
        ClientGone: The client has gone.
    """
    gone = asyncio.create_task(_wait_until_gone(receive))
    answers = asyncio.gather(*(job.answer for job in jobs), return_exceptions=True)
    either: set[asyncio.Future[Any]] = {gone, answers}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not answers.done():
            raise ClientGone("the client has gone")
    finally:
        gone.cancel()
        answers.cancel()
        await asyncio.gather(gone, answers, return_exceptions=True)


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
