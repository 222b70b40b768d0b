"""The `stance` command: its verbs, and the thin functions of those that reach training and evals.

The functions of the others lie in files of their own (`serve/label.py`, `serve/bench_verbs.py`). Whatever is heavy is
imported inside the verb that needs it, so that `stance --help` answers at once. Only this file turns a `StanceError`
into one line on standard error; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from models.errors import CheckpointError, StanceError
from serve.bench_verbs import bench
from serve.extras import needs_extra
from serve.info import VersionOption, info
from serve.label import EXIT_ROWS, ModelOption, label
from serve.lookup import countries, groups
from serve.options import (
    BaselinesOption,
    CorpusPaths,
    DataArgument,
    Given,
    JsonOption,
    NewFileOption,
    TextsOption,
    WithoutWordsOption,
)
from serve.paths import require_paths, write_rows
from serve.printing import print_json, print_note, print_rows, print_values
from serve.report import report
from serve.review import review
from serve.service_verbs import key, serve
from serve.sources import MissingFileError

if TYPE_CHECKING:
    from evals.manifest import ReportOptions

EXIT_ERROR, EXIT_NOT_FOUND, EXIT_GATE = 1, 4, 5
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
corpus = typer.Typer(
    help="Check, count, gather and convert the texts to train on.", rich_markup_mode=None, no_args_is_help=True
)


@app.callback()
def _options(version: VersionOption = False) -> None:
    pass


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A TOML file, such as training/configs/tiny.toml.")],
    texts: Annotated[list[Path] | None, typer.Option(help="Annotated texts (JSON Lines) to add.")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the run.")] = Path("runs/latest"),
) -> None:
    """Train a checkpoint. Needs the extra: pip install 'country-stance[train]'.

    Example: stance train training/configs/tiny.toml -o runs/tiny
    """
    require_paths(config, *(texts or ()))
    with needs_extra("train"):
        from training.train import main as run
    run(config, texts=texts or [], output=output)


def evaluate(
    data: DataArgument,
    proposals: Annotated[Given, typer.Option(help="Label the data's proposals, find them, or both.")] = Given.GIVEN,
    finder: Annotated[bool, typer.Option("--countries", help="Measure the country finder alone.")] = False,
    model: ModelOption = None,
    as_json: JsonOption = False,
    report: Annotated[Path | None, typer.Option(help="Write a report to this folder.")] = None,
    baselines: BaselinesOption = None,
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

    require_paths(*(texts or ()), compare, None if data[0] in NAMES else Path(data[0]))
    if finder:
        from evals.countries import main as measure_finder

        print_values(measure_finder(data[0]), as_json=as_json)
    elif report or gate or card or behaviour or compare or baselines:
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

        with needs_extra("evals"):
            scores = run(data[0], proposals.value, model)
        print_values(scores, as_json=as_json)


def _report(options: ReportOptions, folder: Path | None, *, gate: bool, card: bool) -> None:
    """Write a report, to a folder that is thrown away if none is named; the options that print do so."""
    with needs_extra("evals"):
        from evals.card import write_card
        from evals.run import main as run
    with TemporaryDirectory() as scratch:
        record = run(options, folder or Path(scratch), print_note)
    if card:
        typer.echo(write_card(record))
    failed = [kept["gate"] for kept in record["gates"] if not kept["is_kept"]]
    if gate and failed:
        typer.echo(f"error: {len(failed)} gates not kept: {', '.join(failed)}", err=True)
        raise typer.Exit(EXIT_GATE)


def _evaluate_other(words: Sequence[str], folder: Path | None) -> None:
    """Print the table of reports, repeat a report, or measure the network on a public benchmark."""
    name, *rest = words
    if name == "card":
        from evals.card import write_results

        require_paths(*map(Path, rest))
        typer.echo(write_results([Path(word) for word in rest]))
        return
    path = Path(rest[0])
    with needs_extra("evals"):
        from evals.benchmarks.measure import NAMES, measure
        from evals.run import rerun
    if len(rest) > 1 or name not in ("rerun", *NAMES):
        raise typer.BadParameter(
            f"{' '.join(words)!r} is no data set, 'card REPORT...', 'rerun MANIFEST' or one of {', '.join(NAMES)}"
        )
    require_paths(path)
    if name != "rerun":
        with needs_extra("train"):
            print_json(measure(name, path, folder or Path("runs") / name, print_note))
    elif rerun(path, print_note):
        typer.echo("the same record, byte for byte")
    else:
        raise StanceError("the record differs: other code, packages or hardware than in the manifest")


@bench.command("speed")
def bench_speed(
    model: ModelOption = None,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of everything that is compared; the median counts.")] = 5,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for speed.md and speed.json.")] = Path("."),
) -> None:
    """Measure labelling against the matrix products in it, its own forward passes and the NLI way.

    Example: stance bench speed -o runs
    """
    from evals.speed import measure_speed

    print_json(measure_speed(model, repeats, output))


@corpus.command("check")
def check_corpus(paths: CorpusPaths = None, texts: TextsOption = None, as_json: JsonOption = False) -> None:
    """List what is wrong with the written corpus and the annotations, and which annotated texts are missing.

    Exits with 3 where something is wrong. A missing text is not.

    Example: stance corpus check --texts texts/
    """
    require_paths(*(paths or ()), texts)
    from training.inventory import check, describe_check

    found = check(paths or [], texts)
    if as_json:
        print_json(found)
    else:
        typer.echo(describe_check(found))
        if texts:
            print_rows([{**source, "missing": len(source["missing"])} for source in found["texts"]])
    if found["faults"]:
        raise typer.Exit(EXIT_ROWS)


@corpus.command("stats")
def count_corpus(paths: CorpusPaths = None, as_json: JsonOption = False) -> None:
    """Count texts, proposals, countries and stances, by style (written corpus) and source (annotations).

    Example: stance corpus stats --json
    """
    require_paths(*(paths or ()))
    from training.inventory import count

    print_rows(count(paths or []), as_json=as_json)


@corpus.command("convert")
def convert_corpus(
    paths: Annotated[list[Path], typer.Argument(metavar="PATHS", help="Files (.txt, .jsonl) or folders of them.")],
    texts: TextsOption = None,
    output: NewFileOption = None,
    without_words: WithoutWordsOption = False,
) -> None:
    """Write annotated articles, JSON Lines, as stance train --texts and stance evaluate read them.

    Annotations get their words back from the folder --texts; those whose text is missing are left out.

    Example: stance corpus convert training/annotations --texts texts/ -o articles.jsonl
    """
    require_paths(*paths, texts)
    if without_words and texts:
        raise typer.BadParameter("--without-words takes words away and needs no --texts")
    from training.inventory import convert, describe_missing, remove_words

    if without_words:
        write_rows(output, remove_words(paths))
        return
    conversion = convert(paths, texts)
    write_rows(output, conversion.articles)
    for fault in conversion.faults:
        print_note(fault)
    if conversion.missing:
        print_note(describe_missing(conversion.missing))
    if conversion.faults:
        raise typer.Exit(EXIT_ROWS)


@corpus.command("debates")
def make_debates(
    arguments: Annotated[Path, typer.Argument(metavar="ARGUMENTS", help="A CSV file of ArgKP-2021.")],
    output: NewFileOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of who speaks, in which order and words.")] = 1,
) -> None:
    """Make annotated debates of the arguments of ArgKP-2021.

    The texts are invented, their arguments are not: for stance train --texts, never to measure on.

    Example: stance corpus debates arguments_train.csv -o debates.jsonl
    """
    require_paths(arguments)
    from models.countries import CountryFinder
    from training.arguments import make_debates as make
    from training.arguments import read_arguments

    write_rows(output, make(read_arguments(arguments), CountryFinder.load(), seed))


@corpus.command("gather")
def gather_texts(
    clones: Annotated[Path, typer.Argument(metavar="CLONES", help="Folder with your clones of the repositories.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="A new folder for the texts.")],
    as_json: JsonOption = False,
) -> None:
    """Take the annotated texts out of clones of the public repositories that hold them (docs/corpus.md).

    Example: stance corpus gather clones/ -o texts/
    """
    require_paths(clones)
    from training.gather import gather

    print_rows([asdict(source) for source in gather(clones, output)], as_json=as_json)


for verb in (label, report, review, countries, groups, info, train, evaluate, key, serve):
    app.command()(verb)
app.add_typer(bench, name="bench")
app.add_typer(corpus, name="corpus")


def main() -> NoReturn:
    """Run the command; errors raised on purpose become one line and an exit code."""
    try:
        app(prog_name="stance")
    except (CheckpointError, MissingFileError) as error:
        _fail(error, EXIT_NOT_FOUND)
    except StanceError as error:
        _fail(error, EXIT_ERROR)
    sys.exit()


def _fail(error: StanceError, code: int) -> NoReturn:
    typer.echo(f"error: {' '.join(str(error).split())}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
