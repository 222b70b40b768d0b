"""The shipped checkpoint on the example article: what a reader of the README is promised."""

from pathlib import Path

import jsonschema
import pytest

from models.labeller import Labeller
from models.schema import Article, read_schema

EXAMPLE = (Path(__file__).parents[2] / "examples" / "assembly-vote.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def labeller() -> Labeller:
    return Labeller.load()


def test_example_article_gives_its_main_proposal_and_the_plain_votes(labeller: Labeller) -> None:
    answer = labeller.label(Article(text=EXAMPLE, date="2026-10-14")).to_dict()

    jsonschema.validate(answer, read_schema())
    (main,) = [p for p in answer["proposals"] if p["main"]]
    assert "banning cloud seeding" in main["text"]
    rows = {(row["country"], row["stance"]) for row in answer["stances"] if row["proposal"] == main["id"]}
    assert {("USA", "oppose"), ("ARE", "oppose"), ("EU", "support"), ("URY", "support"), ("IND", "abstain")} <= rows
    assert not {"JOR", "PER", "IRN", "NOR"} & {row["country"] for row in answer["stances"]}


def test_country_takes_different_sides_on_two_given_proposals(labeller: Labeller) -> None:
    asked = ("a resolution banning cloud seeding near borders", "the rival draft by the United Arab Emirates")
    labels = labeller.label(Article(text=EXAMPLE, proposals=asked))

    rows = {(row.country, row.proposal): row.stance.value for row in labels.stances}
    assert (rows["USA", "p1"], rows["USA", "p2"]) == ("oppose", "support")
    assert (rows["EU", "p1"], rows["EU", "p2"]) == ("support", "oppose")


def test_swapping_two_countries_of_the_example_swaps_their_rows(labeller: Labeller) -> None:
    asked = ("the amendment exempting states that have declared a drought",)
    swapped = EXAMPLE.replace("Australia", "\0").replace("Brazil", "Australia").replace("\0", "Brazil")
    codes = {"AUS": "BRA", "BRA": "AUS"}

    before = labeller.label(Article(text=EXAMPLE, proposals=asked))
    after = labeller.label(Article(text=swapped, proposals=asked))

    assert {(codes.get(r.country, r.country), r.scores) for r in before.stances} == {
        (r.country, r.scores) for r in after.stances
    }


def test_row_on_a_found_proposal_is_as_much_less_likely_as_the_proposal_is(labeller: Labeller) -> None:
    text = "Norway voted against the fishing ban."
    (found,) = labeller.label(text).stances
    (given,) = labeller.label(Article(text=text, proposals=("the fishing ban",))).stances

    shares = [a / b for a, b in zip(found.scores[1:3], given.scores[1:3], strict=True)]
    assert shares[0] == pytest.approx(shares[1], abs=1e-3)
    assert 0.65 <= shares[0] < 1
    assert sum(found.scores) == pytest.approx(1, abs=3e-4)
