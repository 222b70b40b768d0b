"""The `stance` command: one thin function per verb.

Whatever is heavy is imported inside the verb that needs it, so that `stance --help` answers at once. Only
this file turns a `StanceError` into one line on standard error; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO

import typer

from models.errors import CheckpointError, DataError, StanceError
from serve.articles import STANDARD_INPUT, Failure, MissingFileError, Overrides, Source, find_sources, read_articles
from serve.lookup import JsonOption, countries, groups, print_json

if TYPE_CHECKING:
    from models.labeller import Labeller
    from models.schema import Article, Labels

EXIT_ERROR, EXIT_ROWS, EXIT_NOT_FOUND = 1, 3, 4
EPILOG = (
    "Exit codes: 0 all well; 1 error; 2 wrong use; 3 some articles could not be labelled, or the "
    "corpus has faults; 4 model or data not found; 130 stopped by Ctrl-C."
)

app = typer.Typer(
    name="stance",
    help="Who stands where: the stance of every country on every proposal in a news text.",
    epilog=EPILOG,
    rich_markup_mode=None,  # rich takes 0.1 s to import, too long for a help page
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ModelOption = Annotated[Path | None, typer.Option("--model", help="Checkpoint folder; default: the shipped one.")]

corpus = typer.Typer(
    help="Check, count, gather and convert the texts to train on.", rich_markup_mode=None, no_args_is_help=True
)
app.add_typer(corpus, name="corpus")

CorpusPaths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATHS", help="Files (.txt, .jsonl) or folders of them; default: those shipped."),
]
TextsOption = Annotated[Path | None, typer.Option("--texts", help="Folder with the annotated texts, JSON Lines.")]

app.command()(countries)
app.command()(groups)


class Format(StrEnum):
    """How labels are written."""

    AUTO = "auto"
    TABLE = "table"
    JSONL = "jsonl"


class Given(StrEnum):
    """Which proposals an evaluation labels: those of the data, or those found in the text."""

    GIVEN = "given"
    FOUND = "found"


def main() -> NoReturn:
    """Run the command; errors raised on purpose become one line and an exit code."""
    try:
        app(prog_name="stance")
    except (CheckpointError, MissingFileError) as error:
        _fail(error, EXIT_NOT_FOUND)
    except StanceError as error:
        _fail(error, EXIT_ERROR)
    sys.exit()


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"stance {version('country-stance')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def label(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="INPUTS", help="Files (.txt, .md, .jsonl), folders, or - for standard input."),
    ] = None,
    proposals: Annotated[
        list[str] | None,
        typer.Option("--proposal", metavar="TEXT", help="Ask about this proposal; may be repeated."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="The article's headline.")] = None,
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The article's day; decides who is in a group."),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this new file.")] = None,
    form: Annotated[
        Format, typer.Option("--format", help="auto: a table on a terminal, JSON Lines into a pipe or file.")
    ] = Format.AUTO,
    expand: Annotated[
        bool, typer.Option("--expand-groups", help="What a group does counts for each member on that day too.")
    ] = False,
    model: ModelOption = None,
) -> None:
    """Label articles: who supports, opposes or abstains on what.

    A .txt or .md file is one article; a .jsonl file has one JSON object with a "text" per line. What
    can't be labelled gives an error row in its place. --proposal, --title and --date hold for every article.

    Example: stance label articles/ --proposal "a ban on deep-sea mining" -o labels.jsonl
    """
    overrides = Overrides(
        title=title,
        date=date.date().isoformat() if date else None,
        proposals=tuple(proposals) if proposals else None,
    )
    sources = find_sources(inputs or [])
    labeller = _load_labeller(model)
    answer = partial(labeller.label, expand_groups=True) if expand else labeller.label
    _announce(sources)
    num_rows = num_failures = 0
    with _open_output(output) as file:
        write = _make_writer(file, form)
        for article in read_articles(sources, overrides):
            row = _label_row(answer, article)
            write(row)
            num_rows += 1
            num_failures += isinstance(row, Failure)
    if num_failures:
        typer.echo(f"error: {num_failures} of {num_rows} articles not labelled; their rows say why", err=True)
        raise typer.Exit(EXIT_ROWS)


@app.command()
def info(
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of the answer.")] = False,
    as_json: JsonOption = False,
    model: ModelOption = None,
) -> None:
    """Print which model answers, with which runtime, or the schema of the answer.

    Example: stance info --json
    """
    if schema:
        from models.schema import read_schema

        print_json(read_schema())
    else:
        _print_values(_load_labeller(model).info(), as_json)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A TOML file, such as training/configs/tiny.toml.")],
    texts: Annotated[
        list[Path] | None, typer.Option(help="JSON Lines of annotated texts to add; may be repeated.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the run.")] = Path("runs/latest"),
) -> None:
    """Train a checkpoint. Needs the extra: pip install 'country-stance[train]'.

    Example: stance train training/configs/tiny.toml -o runs/tiny
    """
    _require([config, *(texts or [])])
    with _extra("train"):
        from training.train import main as run
    run(config, texts=texts or [], output=output)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Annotated articles, JSON Lines.")],
    proposals: Annotated[Given, typer.Option(help="Label the data's proposals, or find them.")] = Given.GIVEN,
    finder: Annotated[bool, typer.Option("--countries", help="Measure the country finder alone.")] = False,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a model on annotated articles.

    Example: stance evaluate articles.jsonl --proposals found
    """
    _require([data])
    if finder:
        from evals.countries import main as measure_finder

        _print_values(measure_finder(data), as_json)
        return
    from evals.evaluate import main as run

    _print_values(run(data, proposals.value, model), as_json)


@corpus.command("check")
def check_corpus(paths: CorpusPaths = None, texts: TextsOption = None, as_json: JsonOption = False) -> None:
    """List what is wrong with the written corpus and the annotations, and which annotated texts are missing.

    Exits with 3 where something is wrong. A missing text is not.

    Example: stance corpus check --texts texts/
    """
    _require([*(paths or []), *([texts] if texts else [])])
    from training.inventory import check

    report = check(paths or [], texts)
    if as_json:
        print_json(report)
    else:
        files = f"{report['written']} files of written corpus, {report['annotations']} of annotations"
        typer.echo("\n".join([*report["faults"], f"{files}: {len(report['faults'])} faults"]))
        if texts:
            _print_rows([{**source, "missing": len(source["missing"])} for source in report["texts"]])
    if report["faults"]:
        raise typer.Exit(EXIT_ROWS)


@corpus.command("stats")
def count_corpus(paths: CorpusPaths = None, as_json: JsonOption = False) -> None:
    """Count texts, proposals, countries and stances, by style (written corpus) and source (annotations).

    Example: stance corpus stats --json
    """
    _require(paths or [])
    from training.inventory import count

    counts = count(paths or [])
    if as_json:
        print_json(counts)
    else:
        _print_rows(counts)


@corpus.command("convert")
def convert_corpus(
    paths: Annotated[list[Path], typer.Argument(metavar="PATHS", help="Files (.txt, .jsonl) or folders of them.")],
    texts: TextsOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this new file.")] = None,
    without_words: Annotated[
        bool, typer.Option("--without-words", help="The reverse: annotated articles in, rows without words out.")
    ] = False,
) -> None:
    """Write annotated articles, JSON Lines, as stance train --texts and stance evaluate read them.

    Annotations get their words back from the folder --texts; those whose text is missing are left out.

    Example: stance corpus convert training/annotations --texts texts/ -o articles.jsonl
    """
    _require([*paths, *([texts] if texts else [])])
    if without_words and texts:
        raise typer.BadParameter("--without-words takes words away and needs no --texts")
    from training.inventory import convert, describe_missing, remove_words

    if without_words:
        _write_rows(output, remove_words(paths))
        return
    conversion = convert(paths, texts)
    _write_rows(output, conversion.articles)
    notes = [*conversion.faults, *([describe_missing(conversion.missing)] if conversion.missing else [])]
    for note in notes:
        typer.echo(note, err=True)
    if conversion.faults:
        raise typer.Exit(EXIT_ROWS)


@corpus.command("gather")
def gather_texts(
    clones: Annotated[Path, typer.Argument(metavar="CLONES", help="Folder with your clones of the repositories.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="A new folder for the texts.")],
    as_json: JsonOption = False,
) -> None:
    """Take the annotated texts out of clones of the public repositories that hold them (docs/corpus.md).

    Example: stance corpus gather clones/ -o texts/
    """
    _require([clones])
    from training.gather import gather

    sources = [asdict(source) for source in gather(clones, output)]
    if as_json:
        print_json(sources)
    else:
        _print_rows(sources)


def _load_labeller(model: Path | None) -> Labeller:
    from models.labeller import Labeller

    return Labeller.load(model)


def _label_row(answer: Callable[[Article], Labels], article: Article | Failure) -> Labels | Failure:
    if isinstance(article, Failure):
        return article
    try:
        return answer(article)
    except DataError as error:
        return Failure(id=article.id or "", line=None, error=error)


def _announce(sources: Sequence[Source]) -> None:
    """Tell a person who gave no input what the command waits for."""
    if sys.stdin.isatty() and any(source.path == STANDARD_INPUT for source in sources):
        typer.echo("Type or paste an article, then press Ctrl-D.", err=True)


@contextmanager
def _open_output(path: Path | None) -> Iterator[TextIO]:
    """The file to write to, in UTF-8; a file that is already there is left alone."""
    if path is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        yield sys.stdout
        return
    try:
        file = path.open("x", encoding="utf-8", newline="\n")
    except FileExistsError as error:
        raise DataError(f"{str(path)!r} exists: choose another name, or delete it first") from error
    except OSError as error:
        raise DataError(f"can't write {str(path)!r}: {error.strerror}") from error
    with file:
        yield file


def _make_writer(file: TextIO, form: Format) -> Callable[[Labels | Failure], None]:
    """A function that writes one row, so that whoever reads a pipe has it at once."""
    if form is Format.TABLE or (form is Format.AUTO and file.isatty()):
        from rich.console import Console

        from serve.table import print_row

        console = Console(file=file, highlight=False, emoji=False, markup=False)
        return lambda row: print_row(console, row)
    return lambda row: _write_line(file, row)


def _write_line(file: TextIO, row: Labels | Failure) -> None:
    file.write(json.dumps(row.to_dict(), ensure_ascii=False) + "\n")
    file.flush()


def _write_rows(path: Path | None, rows: Sequence[dict[str, Any]]) -> None:
    with _open_output(path) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _print_rows(rows: Sequence[dict[str, Any]]) -> None:
    from serve.table import format_rows

    typer.echo(format_rows(rows))


def _print_values(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(values)
        return
    from rich.console import Console

    from serve.table import print_values

    print_values(Console(highlight=False), values)


def _require(paths: Sequence[Path]) -> None:
    for path in paths:
        if not path.exists():
            raise MissingFileError(f"{str(path)!r} doesn't exist: check the path")


@contextmanager
def _extra(name: str) -> Iterator[None]:
    """Say which extra to install where a package that only it brings is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(("models.", "training.")):
            raise
        message = f"the package {error.name!r} is missing: run pip install 'country-stance[{name}]'"
        raise StanceError(message) from error


def _fail(error: StanceError, code: int) -> NoReturn:
    typer.echo(f"error: {' '.join(str(error).split())}", err=True)
    sys.exit(code)
