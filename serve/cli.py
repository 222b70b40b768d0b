"""The `stance` command: one thin function per verb.

Whatever is heavy is imported inside the verb that needs it, so that `stance --help` answers at once. Only
this file turns a `StanceError` into one line on standard error; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO

import typer

from models.errors import CheckpointError, DataError, StanceError
from serve.label import EXIT_ROWS, ModelOption, label
from serve.lookup import JsonOption, countries, groups, print_json
from serve.report import report
from serve.review import review
from serve.settings import Settings, takes_settings
from serve.sources import MissingFileError

if TYPE_CHECKING:
    from evals.manifest import ReportOptions
    from models.labeller import Labeller

EXIT_ERROR, EXIT_NOT_FOUND, EXIT_GATE, EXIT_STOPPED = 1, 4, 5, 130
EPILOG = (
    "Exit codes: 0 all well; 1 error; 2 wrong use; 3 some articles could not be labelled, or the corpus has faults; "
    "4 model or data not found; 5 a gate is not kept; 130 stopped by Ctrl-C."
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

bench = typer.Typer(help="Measure how fast it is.", no_args_is_help=True)
app.add_typer(bench, name="bench")
app.command()(label)
app.command()(report)
app.command()(review)
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
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA | rerun MANIFEST | BENCHMARK FOLDER",
            help="Annotated articles (JSON Lines), written, written-events; a report to repeat; dse, seesaw, newsmtsc.",
        ),
    ],
    proposals: Annotated[Given, typer.Option(help="Label the data's proposals, or find them.")] = Given.GIVEN,
    finder: Annotated[bool, typer.Option("--countries", help="Measure the country finder alone.")] = False,
    model: ModelOption = None,
    as_json: JsonOption = False,
    report: Annotated[Path | None, typer.Option(help="Write a report to this folder.")] = None,
    baselines: Annotated[
        list[str] | None,
        typer.Option(
            "--baseline",
            metavar="NAME",
            help="Beside it: majority, keywords, tfidf, similarity or per-mention; may be repeated.",
        ),
    ] = None,
    texts: Annotated[list[Path] | None, typer.Option(help="Annotated texts that baselines learn from too.")] = None,
    behaviour: Annotated[bool, typer.Option("--behaviour", help="Run the behaviour suite too.")] = False,
    gate: Annotated[bool, typer.Option("--gate", help="Run it, and exit with 5 if a gate is not kept.")] = False,
    compare: Annotated[Path | None, typer.Option(help="Folder of an earlier report on the same data.")] = None,
    card: Annotated[bool, typer.Option("--card", help="Print the figures of a model card, in Markdown.")] = False,
) -> None:
    """Measure a model on annotated articles.

    Example: stance evaluate articles.jsonl --proposals found
    """
    if len(data) > 1:
        _evaluate_other(data, report)
        return
    from evals.datasets import NAMES

    _require([Path(data[0])] if data[0] not in NAMES else [])
    if finder:
        from evals.countries import main as measure_finder

        _print_values(measure_finder(Path(data[0])), as_json)
    elif report or gate or card or behaviour or compare or baselines:
        _require([*(texts or []), *([compare] if compare else [])])
        from evals.manifest import ReportOptions

        options = ReportOptions(
            data=data[0],
            proposals=proposals.value,
            model=str(model) if model else None,
            baselines=tuple(baselines or ()),
            texts=tuple(map(str, texts or ())),
            behaviour=behaviour or gate,
            compare=str(compare) if compare else None,
        )
        _report(options, report, gate=gate, card=card)
    else:
        from evals.evaluate import main as run

        _print_values(run(data[0], proposals.value, model), as_json)


def _report(options: ReportOptions, folder: Path | None, *, gate: bool, card: bool) -> None:
    """Write a report, to a folder that is thrown away if none is named; the options that print do so."""
    with _extra("evals"):
        from evals.card import write_card
        from evals.run import main as run
    with TemporaryDirectory() as scratch:
        record = run(options, folder or Path(scratch), _tell)
    if card:
        typer.echo(write_card(record))
    failed = [kept["gate"] for kept in record["gates"] if not kept["is_kept"]]
    if gate and failed:
        typer.echo(f"error: {len(failed)} gates not kept: {', '.join(failed)}", err=True)
        raise typer.Exit(EXIT_GATE)


def _evaluate_other(words: Sequence[str], folder: Path | None) -> None:
    """Repeat a report, or measure the network on a public benchmark."""
    name, *rest = words
    path = Path(rest[0])
    with _extra("evals"):
        from evals.benchmarks.measure import NAMES, measure
        from evals.run import rerun
    if len(rest) > 1 or name not in ("rerun", *NAMES):
        raise typer.BadParameter(f"{' '.join(words)!r} is no data set, 'rerun MANIFEST' or one of {', '.join(NAMES)}")
    _require([path])
    if name != "rerun":
        with _extra("train"):
            print_json(measure(name, path, folder or Path("runs") / name, _tell))
    elif rerun(path, _tell):
        typer.echo("the same record, byte for byte")
    else:
        typer.echo("error: the record differs: other code, packages or hardware than in the manifest", err=True)
        raise typer.Exit(EXIT_ERROR)


def _tell(message: str) -> None:
    """Progress goes to standard error."""
    typer.echo(message, err=True)


@app.command()
def key(name: Annotated[str, typer.Argument(metavar="NAME", help="Who will use it.")]) -> None:
    """Make an API key: the key on standard error, its line for the file of keys on standard output.

    Example: stance key alice >> keys.txt
    """
    from serve.keys import make_key

    secret, line = make_key(name)
    typer.echo(secret, err=True)
    typer.echo(line)


@app.command()
@takes_settings
def serve(settings: Settings) -> None:
    """Answer over HTTP until stopped. A flag wins over its variable, that over the file of --config.

    Example: stance serve --workers 2
    """
    from signal import SIGINT

    from serve.server import serve as run

    if run(settings) == SIGINT:
        raise typer.Exit(EXIT_STOPPED)


@bench.command("serve")
def bench_serve(
    url: Annotated[str | None, typer.Option(help="A running service; default: one is started.")] = None,
    key: Annotated[str | None, typer.Option(envvar="STANCE_KEY", help="Its API key.")] = None,
    articles: Annotated[Path | None, typer.Option(help="JSON Lines to send; default: one short article.")] = None,
    concurrency: Annotated[list[int] | None, typer.Option(min=1, help="Clients at once: 1, 8, 32 and 128.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Length of each step.")] = 10,
    overload: Annotated[float, typer.Option(min=0, help="Then as often as so many times the best rate.")] = 0,
    overload_seconds: Annotated[float, typer.Option(min=0.1, help="Length of that.")] = 60,
) -> None:
    """Measure the service under load; one JSON object per step.

    Example: stance bench serve --overload 10
    """
    from serve.bench import run_bench

    steps = run_bench(
        url=url,
        key=key,
        articles=articles,
        concurrencies=concurrency or [1, 8, 32, 128],
        seconds=seconds,
        overload=overload,
        overload_seconds=overload_seconds,
    )
    for step in steps:
        typer.echo(json.dumps(step))


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
        if (error.name or "").startswith(("evals.", "models.", "training.")):
            raise
        message = f"the package {error.name!r} is missing: run pip install 'country-stance[{name}]'"
        raise StanceError(message) from error


def _fail(error: StanceError, code: int) -> NoReturn:
    typer.echo(f"error: {' '.join(str(error).split())}", err=True)
    sys.exit(code)
