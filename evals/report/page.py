"""Writes the report's page. Everything is in one file: no network, no scripts from elsewhere, all text escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from evals.report import figures
from evals.report.mistakes import collect_mistakes
from models.annotations import AnnotatedText
from models.schema import Labels

_FOLDER = Path(__file__).parent
_COUNTRIES_DRAWN = 25
_LABELS = {
    "micro_f1": "Micro F1",
    "macro_f1": "Macro F1",
    "precision": "Precision",
    "recall": "Recall",
    "flip_rate": "Flip rate",
}
_NUM_LOWEST = 5


def write_page(
    path: Path,
    record: Mapping[str, Any],
    manifest: Mapping[str, Any],
    texts: Sequence[AnnotatedText],
    labels: Sequence[Labels],
) -> None:
    """Write the page of a record; articles and answers fill its error browser."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"share": _share, "number": _number, "probability": _probability}
    page = environment.get_template("page.html.jinja").render(
        record=record,
        manifest=manifest,
        labels=_LABELS,
        descriptions={text.id: {p.id: p.description for p in text.proposals} for text in texts},
        style=_read("page.css"),
        script=_read("page.js"),
        figures=_draw(record),
        axes=[(axis, list(items)) for axis, items in groupby(record["slices"], key=lambda item: item["axis"])],
        lowest=_find_lowest(record["slices"]),
        mistakes=collect_mistakes(texts, labels),
    )
    path.write_text(page, encoding="utf-8")


def _find_lowest(slices: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The slices read worst for sure: those whose intervals end lowest, of enough rows."""
    return sorted((item for item in slices if item["is_trusted"]), key=lambda item: float(item["high"]))[:_NUM_LOWEST]


def _read(name: str) -> Markup:
    return Markup((_FOLDER / name).read_text(encoding="utf-8"))


def _draw(record: Mapping[str, Any]) -> dict[str, Markup]:
    countries = sorted(record["countries"]["scores"], key=lambda score: -score["rows"])[:_COUNTRIES_DRAWN]
    countries.sort(key=lambda score: -score["shrunk_error"])
    rows = sum(score["rows"] for score in record["countries"]["scores"])
    mean = sum(score["wrong"] for score in record["countries"]["scores"]) / max(rows, 1)
    drawn = {
        "calibration": figures.draw_calibration(record["calibration"]["bins"]),
        "risk": figures.draw_risk(record["calibration"]["risk_coverage"]),
        "countries": figures.draw_countries(countries, mean),
    }
    return {name: Markup(svg) for name, svg in drawn.items()}


def _share(value: float | None) -> str:
    """A share as the report writes it: '.620'."""
    if value is None:
        return "–"
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def _number(value: float) -> str:
    """A count with thousands apart."""
    return f"{value:,.0f}".replace(",", "\u2009") if abs(value) >= 10_000 else f"{value:g}"


def _probability(value: float) -> str:
    """A p value."""
    return "< .001" if value < 0.001 else _share(value)
