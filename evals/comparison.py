"""Two runs on the same articles: which is better, and on which rows they part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evals.metrics.triples import SCORES_OF_COUNTS, count_by_article, has_stance
from evals.pairs import NONE, Pair
from evals.statistics import adjust_holm, compare, exact_mcnemar

MAX_LISTED = 50
_COMPARED = ("micro_f1", "macro_f1", "flip_rate")


@dataclass
class _Row:
    """What two runs answer on one country and proposal of an article.

    A run may answer it several times (two found proposals that count as one): it is right if all answers are. A run
    that says nothing is right where nothing is annotated.
    """

    article: str
    country: str
    proposal: str
    first: list[Pair] = field(default_factory=list)
    second: list[Pair] = field(default_factory=list)

    @property
    def gold(self) -> list[str]:
        return sorted({pair.gold for pair in (*self.first, *self.second)} - {NONE})

    @property
    def right(self) -> tuple[bool, bool]:
        """Of the first and of the second run."""
        return self._is_right(self.first), self._is_right(self.second)

    def _is_right(self, answers: Sequence[Pair]) -> bool:
        return all(pair.is_right for pair in answers) if answers else not self.gold


def compare_runs(first: Sequence[Pair], second: Sequence[Pair], articles: Sequence[str]) -> dict[str, Any]:
    """Second run less first, on the same articles: each score with its interval and p, and McNemar's test on rows.

    `holm_p` is p corrected for the number of scores. A row is a (country, proposal) pair with a stance in the data or
    in either run.
    """
    before, after = (count_by_article(pairs, articles) for pairs in (first, second))
    rows = _match_rows(first, second)
    only_first, only_second = (len(part) for part in _part_rows(rows))
    compared = {name: asdict(compare(before, after, SCORES_OF_COUNTS[name])) for name in _COMPARED}
    adjusted = adjust_holm([item["p_value"] for item in compared.values()])
    return {
        "scores": {name: {**compared[name], "holm_p": p} for name, p in zip(compared, adjusted, strict=True)},
        "rows": len(rows),
        "only_first_right": only_first,
        "only_second_right": only_second,
        "mcnemar_p": exact_mcnemar(only_first, only_second),
    }


def list_differences(first: Sequence[Pair], second: Sequence[Pair]) -> dict[str, list[dict[str, Any]]]:
    """The rows that one run alone has right, at most MAX_LISTED of each, the surest answers first."""
    only_first, only_second = _part_rows(_match_rows(first, second))
    return {"only_first_right_rows": _list_surest(only_first), "only_second_right_rows": _list_surest(only_second)}


def adjust_comparisons(comparisons: Mapping[str, dict[str, Any]]) -> None:
    """Put Holm's correction over several comparisons beside their p values, in place."""
    p_values = [item["scores"]["micro_f1"]["p_value"] for item in comparisons.values()]
    for item, adjusted in zip(comparisons.values(), adjust_holm(p_values), strict=True):
        item["holm_p"] = adjusted


def _match_rows(first: Sequence[Pair], second: Sequence[Pair]) -> list[_Row]:
    rows: dict[tuple[str, str, str], _Row] = {}
    for pair in (*first, *second):
        key = (pair.article, pair.country, pair.proposal)
        rows.setdefault(key, _Row(*key))
    for pair in first:
        rows[pair.article, pair.country, pair.proposal].first.append(pair)
    for pair in second:
        rows[pair.article, pair.country, pair.proposal].second.append(pair)
    return [row for row in rows.values() if any(map(has_stance, (*row.first, *row.second)))]


def _part_rows(rows: Sequence[_Row]) -> tuple[list[_Row], list[_Row]]:
    """The rows that the first run alone has right, and those that the second alone has right."""
    return [row for row in rows if row.right == (True, False)], [row for row in rows if row.right == (False, True)]


def _list_surest(rows: Sequence[_Row]) -> list[dict[str, Any]]:
    return [_describe(row) for row in sorted(rows, key=_sureness, reverse=True)[:MAX_LISTED]]


def _sureness(row: _Row) -> float:
    return max(pair.confidence or 0.0 for pair in (*row.first, *row.second))


def _describe(row: _Row) -> dict[str, Any]:
    first, second = (
        [{"stance": pair.predicted, "confidence": pair.confidence} for pair in answers if pair.predicted != NONE]
        for answers in (row.first, row.second)
    )
    about = {"article": row.article, "country": row.country, "proposal": row.proposal, "gold": row.gold}
    return {**about, "first": first, "second": second}
