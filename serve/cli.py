"""The `stance` command: one thin function per verb.

Whatever is heavy is imported inside the verb that needs it, so that `stance --help` answers at once. Only
this file turns a `StanceError` into one line on standard error; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from models.errors import CheckpointError, StanceError
from serve.label import ModelOption, label
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
    "Exit codes: 0 all well; 1 error; 2 wrong use; 3 some articles could not be labelled; "
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


def _load_labeller(model: Path | None) -> Labeller:
    from models.labeller import Labeller

    return Labeller.load(model)


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
