"""What the verbs print: values and rows, for people or as JSON, and notes beside the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import typer


def print_json(value: Any) -> None:
    """Print a value as JSON for people and programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_rows(rows: Sequence[dict[str, Any]], *, as_json: bool = False) -> None:
    """Print rows with the same keys as a table, or as a JSON list."""
    if as_json:
        print_json(rows)
        return
    from serve.table import format_rows

    typer.echo(format_rows(rows))


def print_values(values: dict[str, Any], *, as_json: bool) -> None:
    """Print named values, nested ones by their path, as two columns or as a JSON object."""
    if as_json:
        print_json(values)
        return
    from rich.console import Console

    from serve import table

    table.print_values(Console(highlight=False), values)


def print_note(message: str) -> None:
    """Print on standard error what is no part of the answer: progress, warnings."""
    typer.echo(message, err=True)
