"""Calibration recovers the numbers that made the labels, and cuts where F1 is best."""

from collections.abc import Callable

import numpy as np
import pytest

from models.annotations import AnnotatedText
from models.corpus import parse_block
from models.decoding import DecodingConfig, softmax
from models.errors import DataError
from models.schema import SCORES, Article, Labels, Proposal, Span, Stance, StanceRow
from training.calibrate import fit_decoding

MARKED = Span(12, 18)
"""Where every text marks its proposal; elsewhere nothing is annotated."""


class FixedLabeller:
    """Knows of each text, by its words, the odds of Norway's stance on the proposal and whether it finds it."""

    def __init__(self, logits: dict[str, np.ndarray], found: dict[str, tuple[Span, float]]) -> None:
        self.decoding = DecodingConfig()
        self.logits, self.found = logits, found

    def pooled_logits(self, article: Article, _: list[str]) -> list[dict[str, np.ndarray]]:
        return [{"NOR": self.logits[article.text]}]

    def found_proposals(self, article: Article) -> list[tuple[Proposal, float]]:
        span, odds = self.found[article.text]
        return [(Proposal(id="p1", text="it", mentions=(span,)), odds)]

    def label(self, article: Article) -> Labels:
        ((proposal, odds),) = self.found_proposals(article)
        certain = 1 / (1 + np.exp(-(odds + self.decoding.proposal_bias) / self.decoding.proposal_temperature))
        scores = certain * softmax(self.logits[article.text])
        stance = Stance(SCORES[1 + int(scores[1:].argmax())])
        row = StanceRow(
            country="NOR",
            name="Norway",
            proposal="p1",
            stance=stance,
            confidence=float(scores.max()),
            scores=(float(1 - scores[1:].sum()), *map(float, scores[1:])),
            evidence=(),
        )
        is_kept = scores[1:].sum() >= self.decoding.found_stance_threshold
        return Labels(article=article, id="t", proposals=(proposal,), stances=(row,) if is_kept else ())


@pytest.fixture
def make_texts() -> Callable[[list[str]], list[AnnotatedText]]:
    """Texts in which Norway has one stance each: `+`, `-`, `=` or none."""

    def make(marks: list[str]) -> list[AnnotatedText]:
        return [
            parse_block(
                f"# p1: a ban\nOn {n:05d} it [p1|met it] with {{NOR{' p1' + mark if mark else ''}|Norway}}.", "t"
            )
            for n, mark in enumerate(marks)
        ]

    return make


def test_temperature_and_bias_are_those_that_made_the_labels(make_texts) -> None:
    random, count = np.random.default_rng(3), 4000
    logits = np.concatenate([np.zeros((count, 1)), random.normal(0, 3, (count, 3))], axis=1)
    chances = softmax((logits + np.array([0.8, 0, 0, 0])) / 1.9)
    classes = (random.random((count, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    texts = make_texts([("", "+", "-", "=")[index] for index in classes])
    odds = random.normal(1.0, 2.0, count)
    is_annotated = random.random(count) < 1 / (1 + np.exp(-(odds - 0.7) / 1.4))
    found = {t.text: (MARKED if a else Span(0, 2), o) for t, a, o in zip(texts, is_annotated, odds, strict=True)}
    assert texts[0].proposals[0].mentions == (MARKED,)

    fitted = fit_decoding(FixedLabeller({t.text: row for t, row in zip(texts, logits, strict=True)}, found), texts)

    assert fitted.temperature == pytest.approx(1.9, rel=0.06)
    assert fitted.none_bias == pytest.approx(0.8, abs=0.15)
    assert fitted.proposal_temperature == pytest.approx(1.4, rel=0.1)
    assert fitted.proposal_bias == pytest.approx(-0.7, abs=0.2)


def test_thresholds_are_where_f1_is_best(make_texts) -> None:
    texts = make_texts(["+"] * 12 + [""] * 12)
    logits = {t.text: np.array([0.0, 1.0 if n < 12 else -0.5, -9.0, -9.0]) for n, t in enumerate(texts)}
    found = {t.text: (MARKED, 9.0) for t in texts}

    labeller = FixedLabeller(logits, found)
    fitted = fit_decoding(labeller, texts)

    def share(log_odds: float) -> float:
        return 1 / (1 + np.exp(-(log_odds - fitted.none_bias) / fitted.temperature))

    assert share(-0.5) < fitted.stance_threshold <= share(1.0)
    assert 1 / (1 + np.exp(0.5)) < fitted.found_stance_threshold <= 1 / (1 + np.exp(-1.0))
    assert labeller.decoding is fitted


def test_finding_stays_as_it_is_where_all_that_is_found_is_annotated(make_texts) -> None:
    texts = make_texts(["+", "-", "", "="] * 3)
    logits = {t.text: np.array([0.0, 1.0, 0.5, 0.0]) for t in texts}

    fitted = fit_decoding(FixedLabeller(logits, {t.text: (MARKED, 2.0) for t in texts}), texts)

    assert (fitted.proposal_temperature, fitted.proposal_bias) == (1.0, 0.0)


def test_texts_without_a_pair_are_refused() -> None:
    with pytest.raises(DataError, match="raise held_out_fraction"):
        fit_decoding(FixedLabeller({}, {}), [])
