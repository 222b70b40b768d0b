"""What many labels say together: tables for `stance report`, each from the same rows.

A proposal of one article is the proposal of another only where both have the same words, and enough of them;
'the ban' alone stays with its article.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.schema import Stance

MIN_SHARED = 3
"""Fewest shared proposals for two countries to be compared."""
LOW_CONFIDENCE = 0.6
"""Rows below it are listed for a person to check."""
CLUSTER_DISTANCE = 0.35
"""Mean disagreement up to which countries belong to one cluster."""
_WORD = re.compile(r"\w+")
_SMALL = frozenset(("a", "an", "the", "of", "to", "and", "on", "in", "for", "by", "at", "with", "from", "its", "that"))
_SCALE = {Stance.SUPPORT: 1.0, Stance.ABSTAIN: 0.5, Stance.OPPOSE: 0.0}
"""Stances on a line: an abstention agrees half with either side."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stance of one article."""

    article: str
    title: str
    date: str
    proposal: str
    """Key of the proposal across articles."""
    proposal_text: str
    country: str
    name: str
    stance: str
    confidence: float
    evidence: str


@dataclass(frozen=True)
class Filters:
    """Which rows count. Dates are days, both included; rows without a date fall out where one is asked for."""

    countries: tuple[str, ...] = ()
    proposal: str = ""
    first_day: str = ""
    last_day: str = ""
    min_confidence: float = 0.0

    def keep(self, row: Row) -> bool:
        """Whether a row counts."""
        return (
            (not self.countries or row.country in self.countries)
            and self.proposal.casefold() in row.proposal_text.casefold()
            and (not self.first_day or row.date >= self.first_day)
            and (not self.last_day or "" < row.date[:10] <= self.last_day)
            and row.confidence >= self.min_confidence
        )


@dataclass(frozen=True)
class Table:
    """The numbers of a figure, as its CSV has them."""

    columns: tuple[str, ...]
    rows: list[list[Any]]


def make_row(flat: Mapping[str, Any]) -> Row | None:
    """A row of a flat row; None where it has no stance."""
    if not flat["stance"]:
        return None
    words = list_content_words(flat["proposal_text"])
    is_shared = len(words) >= 2 or flat["proposal_given"]
    key = " ".join(words) if is_shared else f"{flat['id']}\n{' '.join(words)}"
    return Row(
        article=flat["id"],
        title=flat["title"] or "",
        date=flat["date"] or "",
        proposal=key,
        proposal_text=flat["proposal_text"],
        country=flat["country"],
        name=flat["name"],
        stance=flat["stance"],
        confidence=flat["confidence"],
        evidence=flat["evidence"] or "",
    )


def list_content_words(text: str) -> list[str]:
    """The words of a text that say something, in small letters."""
    return [word for word in _WORD.findall(text.casefold()) if word not in _SMALL]


def make_matrix(rows: Iterable[Row]) -> dict[tuple[str, str], tuple[str, float, int]]:
    """(country, proposal) -> the stance that most confidence speaks for, its share of it, and the number of rows."""
    weights: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        weights[row.country, row.proposal][row.stance] += row.confidence  # type: ignore[assignment]
        counts[row.country, row.proposal] += 1
    best = {pair: max(sorted(found), key=found.__getitem__) for pair, found in weights.items()}
    return {
        pair: (best[pair], found[best[pair]] / sum(found.values()), counts[pair]) for pair, found in weights.items()
    }


def tabulate_matrix(rows: Sequence[Row]) -> Table:
    """Every country on every proposal."""
    names, texts = name_countries(rows), name_proposals(rows)
    cells = [
        [country, names[country], texts[proposal], stance, round(share, 3), count]
        for (country, proposal), (stance, share, count) in sorted(make_matrix(rows).items())
    ]
    return Table(("country", "name", "proposal", "stance", "share", "rows"), cells)


def measure_agreement(rows: Sequence[Row], most: int) -> tuple[list[str], NDArray[np.float64], list[int]]:
    """How far countries agree on the proposals that both take a stance on.

    Args:
        rows: The labels.
        most: Largest number of countries; those with most proposals are taken.

    Returns:
        N countries so ordered that like stands by like; agreement from 0 to 1, (N, N), NaN below `MIN_SHARED`
        shared proposals; and the number of each country's cluster.
    """
    by_country: dict[str, dict[str, str]] = defaultdict(dict)
    for (country, proposal), (stance, _, _) in make_matrix(rows).items():
        by_country[country][proposal] = stance
    countries = sorted(by_country, key=lambda country: (-len(by_country[country]), country))[:most]
    matrix = np.full((len(countries), len(countries)), np.nan)
    for i, one in enumerate(countries):
        for j, other in enumerate(countries[: i + 1]):
            matrix[i, j] = matrix[j, i] = _agree(by_country[one], by_country[other])
    compared = [i for i in range(len(countries)) if (~np.isnan(np.delete(matrix[i], i))).any()]
    order, clusters = _cluster(matrix[np.ix_(compared, compared)])
    chosen = [compared[i] for i in order]
    return [countries[i] for i in chosen], matrix[np.ix_(chosen, chosen)], clusters


def _agree(one: Mapping[str, str], other: Mapping[str, str]) -> float:
    shared = one.keys() & other.keys()
    if len(shared) < MIN_SHARED:
        return float("nan")
    apart = (abs(_SCALE[Stance(one[proposal])] - _SCALE[Stance(other[proposal])]) for proposal in shared)
    return 1 - sum(apart) / len(shared)


def _cluster(agreement: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """An order in which like stands by like, and the cluster of each in that order; unknown pairs count as halfway."""
    if len(agreement) < 2:
        return list(range(len(agreement))), [1] * len(agreement)
    from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
    from scipy.spatial.distance import squareform

    distance = 1 - np.nan_to_num(agreement, nan=0.5)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average", optimal_ordering=True)
    order = [int(i) for i in leaves_list(tree)]
    numbers = fcluster(tree, CLUSTER_DISTANCE, "distance")
    renamed = {number: rank for rank, number in enumerate(dict.fromkeys(numbers[i] for i in order), 1)}
    return order, [renamed[numbers[i]] for i in order]


def tabulate_agreement(countries: Sequence[str], matrix: NDArray[np.float64], clusters: Sequence[int]) -> Table:
    """Pairs of countries with their agreement."""
    pairs = [
        [one, other, round(float(matrix[i, j]), 3), clusters[i], clusters[j]]
        for i, one in enumerate(countries)
        for j, other in enumerate(countries[:i])
        if not np.isnan(matrix[i, j])
    ]
    return Table(("country", "other", "agreement", "cluster", "other_cluster"), pairs)


def tabulate_months(rows: Sequence[Row]) -> Table:
    """Stances per country and month; rows without a date are left out."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.date:
            counts[row.country, row.date[:7]][row.stance] += 1
    cells = [
        [country, month, *(found[stance] for stance in Stance)] for (country, month), found in sorted(counts.items())
    ]
    return Table(("country", "month", *Stance), cells)


def tabulate_contested(rows: Sequence[Row]) -> Table:
    """Proposals with countries on both sides, those with the larger minority first."""
    sides: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, proposal), (stance, _, _) in make_matrix(rows).items():
        sides[proposal][stance] += 1
    texts = name_proposals(rows)
    found: list[list[Any]] = [
        [texts[proposal], *(count[stance] for stance in Stance), min(count[Stance.SUPPORT], count[Stance.OPPOSE])]
        for proposal, count in sides.items()
        if count[Stance.SUPPORT] and count[Stance.OPPOSE]
    ]
    found.sort(key=lambda cells: (-cells[-1], -sum(cells[1:4]), cells[0]))
    return Table(("proposal", *Stance, "minority"), found)


def tabulate_unsure(rows: Sequence[Row]) -> Table:
    """Rows with little confidence, the least first."""
    unsure = sorted((row for row in rows if row.confidence < LOW_CONFIDENCE), key=lambda row: row.confidence)
    columns = ("confidence", "article", "country", "stance", "proposal_text", "evidence")
    return Table(columns, [[getattr(row, column) for column in columns] for row in unsure])


def tabulate_sources(flat_ids: Mapping[str, Counter[str]]) -> Table:
    """Articles, stances and errors per source."""
    columns = ("articles", "errors", *Stance)
    return Table(("source", *columns), [[s, *(n[c] for c in columns)] for s, n in sorted(flat_ids.items())])


def find_source(article: str) -> str:
    """The source of an article by its id: the folder, or what stands before the first colon; else nothing."""
    folder, _, _ = article.rpartition("/")
    return folder or (article.partition(":")[0] if ":" in article else "")


def name_countries(rows: Iterable[Row]) -> dict[str, str]:
    """Code -> name."""
    return {row.country: row.name for row in rows}


def name_proposals(rows: Iterable[Row]) -> dict[str, str]:
    """Key -> its commonest words."""
    texts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        texts[row.proposal][row.proposal_text] += 1
    return {key: min(found, key=lambda text: (-found[text], text)) for key, found in texts.items()}
