"""The figures of a model card, in Markdown, from a report's record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    for name, baseline in record.get("baselines", {}).items():
        score = baseline["micro_f1"]
        lines.append(_row(f"Micro F1 of the baseline {name}", score, score["low"], score["high"]))
    return "\n".join(lines)


def _row(label: str, score: Mapping[str, float], low: float, high: float) -> str:
    return f"| {label} | {_share(score['value'])} | {_share(low)}–{_share(high)} |"


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if 0 <= value < 1 else f"{value:.3f}"
