"""Slices: the scores of their own rows, and a calibration error only where there are enough of them."""

import pytest

from evals.pairs import pair_all
from evals.slices import score_slices

COUNTRIES = ("NOR", "PER", "FJI", "TCD", "LAO")


@pytest.fixture
def sources(make_text, make_answer):
    """Slices by source: of `own` 32 of 40 rows are answered, of `wire` 27 of 30, all of them right with .9."""
    keys = [(country, proposal) for proposal in ("g1", "g2") for country in COUNTRIES]
    texts, answers = [], []
    for source, num_articles, num_answered in (("own", 4, 8), ("wire", 3, 9)):
        for number in range(num_articles):
            texts.append(make_text(number, dict.fromkeys(keys, "support"), source))
            answers.append(make_answer(texts[-1], dict.fromkeys(keys[:num_answered], ("support", 0.9))))
    slices = score_slices(pair_all(texts, answers), texts, answers)
    return {item["slice"]: item for item in slices if item["axis"] == "source"}


def test_slice_has_the_calibration_error_of_its_answered_rows(sources):
    assert (sources["own"]["rows"], sources["own"]["predicted"]) == (40, 32)
    assert sources["own"]["ece"] == pytest.approx(0.1)


def test_fewer_than_thirty_answered_rows_have_no_calibration_error(sources):
    assert (sources["wire"]["rows"], sources["wire"]["predicted"]) == (30, 27)
    assert sources["wire"]["is_trusted"]
    assert sources["wire"]["ece"] is None


def test_scores_of_a_slice_are_those_of_its_articles(sources):
    assert (sources["own"]["articles"], sources["wire"]["articles"]) == (4, 3)
    assert sources["own"]["micro_f1"] == pytest.approx(2 * 32 / 72)
    assert sources["wire"]["micro_f1"] == pytest.approx(2 * 27 / 57)
