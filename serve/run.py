"""One run of `stance label`: from sources through the labeller to a stream or a file."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from models.errors import StanceError
from serve.articles import Failure, Reading, read_articles
from serve.batch import Answer, Render, Task, answer_all
from serve.output import Identity, Output, Progress
from serve.part_file import PartFile, refuse_existing
from serve.progress import Meter
from serve.rows import format_row
from serve.sources import STANDARD_INPUT, Source, count_bytes, hash_sources
from serve.writers import WRITERS, Writer

if TYPE_CHECKING:
    from models.schema import Labels


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is labelled and how.

    Attributes:
        sources: Files, in order.
        reading: How they are read.
        task: How their articles are labelled.
        workers: Processes that label.
        ray: Address of a Ray cluster that labels instead.
        is_strict: Whether the first article that can't be labelled ends the run.
        shows_progress: Whether a line on standard error says how far it is.
    """

    sources: tuple[Source, ...]
    reading: Reading
    task: Task
    workers: int = 1
    ray: str | None = None
    is_strict: bool = False
    shows_progress: bool = False

    def write_file(
        self, path: Path, errors: Path | None, writer: Writer, *, resume: bool = False, force: bool = False
    ) -> Progress:
        """Label into a file that has its name only when it is whole; an unfinished run can be resumed.

        Raises:
            DataError: The file exists, can't be written, or what would be resumed was another run.
            StanceError: An article can't be labelled, and the run is strict.
        """
        with Output(path, errors, writer, self._identify(writer, errors), resume=resume, force=force) as output:
            if output.is_complete:
                typer.echo(f"{str(path)!r} is complete already", err=True)
                return output.progress
            try:
                self._fill(output, writer)
            except KeyboardInterrupt:
                typer.echo("stopped; the same command with --resume goes on from here", err=True)
                raise
            output.finish()
            return output.progress

    def write_stream(self, name: str | None, errors: Path | None, *, force: bool = False) -> Progress:
        """Label to standard output, every row as soon as it is there; `name` None prints a table for a person."""
        refuse_existing(errors, force=force)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        self._announce()
        part = PartFile(errors) if errors else None
        if part:
            part.cut(0)
        done = self._print_table(part) if name is None else self._print_rows(WRITERS[name], part)
        if part:
            part.finish()
        return done

    def _fill(self, output: Output, writer: Writer) -> None:
        skipped = output.progress.articles
        with Meter(count_bytes(self.sources), is_shown=self.shows_progress) as meter:
            meter.skip(skipped)
            for answer in self._answer(writer.write_row, meter, skipped):
                error = format_row(answer.failure) if answer.failure else None
                output.write(answer.row, error, stances=answer.stances, tokens=answer.tokens)

    def _print_rows(self, writer: Writer, errors: PartFile | None) -> Progress:
        sys.stdout.write(writer.header)
        done = Progress()
        with Meter(count_bytes(self.sources), is_shown=self.shows_progress) as meter:
            for answer in self._answer(writer.write_row, meter):
                sys.stdout.write(answer.row)
                sys.stdout.flush()
                done = _count(done, answer, errors)
        return done

    def _print_table(self, errors: PartFile | None) -> Progress:
        from rich.console import Console

        from serve.table import print_row

        console = Console(file=sys.stdout, highlight=False, emoji=False, markup=False)
        done = Progress()
        with Meter(count_bytes(self.sources), is_shown=self.shows_progress) as meter:
            for answer in self._answer(_keep, meter):
                print_row(console, answer.row)
                done = _count(done, answer, errors)
        return done

    def _answer(self, render: Render[Any], meter: Meter, skipped: int = 0) -> Generator[Answer[Any], None, None]:
        """The answers in order, from the first that isn't skipped."""
        if self.ray:
            from serve.ray_batch import answer_on_ray

            answers = answer_on_ray(self.ray, self.sources, self.reading, self.task, render, self.workers, skipped)
        else:
            items = islice(read_articles(self.sources, self.reading, meter.read), skipped, None)
            answers = answer_all(items, self.task, render, self.workers)
        with closing(answers):
            for answer in answers:
                if answer.failure and self.is_strict:
                    raise StanceError(f"{_place(answer.failure)}: {answer.failure.error} (--strict stops here)")
                meter.add(stances=answer.stances, tokens=answer.tokens, is_error=answer.failure is not None)
                yield answer

    def _identify(self, writer: Writer, errors: Path | None) -> Identity:
        """What decides the bytes of the output."""
        from models.checkpoint import open_checkpoint

        manifest = open_checkpoint(self.task.model).manifest
        files = {name: entry["sha256"] for name, entry in manifest["files"].items()}
        settings = {
            "format": writer.suffix,
            "errors": errors is not None,
            "expand_groups": self.task.expand_groups,
            "label_other_languages": self.task.label_other_languages,
            "encoding": self.reading.encoding,
            **{f"{name}_key": key for name, key in asdict(self.reading.keys).items()},
            **asdict(self.reading.overrides),
            "program": _program_version(),
        }
        model = {"name": manifest["name"], "version": manifest["version"], **files}
        return Identity(input=hash_sources(self.sources), model=model, settings=settings)

    def _announce(self) -> None:
        """Tell a person who gave no input what the command waits for."""
        if sys.stdin.isatty() and any(source.path == STANDARD_INPUT for source in self.sources):
            typer.echo("Type or paste an article, then press Ctrl-D.", err=True)


def _keep(row: Labels | Failure) -> Labels | Failure:
    return row


def _count(done: Progress, answer: Answer[Any], errors: PartFile | None) -> Progress:
    if answer.failure and errors:
        errors.append(format_row(answer.failure).encode())
    return done.add(is_error=answer.failure is not None, stances=answer.stances, tokens=answer.tokens)


def _place(failure: Failure) -> str:
    return f"{failure.id}, line {failure.line}" if failure.line else failure.id


def _program_version() -> str:
    try:
        return version("country-stance")
    except PackageNotFoundError:
        return "not installed"
