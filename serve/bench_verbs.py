"""`stance bench`: one verb per benchmark, each a thin function over the module that measures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from serve.throughput import bench_label

bench = typer.Typer(help="Measure how fast it is.", rich_markup_mode=None, no_args_is_help=True)
bench.command("label")(bench_label)


@bench.command("serve")
def bench_serve(
    url: Annotated[str | None, typer.Option(help="A running service; default: one is started.")] = None,
    key: Annotated[str | None, typer.Option(envvar="STANCE_KEY", help="Its API key.")] = None,
    articles: Annotated[Path | None, typer.Option(help="JSON Lines to send; default: one short article.")] = None,
    concurrency: Annotated[list[int] | None, typer.Option(min=1, help="Clients at once: 1, 8, 32 and 128.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Length of each step.")] = 10,
    overload: Annotated[float, typer.Option(min=0, help="Then as often as so many times the best rate.")] = 0,
    overload_seconds: Annotated[float, typer.Option(min=0.1, help="Length of that.")] = 60,
    report: Annotated[Path | None, typer.Option(help="Write the figures as a page of Markdown too.")] = None,
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
        report=report,
    )
    for step in steps:
        typer.echo(json.dumps(step))
