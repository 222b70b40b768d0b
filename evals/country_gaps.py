"""Whether some countries are read worse than others.

A row counts for its country if a stance is annotated or predicted; it is wrong unless both are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.metrics.triples import has_stance
from evals.pairs import Pair
from evals.statistics import SEED

NUM_PERMUTATIONS = 10_000
MIN_TESTED_ROWS = 5
"""Countries with fewer rows don't enter the test of gaps."""


@dataclass(frozen=True)
class CountryScore:
    """How a country is read: rows, wrong ones, and the error rate drawn to that of all countries (95 % interval).

    `support_bias` is the share of support among predicted rows less that among annotated ones.
    """

    country: str
    rows: int
    wrong: int
    flips: int
    error: float
    shrunk_error: float
    low: float
    high: float
    support_bias: float


def score_countries(pairs: Sequence[Pair]) -> list[CountryScore]:
    """Every country, the worst first (by the shrunk error rate).

    Error rates are taken to come from one beta distribution, fitted to all countries; a country with few rows
    stays near its mean.
    """
    from scipy.stats import beta

    by_country: dict[str, list[Pair]] = {}
    for pair in filter(has_stance, pairs):
        by_country.setdefault(pair.country, []).append(pair)
    rows = np.array([len(items) for items in by_country.values()])
    wrong = np.array([sum(not pair.is_right for pair in items) for items in by_country.values()])
    if not len(rows):
        return []
    a, b = _fit_beta(wrong, rows)
    low, high = beta.ppf([[0.025], [0.975]], wrong + a, rows - wrong + b)
    scores = [
        CountryScore(
            country=country,
            rows=int(rows[n]),
            wrong=int(wrong[n]),
            flips=sum(pair.is_flip for pair in items),
            error=float(wrong[n] / rows[n]),
            shrunk_error=float((wrong[n] + a) / (rows[n] + a + b)),
            low=float(low[n]),
            high=float(high[n]),
            support_bias=_support_share(items, "predicted") - _support_share(items, "gold"),
        )
        for n, (country, items) in enumerate(by_country.items())
    ]
    return sorted(scores, key=lambda score: (-score.shrunk_error, score.country))


def find_gap(scores: Sequence[CountryScore], num_permutations: int = NUM_PERMUTATIONS) -> dict[str, Any]:
    """Whether the worst country could be so by chance.

    The wrong rows are dealt out to countries at random; the measure is the largest excess of wrong rows over
    what is expected, in standard deviations. Rows of one article are dealt out as if independent, which makes p a
    little too small.
    """
    tested = [score for score in scores if score.rows >= MIN_TESTED_ROWS]
    rows, wrong = np.array([s.rows for s in tested]), np.array([s.wrong for s in tested])
    if len(tested) < 2 or not 0 < wrong.sum() < rows.sum():
        return {"countries": len(tested), "worst": None, "excess": 0.0, "p_value": 1.0}
    excess = _excess(wrong, rows)
    dealt = np.random.default_rng(SEED).multivariate_hypergeometric(rows, wrong.sum(), size=num_permutations)
    chance = _excess(dealt, rows).max(axis=1)
    worst = int(excess.argmax())
    return {
        "countries": len(tested),
        "worst": tested[worst].country,
        "excess": float(excess[worst]),
        "p_value": float((1 + np.count_nonzero(chance >= excess[worst])) / (1 + num_permutations)),
    }


def to_dicts(scores: Sequence[CountryScore]) -> list[dict[str, Any]]:
    """The scores as plain records."""
    return [asdict(score) for score in scores]


def _excess(wrong: NDArray[np.integer[Any]], rows: NDArray[np.integer[Any]]) -> NDArray[np.floating[Any]]:
    share = wrong.sum(axis=-1, keepdims=True) / rows.sum()
    deviations: NDArray[np.floating[Any]] = (wrong - rows * share) / np.sqrt(rows * share * (1 - share))
    return deviations


def _fit_beta(wrong: NDArray[np.integer[Any]], rows: NDArray[np.integer[Any]]) -> tuple[float, float]:
    """The beta distribution under which these counts are likeliest; its weight is kept between 1 and 1,000 rows."""
    from scipy.optimize import minimize_scalar
    from scipy.stats import betabinom

    mean = float(np.clip(wrong.sum() / rows.sum(), 0.001, 0.999))

    def loss(log_weight: float) -> float:
        weight = float(np.exp(log_weight))
        return -float(betabinom.logpmf(wrong, rows, mean * weight, (1 - mean) * weight).sum())

    weight = float(np.exp(minimize_scalar(loss, bounds=(0.0, np.log(1000)), method="bounded").x))
    return mean * weight, (1 - mean) * weight


def _support_share(pairs: Sequence[Pair], side: str) -> float:
    stances = [getattr(pair, side) for pair in pairs if getattr(pair, side) != "none"]
    return stances.count("support") / len(stances) if stances else 0.0
