"""The behaviour suite: every capability, its cases, and how often a reader fails them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from evals.behaviour import invariances, names, stances, structures
from evals.behaviour.cases import Case
from evals.behaviour.words import Draw
from evals.predictions import Reader
from evals.statistics import wilson_interval
from models.schema import Article

CASES_PER_CAPABILITY = 200
_WORST = 3
_MAX_SHOWN_CHARACTERS = 600

MINIMUM, INVARIANCE, DIRECTION = "must know", "must not change", "must change"
CAPABILITIES: Mapping[str, tuple[str, Callable[[Draw], Case]]] = {
    "wording": (MINIMUM, stances.wording),
    "negation": (MINIMUM, stances.negation),
    "passive": (MINIMUM, stances.passive),
    "nominal": (MINIMUM, stances.nominal),
    "diplomatic": (MINIMUM, stances.diplomatic),
    "attribution": (MINIMUM, stances.attribution),
    "reversal": (MINIMUM, stances.reversal),
    "conditional": (MINIMUM, stances.conditional),
    "abstention": (MINIMUM, stances.abstention),
    "absence": (MINIMUM, stances.absence),
    "headline": (MINIMUM, stances.headline),
    "co-occurrence": (MINIMUM, structures.co_occurrence),
    "tally": (MINIMUM, structures.tally),
    "groups": (MINIMUM, structures.groups),
    "two-proposals": (MINIMUM, structures.two_proposals),
    "proposal-polarity": (DIRECTION, structures.proposal_polarity),
    "homographs": (MINIMUM, structures.homographs),
    "near-names": (MINIMUM, names.near_names),
    "country-swap": (DIRECTION, invariances.country_swap),
    "country-blind": (INVARIANCE, invariances.country_blind),
    "surface-form": (INVARIANCE, invariances.surface_form),
    "order": (INVARIANCE, invariances.order),
    "noise": (INVARIANCE, invariances.noise),
    "length": (INVARIANCE, invariances.length),
    "injection": (INVARIANCE, invariances.injection),
    "evidence-kept": (INVARIANCE, invariances.evidence_kept),
    "evidence-removed": (DIRECTION, invariances.evidence_removed),
}
"""Kind of test and maker of one case, by capability (after Ribeiro et al. 2020, 'Beyond accuracy: CheckList')."""


def make_cases(capability: str, count: int = CASES_PER_CAPABILITY) -> Iterator[Case]:
    """Different cases of a capability, the same ones at every call."""
    _, make = CAPABILITIES[capability]
    seen: set[tuple[Article, ...]] = set()
    number = 0
    while len(seen) < count:
        case = make(Draw(f"{capability} {number}"))
        number += 1
        if case.articles not in seen:
            seen.add(case.articles)
            yield case


def run_suite(
    reader: Reader, tell: Callable[[str], None] | None = None, count: int = CASES_PER_CAPABILITY
) -> list[dict[str, Any]]:
    """Put every case to a reader.

    Returns:
        For each capability its kind, cases, failures, fail rate with its Wilson interval, and the worst failures: the
        texts, what was wrong and how sure the reader was.
    """
    return [_run(capability, reader, tell, count) for capability in CAPABILITIES]


def _run(capability: str, reader: Reader, tell: Callable[[str], None] | None, count: int) -> dict[str, Any]:
    failures = []
    for case in make_cases(capability, count):
        failure = case.check([reader.label(article) for article in case.articles])
        if failure:
            failures.append((failure, case))
    if tell:
        tell(f"{capability}: {len(failures)} of {count} cases failed")
    low, high = wilson_interval(len(failures), count)
    worst = sorted(failures, key=lambda item: -item[0].confidence)[:_WORST]
    return {
        "capability": capability,
        "kind": CAPABILITIES[capability][0],
        "cases": count,
        "failed": len(failures),
        "fail_rate": round(len(failures) / count, 6),
        "low": round(low, 6),
        "high": round(high, 6),
        "worst": [
            {
                "asked": list(case.articles[0].proposals or ()),
                "texts": [_shorten(article) for article in case.articles],
                "wrong": failure.message,
            }
            for failure, case in worst
        ],
    }


def _shorten(article: Article) -> str:
    text = f"{article.title} / {article.text}" if article.title else article.text
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else f"{text[:_MAX_SHOWN_CHARACTERS]} …"
