"""`stance label`: articles in, who stands where out."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from serve.articles import Keys, Overrides, Reading
from serve.batch import Task
from serve.encodings import check_encoding
from serve.remote import copy_out, is_uri, make_local_name
from serve.run import Run
from serve.sources import SUFFIXES, find_sources
from serve.writers import find_writer

EXIT_ROWS = 3

ModelOption = Annotated[Path | None, typer.Option("--model", help="Checkpoint folder; default: the shipped one.")]


class Format(StrEnum):
    """How labels are written."""

    AUTO = "auto"
    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class OtherLanguages(StrEnum):
    """What becomes of articles that are not in English."""

    SKIP = "skip"
    LABEL = "label"


def label(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUTS", help=f"Files ({SUFFIXES}; also .gz, .zst), folders, globs, URIs, or - for stdin."
        ),
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
    text_key: Annotated[
        str, typer.Option(help="Field of the text; a dot leads into a nested one: body.text.")
    ] = "text",
    id_key: Annotated[str, typer.Option(help="Field of the id; without one it is made from the content.")] = "id",
    title_key: Annotated[str, typer.Option(help="Field of the headline.")] = "title",
    date_key: Annotated[str, typer.Option(help="Field of the date.")] = "date",
    encoding: Annotated[str | None, typer.Option(help="Encoding of the input; default: found, or refused.")] = None,
    other_languages: Annotated[
        OtherLanguages, typer.Option(help="Articles that are not in English: an error row, or labels all the same.")
    ] = OtherLanguages.SKIP,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="Write to this file or URI: .jsonl, .csv or .parquet.")
    ] = None,
    form: Annotated[
        Format,
        typer.Option("--format", help="auto: what the suffix says; a table on a terminal, JSON Lines into a pipe."),
    ] = Format.AUTO,
    errors: Annotated[Path | None, typer.Option(help="Write a copy of the error rows to this .jsonl file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run that was stopped has come to.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first article that can't be labelled.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that label; one per core is best.")] = 1,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Label on a Ray cluster: its address, auto, or local.")
    ] = None,
    progress: Annotated[
        bool | None, typer.Option("--progress/--quiet", help="Progress on standard error; default: on a terminal.")
    ] = None,
    expand: Annotated[
        bool, typer.Option("--expand-groups", help="What a group does counts for each member on that day too.")
    ] = False,
    model: ModelOption = None,
) -> None:
    """Label articles: who supports, opposes or abstains on what.

    A .txt, .md or .html file is one article; other files have one article per row or object with a "text". What
    can't be labelled gives an error row in its place. --proposal, --title and --date hold for every article.

    Example: stance label articles/ --proposal "a ban on deep-sea mining" -o labels.jsonl
    """
    if resume and output is None:
        raise typer.BadParameter("--resume needs the file to go on with: name it with -o")
    if output is None and form is Format.PARQUET:
        raise typer.BadParameter("--format parquet needs a file: name it with -o")
    run = Run(
        sources=tuple(find_sources(inputs or [])),
        reading=Reading(
            keys=Keys(text=text_key, id=id_key, title=title_key, date=date_key),
            overrides=Overrides(
                title=title,
                date=date.date().isoformat() if date else None,
                proposals=tuple(proposals) if proposals else None,
            ),
            encoding=check_encoding(encoding) if encoding else None,
        ),
        task=Task(model=model, expand_groups=expand, label_other_languages=other_languages is OtherLanguages.LABEL),
        workers=workers,
        ray=ray,
        is_strict=strict,
        shows_progress=sys.stderr.isatty() and output is not None if progress is None else progress,
    )
    if output is None:
        is_table = form is Format.TABLE or (form is Format.AUTO and sys.stdout.isatty())
        name = None if is_table else Format.JSONL.value if form is Format.AUTO else form.value
        counts = run.write_stream(name, errors, force=force)
    else:
        target = output if is_uri(output) else None
        path = make_local_name(target, may_exist=force or resume) if target else Path(output)
        writer = find_writer(path, None if form is Format.AUTO else form.value)
        counts = run.write_file(path, errors, writer, resume=resume, force=force)
        if target:
            copy_out(path, target)
    if counts.errors:
        typer.echo(f"error: {counts.errors} of {counts.articles} articles not labelled; their rows say why", err=True)
        raise typer.Exit(EXIT_ROWS)
