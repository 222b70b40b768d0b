"""The results of `evals.speed` as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def write_report(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    label, cold, both = results["label"], results["cold"], results["processes"]
    lines = [
        "# Speed",
        "",
        "Made by `stance bench speed`. CPU time of one thread; medians, with the 10th and 90th percentile in brackets;",
        "what is compared was taken in turns in one process. The articles are invented.",
        "",
        ", ".join(f"{key} {value}" for key, value in results["machine"].items()) + ".",
        "",
        "## The forward pass against the matrix products in it",
        "",
        *_table(results["forward"]),
        "",
        "## Labelling",
        "",
        f"One article of 500 words, 8 countries, 3 given proposals: {_show(label['label_ms'])} ms, "
        f"{label['forwards']} forward passes, {label['tokens_per_article_token']} tokens read for each of the article.",
        "",
        f"- Its forward passes take {label['forwards_of_label']} of the time.",
        f"- {label['nli_forwards']} forwards of the same encoder, one for each country, proposal and hypothesis, over "
        f"{label['nli_tokens']} tokens, take {label['nli_of_label']} times as long.",
        f"- `stance label` of it with found proposals in a fresh process: {_show(cold['cpu_ms'])} ms CPU, "
        f"{cold['peak_mb']} MB at most.",
        f"- Two processes label {both['ratio']} times as many articles as one ({both['two_per_s']} and "
        f"{both['one_per_s']} a second, by the clock).",
        "",
        "## By length, countries and proposals",
        "",
        *_table(results["sizes"]),
        "",
    ]
    return "\n".join(lines)


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    names = list(rows[0])
    body = ["| " + " | ".join(_show(row[name]) for name in names) + " |" for row in rows]
    return ["| " + " | ".join(name.replace("_", " ") for name in names) + " |", "|" + "---|" * len(names), *body]


def _show(value: Any) -> str:
    return "{median} ({p10}-{p90})".format(**value) if isinstance(value, dict) else str(value)
