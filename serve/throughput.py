"""`stance bench label`: how fast articles are labelled, beside what the network alone could do.

Every line of the table is the real command in a process of its own, held to as many cores as it has workers. The
network alone is measured before and after it in this process: the same windows, one after another, on one core.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from models.errors import DataError, StanceError
from serve.articles import Item, read_articles
from serve.label import EXIT_ROWS
from serve.part_file import refuse_existing, write_whole
from serve.sources import find_sources

if TYPE_CHECKING:
    from models.labeller import Labeller

COMMAND = "import sys; sys.path[:] = {path!r}; sys.argv[0] = 'stance'; from serve.cli import main; main()"
MILLION, SECONDS_PER_HOUR = 1_000_000, 3600
_WINDOWS = 2_000
"""Most windows of the articles that the network runs alone."""


def bench_label(
    articles: Annotated[Path, typer.Argument(metavar="ARTICLES", help="A file of articles, as 'stance label' reads.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Write the table to this .md file, the figures to .json beside it.")
    ],
    workers: Annotated[
        list[int] | None, typer.Option(min=1, help="Worker processes, each on a core; may be repeated: 1 and 2.")
    ] = None,
    price: Annotated[float, typer.Option(min=0, help="Of one core for one hour, in any currency.")] = 0.04,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Measure labelling: articles and tokens a second, against the network alone and by number of workers.

    Use an idle machine and some hundred articles; two workers end together only where there are many.

    Example: stance bench label articles.jsonl -o throughput.md
    """
    record_path = output.with_suffix(".json")
    for path in (output, record_path):
        refuse_existing(path, force=force)
    record = measure(articles, workers or [1, 2], price)
    table = write_table(record)
    write_whole(record_path, json.dumps(record, indent=1) + "\n")
    write_whole(output, table)
    typer.echo(table, nl=False)


def measure(articles: Path, workers: Sequence[int], price: float) -> dict[str, Any]:
    """The figures of all runs.

    Raises:
        StanceError: There are fewer cores than workers, nothing to label, or a run failed.
    """
    cores = sorted(os.sched_getaffinity(0))
    if max(workers) > len(cores):
        raise StanceError(f"{max(workers)} workers need as many cores, this process has {len(cores)}: name fewer")
    with _on_cores(cores[:1]):
        labeller, windows = _record_windows(articles)
    runs: list[dict[str, Any]] = []
    for count in workers:
        before = _run_network(labeller, windows, cores[:1])
        run = _run_command(articles, count, cores[:count])
        forward = (before + _run_network(labeller, windows, cores[:1])) / 2
        run["network tokens/s"] = forward
        run["to network per core"] = run["tokens/s"] / count / forward
        run["to first"] = run["articles/s"] / (runs[0] if runs else run)["articles/s"]
        run["core hours per million"] = MILLION * count / run["articles/s"] / SECONDS_PER_HOUR
        run["cost per million"] = run["core hours per million"] * price
        runs.append(run)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"processor": _name_processor(), "cores": len(cores), "python": platform.python_version()},
        "model": {key: value for key, value in labeller.info().items() if key != "checkpoint"},  # a path says nothing
        "price of a core hour": price,
        "runs": runs,
    }


def write_table(record: dict[str, Any]) -> str:
    """The figures as a page of Markdown."""
    machine, model, first = record["machine"], record["model"], record["runs"][0]
    lines = [
        "# Throughput of labelling",
        "",
        f"Made by `stance bench label` on {record['date']}: {first['articles']:,} articles of "
        f"{first['tokens'] / first['articles']:,.0f} tokens, {model['name']} {model['version']} ({model['runtime']}), "
        f"{machine['cores']} cores ({machine['processor']}), Python {machine['python']}.",
        "",
        "A worker is a process on a core of its own. Tokens are those that the network reads, a text once for its "
        "proposals and once for each of them. The network alone runs the same windows one after another on one core, "
        "before and after each run. The time to start is left out. Memory is the peak of the largest process.",
        "",
        "| workers | articles/s | tokens/s | network alone, tokens/s | of it, per core | to first | memory, MB "
        "| core hours per million articles | cost per million |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {run['workers']} | {run['articles/s']:.2f} | {run['tokens/s']:,.0f} | {run['network tokens/s']:,.0f} "
        f"| {run['to network per core']:.2f} | {run['to first']:.2f} | {run['memory MB']:,.0f} "
        f"| {run['core hours per million']:,.0f} | {run['cost per million']:,.2f} |"
        for run in record["runs"]
    ]
    return "\n".join([*lines, "", f"At {record['price of a core hour']:g} for a core hour (`--price`).", ""])


def _record_windows(articles: Path) -> tuple[Labeller, list[tuple[Any, Any]]]:
    """A labeller with one thread, and what it gives the network for the first articles."""
    from models.labeller import Labeller

    labeller = Labeller.load(threads=1)
    windows: list[tuple[Any, Any]] = []
    run = labeller.runtime.run

    def record(ids: Any, types: Any) -> Any:
        windows.append((ids, types))
        return run(ids, types)

    labeller.runtime.run = record  # type: ignore[method-assign]
    items = (item for item in read_articles(find_sources([articles])) if isinstance(item, Item))
    for item in items:
        labeller.label(item.article)
        if len(windows) >= _WINDOWS:
            break
    labeller.runtime.run = run  # type: ignore[method-assign]
    if not windows:
        raise DataError(f"{str(articles)!r} has no article to label: give some hundred")
    return labeller, windows


def _run_network(labeller: Labeller, windows: Sequence[tuple[Any, Any]], cores: Sequence[int]) -> float:
    """Tokens a second of the network alone."""
    with _on_cores(cores):
        begun = time.perf_counter()
        for ids, types in windows:
            labeller.runtime.run(ids, types)
        return sum(len(ids) for ids, _ in windows) / (time.perf_counter() - begun)


def _run_command(articles: Path, workers: int, cores: Sequence[int]) -> dict[str, Any]:
    """Label the articles with so many workers; the time to start, measured on no articles, doesn't count."""
    with TemporaryDirectory() as folder:
        nothing, output = Path(folder, "nothing.jsonl"), Path(folder, "labels.jsonl")
        nothing.touch()
        start, _ = _time_command(nothing, Path(folder, "none.jsonl"), workers, cores)
        seconds, kilobytes = _time_command(articles, output, workers, cores)
        done = json.loads(Path(f"{output}.journal").read_text(encoding="utf-8"))["progress"]
    return {
        "workers": workers,
        "articles": done["articles"],
        "errors": done["errors"],
        "tokens": done["tokens"],
        "start s": start,
        "seconds": seconds - start,
        "articles/s": done["articles"] / (seconds - start),
        "tokens/s": done["tokens"] / (seconds - start),
        "memory MB": kilobytes / 1000,
    }


def _time_command(articles: Path, output: Path, workers: int, cores: Sequence[int]) -> tuple[float, int]:
    """Seconds that `stance label` took, and the kilobytes of its largest process at its peak.

    Raises:
        StanceError: It failed; it said why on standard error.
    """
    command = [sys.executable, "-c", COMMAND.format(path=sys.path), "label", str(articles), "-o", str(output)]
    with _on_cores(cores):
        begun = time.perf_counter()
        process = Popen([*command, "--workers", str(workers), "--quiet"], stdin=DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, EXIT_ROWS):
        raise StanceError(f"stance label ended with {process.returncode}: see what it said")
    return time.perf_counter() - begun, usage.ru_maxrss


@contextmanager
def _on_cores(cores: Sequence[int]) -> Iterator[None]:
    """Hold this thread, and the processes that it starts, to some cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _name_processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
