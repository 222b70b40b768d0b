"""`stance info` and `--version`: which model answers, and what an answer looks like."""

from __future__ import annotations

from typing import Annotated

import typer

from serve.label import ModelOption
from serve.options import JsonOption
from serve.printing import print_json, print_values


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
        from models.labeller import Labeller

        print_values(Labeller.load(model).info(), as_json=as_json)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"stance {version('country-stance')}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
]
