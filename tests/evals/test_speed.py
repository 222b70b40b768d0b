"""The measure of speed: articles of the size asked for, times taken in turns, a report of what was measured."""

from evals.speed_articles import COUNTRIES, PROPOSALS, make_article
from evals.speed_report import write_report
from models.countries import CountryFinder


def test_article_has_the_words_countries_and_proposals_asked_for() -> None:
    article = make_article(500, 8, 3)

    assert 500 <= len(article.text.split()) < 530
    assert len({m.country for m in CountryFinder.load().find_mentions(article.text)}) == 8
    assert article.proposals == PROPOSALS[:3]
    assert [proposal in article.text for proposal in PROPOSALS] == [True] * 3 + [False] * 3
    assert make_article(100, 8, 3, given=False).proposals is None


def test_every_country_of_the_articles_is_another() -> None:
    found = CountryFinder.load().find_mentions(" met ".join(COUNTRIES))

    assert len({mention.country for mention in found}) == len(COUNTRIES) == 40


def test_report_shows_medians_with_their_spread() -> None:
    spread = {"median": 120.5, "p10": 118.0, "p90": 131.0}
    results = {
        "machine": {"model": "stance-random 0.0.7"},
        "forward": [{"tokens": 64, "ratio": 0.8}],
        "label": {
            "forwards": 9,
            "tokens_per_article_token": 2.5,
            "label_ms": spread,
            "forwards_of_label": 0.95,
            "nli_forwards": 72,
            "nli_tokens": 256,
            "nli_of_label": 11.0,
        },
        "sizes": [{"words": 100, "label_ms": spread}],
        "cold": {"cpu_ms": spread, "peak_mb": 180},
        "processes": {"one_per_s": 1.0, "two_per_s": 1.9, "ratio": 1.9},
    }

    report = write_report(results)

    assert "| tokens | ratio |\n|---|---|\n| 64 | 0.8 |" in report
    assert "| 100 | 120.5 (118.0-131.0) |" in report
    assert "72 forwards" in report
