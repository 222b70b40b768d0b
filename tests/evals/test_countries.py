import json
from pathlib import Path

import pytest

from evals.countries import is_pronoun_like, main
from models.countries import CountryFinder
from models.errors import DataError

SHIPPED = Path(__file__).parents[2] / "training" / "corpus"
BLOCK = """
# p1: a kelp levy
{PER p1+|Peru} backed [p1|the levy] and {CHL p1-|its neighbour} did not. {BOL|Kelpland} was absent, as was Mali.
"""


@pytest.fixture(scope="module")
def finder() -> CountryFinder:
    return CountryFinder.load()


@pytest.fixture(autouse=True)
def short_texts_for_growth(monkeypatch):
    monkeypatch.setattr("evals.countries._SHORT_CHARACTERS", 200)
    monkeypatch.setattr("evals.countries._LONG_CHARACTERS", 2000)


def test_corpus_is_scored_without_the_marks_that_point_back(tmp_path):
    path = tmp_path / "pack.txt"
    path.write_text(BLOCK, encoding="utf-8")

    scores = main(path)

    assert (scores["texts"], scores["marks"], scores["pronoun_like"]) == (1, 2, 1)
    assert (scores["recall"], scores["precision"]) == (0.5, 0.5)
    assert scores["kinds"] == {"name": {"right": 1, "wrong": 1, "precision": 0.5}}
    assert (scores["stance_countries"], scores["stance_countries_found"]) == (2, 0.5)


def test_annotated_articles_give_the_share_of_stance_countries(tmp_path):
    path = tmp_path / "articles.jsonl"
    proposal = {"id": "p1", "description": "levy", "main": True, "mentions": [{"start": 12, "end": 20}]}
    stance = {"country": "PER", "proposal": "p1", "stance": "support", "evidence": [{"start": 0, "end": 4}]}
    article = {
        "id": "a",
        "text": "Peru backed the levy.",
        "countries": [],
        "proposals": [proposal],
        "stances": [stance],
    }
    path.write_text(json.dumps(article) + "\n", encoding="utf-8")

    scores = main(path)

    assert (scores["stance_countries"], scores["stance_countries_found"]) == (1, 1.0)
    assert "marks" not in scores
    assert scores["speed"]["ms_per_800_words"] > 0
    assert {"ordinary text", "titles", "one country"} <= scores["growth"].keys()
    assert all(ratio > 0 for ratio in scores["growth"].values())


@pytest.mark.parametrize(
    "words", ["the host", "its envoy", "The Minister", "the bloc", "ministers", "our Prime Minister"]
)
def test_phrases_that_point_back_are_pronoun_like(finder, words):
    assert is_pronoun_like(words, "PER", finder)


@pytest.mark.parametrize("words", ["Lima", "the host, President Asha", "The Congo", "el-Tayeb", "the Peruvian envoy"])
def test_phrases_with_a_name_are_not_pronoun_like(finder, words):
    assert not is_pronoun_like(words, "PER", finder)


def test_shipped_corpus_is_read_well():
    scores = main(SHIPPED)

    assert scores["precision"] >= 0.97
    assert scores["recall"] >= 0.97
    assert scores["stance_countries_found"] >= 0.98


def test_file_without_articles_is_an_error(tmp_path):
    path = tmp_path / "empty.jsonl"
    path.write_text("\n", encoding="utf-8")

    with pytest.raises(DataError, match="has no text to measure on"):
        main(path)
