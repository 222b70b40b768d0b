"""Labels many articles: here or in worker processes, in the order in which they came, looking ahead only so far.

Every worker holds one labeller that runs one window at a time in one thread, so an answer depends on nothing but
its article: any number of workers gives the same rows.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from models.errors import DataError, StanceError
from serve.articles import Failure, Item
from serve.languages import find_other_language

if TYPE_CHECKING:
    from models.labeller import Labeller
    from models.schema import Labels

LOOK_AHEAD = 8
"""Articles per worker that are read before the first of them is written."""

T = TypeVar("T")
Render = Callable[["Labels | Failure"], T]


class LanguageError(DataError):
    """An article is in another language than the model reads."""


class CrashError(StanceError):
    """A worker process died over an article."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is done with every article.

    Attributes:
        model: Checkpoint folder; None for the shipped one.
        expand_groups: Whether a group's stance counts for its members too.
        label_other_languages: Whether articles in other languages than English are labelled as they are.
    """

    model: Path | None = None
    expand_groups: bool = False
    label_other_languages: bool = False


@dataclass(frozen=True)
class Answer(Generic[T]):
    """The rendered row of one article, and what counts about it."""

    row: T
    failure: Failure | None
    stances: int = 0
    tokens: int = 0


def load_labeller(task: Task, threads: int | None = None) -> Labeller:
    """The labeller of a task."""
    from models.labeller import Labeller

    return Labeller.load(task.model) if threads is None else Labeller.load(task.model, threads=threads)


def answer_one(labeller: Labeller, task: Task, item: Item | Failure, render: Render[T]) -> Answer[T]:
    """Label one article; what can't be labelled becomes a failure in its place."""
    row = _label(labeller, task, item)
    if isinstance(row, Failure):
        return Answer(render(row), row)
    return Answer(render(row), None, stances=len(row.stances), tokens=row.tokens)


def answer_all(
    items: Iterable[Item | Failure], task: Task, render: Render[T], workers: int
) -> Generator[Answer[T], None, None]:
    """Label articles in order.

    Args:
        items: Read no further ahead than `LOOK_AHEAD` per worker.
        task: What to do.
        render: Makes of each row what is passed on; runs in the worker.
        workers: Processes; 1 labels in this one.

    Raises:
        StanceError: No worker could start.
    """
    if workers == 1:
        labeller = load_labeller(task)
        return (answer_one(labeller, task, item, render) for item in items)
    return _answer_in_processes(iter(items), task, render, workers)


def _label(labeller: Labeller, task: Task, item: Item | Failure) -> Labels | Failure:
    if isinstance(item, Failure):
        return item
    if not task.label_other_languages and (language := find_other_language(item.article.text)):
        advice = "label it all the same with --other-languages label"
        return item.fail(LanguageError(f"the text is not in English but probably in {language!r}: {advice}"))
    try:
        if task.expand_groups:
            return labeller.label(item.article, expand_groups=True)
        return labeller.label(item.article)
    except DataError as error:
        return item.fail(error)


@dataclass
class _Waiting:
    """An article whose turn to be written has not come; without a future it is yet to be given to a worker."""

    item: Item | Failure
    future: Future[Any] | None = None


def _answer_in_processes(
    items: Iterator[Item | Failure], task: Task, render: Render[T], workers: int
) -> Generator[Answer[T], None, None]:
    """Answer in order; an article that kills its worker, also when it is alone in there, gets an error row."""
    waiting: deque[_Waiting] = deque()
    is_alone = False
    pool = _start_pool(task, workers)
    try:
        while True:
            while len(waiting) < LOOK_AHEAD * workers and (item := next(items, None)) is not None:
                waiting.append(_Waiting(item))
            if not waiting:
                return
            try:
                for entry in [waiting[0]] if is_alone else waiting:
                    entry.future = entry.future or pool.submit(_answer_here, entry.item, render)
                assert waiting[0].future is not None
                answer: Answer[T] = waiting[0].future.result()
            except BrokenProcessPool:
                _stop_pool(pool)
                pool = _start_pool(task, workers)
                if not is_alone:
                    is_alone = True
                    _forget_lost(waiting)
                    continue
                failure = _fail_crashed(waiting[0].item)
                answer = Answer(render(failure), failure)
            is_alone = False
            waiting.popleft()
            yield answer
    finally:
        _stop_pool(pool)


def _forget_lost(waiting: Iterable[_Waiting]) -> None:
    for entry in waiting:
        future = entry.future
        if future is not None and not (future.done() and not future.cancelled() and future.exception() is None):
            entry.future = None


def _fail_crashed(item: Item | Failure) -> Failure:
    if isinstance(item, Failure):
        return item
    return item.fail(CrashError("its worker was killed twice, by its memory or by the article: label it alone"))


def _start_pool(task: Task, workers: int) -> ProcessPoolExecutor:
    """Start worker processes and wait for the first.

    Raises:
        StanceError: It was killed while it started.
    """
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(task,))
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool as error:
        raise StanceError("no worker process could start: try fewer --workers") from error
    return pool


def _stop_pool(pool: ProcessPoolExecutor) -> None:
    pool.shutdown(wait=False, cancel_futures=True)


_worker: tuple[Labeller, Task] | None = None
"""In a worker process: its labeller, and what to do."""


def _start_worker(task: Task) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = (load_labeller(task, threads=1), task)


def _end_with_parent() -> None:
    """End this process when its parent is gone, even by kill -9: the pool's pipes alone don't tell."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _answer_here(item: Item | Failure, render: Render[T]) -> Answer[T]:
    assert _worker is not None
    return answer_one(*_worker, item, render)
