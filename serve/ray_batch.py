"""Labels on a Ray cluster: Ray Data reads the files and hands their articles to an actor per worker.

Every node must see the files at the same paths, and have the package and the checkpoint. Rows come back to this
process in the order of the files, which writes them as in a local run: with the same bytes, resumable.
"""

from __future__ import annotations

import pickle
from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from models.errors import StanceError
from serve.articles import Reading, read_articles
from serve.batch import Answer, Render, Task, answer_one, load_labeller
from serve.sources import STANDARD_INPUT, Source

BATCH_ARTICLES = 16
"""Articles that travel together; an actor that is killed costs at most so many."""

T = TypeVar("T")


def answer_on_ray(
    address: str,
    sources: Sequence[Source],
    reading: Reading,
    task: Task,
    render: Render[T],
    workers: int,
    skipped: int = 0,
) -> Generator[Answer[T], None, None]:
    """Label the articles of files in order.

    Args:
        address: Of the cluster, as `ray.init` takes it; `local` starts one on this machine.
        sources: Files that every node sees.
        reading: How they are read.
        task: What to do with each article.
        render: Makes of each row what is passed on.
        workers: Actors that label, with one processor each.
        skipped: Articles at the start that are done already.

    Raises:
        StanceError: Ray isn't installed, or there is nothing that another machine could read.
    """
    if any(source.path == STANDARD_INPUT for source in sources):
        raise StanceError("a cluster can't read standard input: name files that every node sees")
    try:
        import ray
        from ray.data import ActorPoolStrategy, DataContext
    except ModuleNotFoundError as error:
        raise StanceError("--ray needs the extra ray: run pip install 'country-stance[ray]'") from error
    ray.init(address=address, ignore_reinit_error=True, log_to_driver=False, logging_level="error")
    context = DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    first, inside = _find_place(sources, reading, skipped)
    files = [{"file": pickle.dumps((source, inside if n == 0 else 0))} for n, source in enumerate(sources[first:])]
    if not files:
        return
    rows = (
        ray.data.from_items(files, override_num_blocks=len(files))
        .map_batches(_Reader(reading), batch_size=1, num_cpus=0.1)
        .map_batches(
            _Labeller,
            fn_constructor_args=(task, render),
            batch_size=BATCH_ARTICLES,
            compute=ActorPoolStrategy(size=workers),
            num_cpus=1,
        )
    )
    for row in rows.iter_rows():
        yield pickle.loads(row["answer"])  # made by our own actors


class _Reader:
    """Reads the articles of one file, some at a time."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, list[bytes]]]:
        for packed in batch["file"]:
            source, done = pickle.loads(packed)
            items = islice(read_articles([source], self._reading), done, None)
            while chunk := [pickle.dumps(item) for item in islice(items, BATCH_ARTICLES)]:
                yield {"item": chunk}


class _Labeller:
    """An actor with a labeller of its own."""

    def __init__(self, task: Task, render: Render[Any]) -> None:
        self._task, self._render = task, render
        self._labeller = load_labeller(task, threads=1)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        items = [pickle.loads(packed) for packed in batch["item"]]
        answers = [answer_one(self._labeller, self._task, item, self._render) for item in items]
        return {"answer": [pickle.dumps(answer) for answer in answers]}


def _find_place(sources: Sequence[Source], reading: Reading, skipped: int) -> tuple[int, int]:
    """The file, and the article in it, to go on with after a number of articles."""
    if not skipped:
        return 0, 0
    for number, source in enumerate(sources):
        count = sum(1 for _ in islice(read_articles([source], reading), skipped + 1))
        if count > skipped:
            return number, skipped
        skipped -= count
    return len(sources), 0
