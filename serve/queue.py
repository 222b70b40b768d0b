"""The queue between requests and workers: bounded, first in first out, taken in batches by tokens.

A job leaves the queue at once when its client goes or its deadline passes, so that no worker spends time on it.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from models.schema import Article
from serve.errors import DeadlineExceeded, QueueFull

SMOOTHING = 0.1
"""Weight of the newest job in the mean of the speed."""
SHARE = 1 / 3
"""Share of the longest deadline that a new job may expect to wait; beyond it the queue counts as full."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a worker made of one article: the row as it is sent, and what is counted of it."""

    row: bytes
    tokens: int
    truncated: bool
    stances: dict[str, int]


@dataclass(eq=False, kw_only=True)
class Job:
    """One article on its way. `deadline` is on the monotonic clock, `tokens` an estimate.

    Made on the event loop; from then on its clock runs.
    """

    article: Article
    expand_groups: bool
    deadline: float
    tokens: int
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    made: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Answer with an error at the deadline, wherever the job is then."""
        error = DeadlineExceeded("no answer before the deadline: try again later, or ask for less at once")
        late = asyncio.get_running_loop().call_later(self.deadline - self.made, self.fail, error)
        self.answer.add_done_callback(lambda _: late.cancel())

    def fail(self, error: Exception) -> None:
        """Answer with an error, if nobody has answered yet."""
        if not self.answer.done():
            self.answer.set_exception(error)
            self.answer.exception()  # whoever waited may be gone: that is no bug to be logged


class JobQueue:
    """Jobs that wait. All of it runs on one event loop."""

    def __init__(self, *, max_articles: int, max_tokens: int, max_wait: float) -> None:
        """Make an empty queue; `max_wait` is the longest deadline, in seconds."""
        self._max_articles = max_articles
        self._max_tokens = max_tokens
        self._max_wait = max_wait
        self._jobs: OrderedDict[Job, None] = OrderedDict()
        self._changed = asyncio.Event()
        self._seconds_per_token = 0.0
        self.tokens = 0
        self.workers = 0
        self.most_articles = 0
        self.most_tokens = 0

    def __len__(self) -> int:
        """How many jobs wait."""
        return len(self._jobs)

    def put(self, jobs: Sequence[Job]) -> None:
        """Let jobs wait: all of them or, where one finds no room, none.

        Raises:
            QueueFull: There is no room; the message and `retry-after` say until when, about.
        """
        self._check_room(len(jobs), sum(job.tokens for job in jobs))
        for job in jobs:
            self._enter(job)

    def check_room(self) -> None:
        """Refuse, before a request is read, where an article like those that wait would find no room.

        Raises:
            QueueFull: As `put` does.
        """
        if self:
            self._check_room(1, self.tokens // len(self))

    def put_back(self, jobs: Iterable[Job]) -> None:
        """Let jobs that a lost worker had not begun wait again, before all others."""
        for job in reversed([job for job in jobs if not job.answer.done()]):
            self._enter(job)
            self._jobs.move_to_end(job, last=False)

    async def take(self, max_tokens: int) -> list[Job]:
        """Wait for jobs and take the first ones, up to so many tokens and this worker's share of the queue."""
        while not self._jobs:
            await self._wait_for_change()
        share = math.ceil(len(self) / max(1, self.workers))
        batch: list[Job] = []
        tokens = 0
        for job in list(self._jobs):
            if batch and (tokens + job.tokens > max_tokens or len(batch) >= share):
                break
            self._leave(job)
            batch.append(job)
            tokens += job.tokens
        return batch

    async def wait_for_room(self, tokens: int) -> None:
        """Wait until an article of so many tokens would find room."""
        while self._is_full(1, tokens):
            await self._wait_for_change()

    def note_speed(self, tokens: int, seconds: float) -> None:
        """Learn from a finished job how fast one worker is."""
        seen = seconds / max(1, tokens)
        known = self._seconds_per_token or seen
        self._seconds_per_token = known + SMOOTHING * (seen - known)

    def _check_room(self, articles: int, tokens: int) -> None:
        if self._is_full(articles, tokens):
            seconds = max(1, min(math.ceil(self._expect_wait(self.tokens)), math.ceil(self._max_wait)))
            raise QueueFull(f"{len(self)} articles wait already: try again in {seconds} s", retry_after=seconds)

    def _is_full(self, articles: int, tokens: int) -> bool:
        return (
            len(self) + articles > self._max_articles
            or self.tokens + tokens > self._max_tokens
            or (len(self) > 0 and self._expect_wait(self.tokens + tokens) > SHARE * self._max_wait)
        )

    def _expect_wait(self, tokens: int) -> float:
        return tokens * self._seconds_per_token / max(1, self.workers)

    def _enter(self, job: Job) -> None:
        self._jobs[job] = None
        self.tokens += job.tokens
        self.most_articles = max(self.most_articles, len(self))
        self.most_tokens = max(self.most_tokens, self.tokens)
        job.answer.add_done_callback(lambda _: self._leave(job))
        self._changed.set()

    def _leave(self, job: Job) -> None:
        if job in self._jobs:
            del self._jobs[job]
            self.tokens -= job.tokens
            self._changed.set()

    async def _wait_for_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
