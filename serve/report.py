"""`stance report`: what many labels say together, as one page that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from models.errors import StanceError
from models.schema import Stance
from serve.labelled import read_flat_rows
from serve.part_file import refuse_existing, write_whole
from serve.writers import write_csv_rows

MAX_COUNTRIES, MAX_PROPOSALS, MAX_TIMELINES = 60, 40, 12
"""Most that a figure shows; the CSV beside it has all."""
_BAR_HEIGHT = 60


def report(
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS", help="What 'stance label' wrote: .jsonl, .csv, .parquet.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Write the page to this file.")],
    countries: Annotated[list[str] | None, typer.Option("--country", help="Only this code; may be repeated.")] = None,
    proposal: Annotated[str, typer.Option(help="Only proposals with these words.")] = "",
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Only articles from this day on."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Only articles to this day.")
    ] = None,
    min_confidence: Annotated[float, typer.Option(min=0, max=1, help="Only rows with at least so much.")] = 0.0,
    votes: Annotated[
        Path | None, typer.Option(help="Recorded UN votes to compare with: CSV of the UN Digital Library.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Show what many labels say: who agrees with whom, on what, when; in one page with a CSV beside every figure.

    Needs the extra: pip install 'country-stance[report]'.

    Example: stance report labels.jsonl -o report.html
    """
    from serve.figures import Filters

    filters = Filters(
        countries=tuple(code.upper() for code in countries or ()),
        proposal=proposal,
        first_day=_write_day(since),
        last_day=_write_day(until),
        min_confidence=min_confidence,
    )
    refuse_existing(output, force=force)
    page = make_page(collect(labels, filters), title=f"Stances in {labels.name}", votes=votes, filters=filters)
    write_whole(output, page)


@dataclass
class Collection:
    """The rows of a file of labels, and what was counted on the way."""

    rows: list[Any] = field(default_factory=list)
    articles: set[str] = field(default_factory=set)
    num_errors: int = 0
    models: set[str] = field(default_factory=set)
    sources: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def collect(labels: Path, filters: Any) -> Collection:
    """Read the labels that the filters keep; articles and errors are counted whatever the filters."""
    from serve.figures import find_source, make_row

    found = Collection()
    for flat in read_flat_rows(labels):
        source = found.sources[find_source(flat["id"])]
        source["articles"] += flat["id"] not in found.articles
        found.articles.add(flat["id"])
        if flat["error_type"]:
            found.num_errors += 1
            source["errors"] += 1
            continue
        found.models.add(f"{flat['model']} {flat['model_version']}")
        row = make_row(flat)
        if row and filters.keep(row):
            source[row.stance] += 1
            found.rows.append(row)
    return found


def make_page(found: Collection, *, title: str, votes: Path | None, filters: Any) -> str:
    """The whole page."""
    from serve import figures

    rows = found.rows
    countries, agreement, clusters = figures.measure_agreement(rows, MAX_COUNTRIES)
    tables = {
        "matrix": figures.tabulate_matrix(rows),
        "agreement": figures.tabulate_agreement(countries, agreement, clusters),
        "months": figures.tabulate_months(rows),
        "contested": figures.tabulate_contested(rows),
        "unsure": figures.tabulate_unsure(rows),
        "sources": figures.tabulate_sources(found.sources),
        "votes": _compare(rows, votes) if votes else None,
    }
    names = figures.name_countries(rows)
    counts = {
        "articles": len(found.articles),
        "errors": found.num_errors,
        "rows": len(rows),
        "countries": len(names),
        "proposals": len({row.proposal for row in rows}),
    }
    return str(
        _load_template().render(
            title=title,
            counts=counts,
            models=sorted(found.models),
            filters=_describe(filters),
            tables=tables,
            matrix=_draw_matrix(rows, names),
            agreement=_draw_agreement(countries, agreement, clusters, names),
            clusters=max(clusters, default=0),
            timelines=_draw_timelines(rows, tables["months"], names),
            votes=_summarize_votes(tables["votes"]),
            min_shared=figures.MIN_SHARED,
            low_confidence=figures.LOW_CONFIDENCE,
        )
    )


def _write_day(day: datetime | None) -> str:
    return day.date().isoformat() if day else ""


def _describe(filters: Any) -> str:
    said = {key.replace("_", " "): value for key, value in vars(filters).items() if value}
    return ", ".join(f"{key} {' '.join(v) if isinstance(v, tuple) else v}" for key, v in said.items())


def _load_template() -> Any:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
        from markupsafe import Markup
    except ModuleNotFoundError as error:
        raise StanceError("reports need the extra report: run pip install 'country-stance[report]'") from error
    style, script = (Path(__file__).with_name(f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    environment = Environment(loader=PackageLoader("serve", "."), autoescape=True, undefined=StrictUndefined)
    environment.filters["data_uri"] = _make_data_uri
    environment.globals |= {
        "style": Markup(style),
        "script": Markup(script),
        "style_hash": _hash_source(style),
        "script_hash": _hash_source(script),
    }
    return environment.get_template("report.html.jinja")


def _hash_source(source: str) -> str:
    """What the page's content policy knows a style or script by; nothing else may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _make_data_uri(table: Any) -> str:
    text = write_csv_rows([list(table.columns), *table.rows])
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode()).decode()


def _draw_matrix(rows: Sequence[Any], names: dict[str, str]) -> dict[str, Any]:
    """The countries and proposals with most pairs, and their cells."""
    from serve.figures import make_matrix, name_proposals

    pairs, texts = make_matrix(rows), name_proposals(rows)
    proposals = [key for key, _ in Counter(key for _, key in sorted(pairs)).most_common(MAX_PROPOSALS)]
    columns = {key: number for number, key in enumerate(proposals)}
    cells: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (country, key), (stance, share, count) in sorted(pairs.items()):
        if key in columns:
            shown = {"column": columns[key], "stance": stance, "share": round(share, 2), "rows": count}
            cells[country].append(shown)
    most = sorted(cells, key=lambda country: (-len(cells[country]), names[country]))[:MAX_COUNTRIES]
    return {
        "columns": [texts[key] for key in proposals],
        "rows": [{"name": names[country], "cells": cells[country]} for country in most],
    }


def _draw_agreement(
    countries: Sequence[str], matrix: Any, clusters: Sequence[int], names: dict[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "country": country,
            "name": names[country],
            "cluster": clusters[i],
            "cells": [
                {
                    "name": names[other],
                    "cluster": cluster,
                    "agreement": None if value != value else round(float(value), 2),
                }
                for other, cluster, value in zip(countries, clusters, matrix[i], strict=True)
            ],
        }
        for i, country in enumerate(countries)
    ]


def _draw_timelines(rows: Sequence[Any], months: Any, names: dict[str, str]) -> list[dict[str, Any]]:
    """A bar a month for the countries with most rows."""
    busiest = [code for code, _ in Counter(row.country for row in rows if row.date).most_common(MAX_TIMELINES)]
    lines = []
    for code in busiest:
        found = {month: counts for country, month, *counts in months.rows if country == code}
        first, last, peak = min(found), max(found), max(map(sum, found.values()))
        bars = [_draw_bar(month, _count_months(first, month), counts, peak) for month, counts in found.items()]
        line = {"name": names[code], "first": first, "last": last, "peak": peak, "bars": bars}
        lines.append({**line, "months": 1 + max(bar["place"] for bar in bars)})
    return lines


def _draw_bar(month: str, place: int, counts: Sequence[int], peak: int) -> dict[str, Any]:
    parts, y = [], float(_BAR_HEIGHT)
    for stance, count in zip(Stance, counts, strict=True):
        height = _BAR_HEIGHT * count / peak
        y -= height
        if count:
            parts.append({"stance": stance.value, "count": count, "y": round(y, 1), "height": round(height, 1)})
    return {"month": month, "place": place, "parts": parts}


def _count_months(first: str, month: str) -> int:
    try:
        start, end = (date.fromisoformat(f"{day}-01") for day in (first, month))
    except ValueError:
        return 0  # a date that is no date stands at the start
    return (end.year - start.year) * 12 + end.month - start.month


def _compare(rows: Sequence[Any], votes: Path) -> Any:
    from serve.roll_calls import compare_votes, read_roll_calls

    return compare_votes(rows, read_roll_calls(votes))


def _summarize_votes(table: Any) -> dict[str, Any] | None:
    """How many labels are as the vote was, and which were taken for which."""
    from serve.figures import Table

    if table is None:
        return None
    pairs = Counter((cells[5], cells[6]) for cells in table.rows)
    agreeing = sum(count for (label, vote), count in pairs.items() if label == vote)
    return {
        "agreeing": agreeing,
        "resolutions": len({cells[0] for cells in table.rows}),
        "percent": round(100 * agreeing / max(1, len(table.rows))),
        "confusion": Table(
            ("label, of vote", *Stance),
            [[label.value, *(pairs[label, vote] for vote in Stance)] for label in Stance],
        ),
    }
