"""The figures of a model card and of the README, in Markdown, from the records of reports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.errors import DataError

REPORTS = Path(__file__).parent / "reports"
RESULTS = (REPORTS / "dev-given.json", REPORTS / "dev-found.json")
"""The committed records that the README's table of results is made from."""
_MODES = {"given": "given", "found": "found in the text"}

_ROWS = (
    ("micro_f1", "Micro F1"),
    ("macro_f1", "Macro F1"),
    ("precision", "Precision"),
    ("recall", "Recall"),
    ("support_f1", "F1 of support"),
    ("oppose_f1", "F1 of oppose"),
    ("abstain_f1", "F1 of abstain"),
    ("flip_rate", "Flip rate"),
)


def write_card(record: Mapping[str, Any]) -> str:
    """A paragraph on the data and a table of scores with 95 % intervals, baselines below where they were measured."""
    model, data, headline = record["model"], record["data"], record["headline"]
    calibration = record["calibration"]
    lines = [
        f"## {model['name']} {model['version']} on {record['name']}, {record['proposals']} proposals",
        "",
        f"{data['articles']} articles with {data['stances']} annotated stances; {headline['correct']} of "
        f"{headline['predicted']} rows are right, {headline['flips']} take support for oppose or the reverse. "
        "Intervals: bootstrap by article, 95 %.",
        "",
        "| score | value | interval |",
        "|---|---|---|",
        *(_row(label, headline[name], headline[name]["low"], headline[name]["high"]) for name, label in _ROWS),
        _row("Calibration error", {"value": calibration["ece"]}, *calibration["ece_interval"]),
        f"| F1 of evidence sentences, right rows | {_share(record['stages']['evidence']['f1'])} | |",
    ]
    if "end_to_end" in record:
        found = record["end_to_end"]["headline"]
        lines += [
            _row(f"{label}, end to end", found[name], found[name]["low"], found[name]["high"]) for name, label in _ROWS
        ]
    for name, baseline in record.get("baselines", {}).items():
        score = baseline["micro_f1"]
        lines.append(_row(f"Micro F1 of the baseline {name}", score, score["low"], score["high"]))
    return "\n".join(lines)


def write_results(paths: Sequence[Path] = RESULTS) -> str:
    """The README's table of results: a row for each record, for the majority and for both kinds of proposals.

    Raises:
        DataError: A file is no record of a report.
    """
    lines = ["| proposals | precision | recall | F1 | 95 % | flips |", "|---|---|---|---|---|---|"]
    for path in paths:
        record = read_record(path)
        name = _MODES[record["proposals"]]
        lines.append(_result(name, record["headline"], record["headline"]["predicted"]))
        majority = record.get("baselines", {}).get("majority")
        if majority:
            lines.append(_result(f"{name}; every country found supports all (majority)", majority, None))
        if "end_to_end" in record:
            found = record["end_to_end"]["headline"]
            lines.append(_result(_MODES["found"], found, found["predicted"]))
    return "\n".join(lines)


def read_record(path: Path) -> dict[str, Any]:
    """The record of a report, `report.json`.

    Raises:
        DataError: It can't be read, or is something else.
    """
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        record["headline"], record["proposals"], record["model"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no record of a report: {error!r}; name the report.json of one") from None
    return record


def _result(name: str, scores: Mapping[str, Any], predicted: int | None) -> str:
    f1 = scores["micro_f1"]
    figures = [_share(scores["precision"]["value"]), _share(scores["recall"]["value"]), f"**{_share(f1['value'])}**"]
    flips = "-" if predicted is None else f"{scores['flips']} of {predicted}"
    return f"| {' | '.join([name, *figures])} | {_share(f1['low'])}–{_share(f1['high'])} | {flips} |"


def _row(label: str, score: Mapping[str, float], low: float, high: float) -> str:
    return f"| {label} | {_share(score['value'])} | {_share(low)}–{_share(high)} |"


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if 0 <= value < 1 else f"{value:.3f}"
