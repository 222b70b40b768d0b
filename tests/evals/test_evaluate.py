"""Evaluation: given and found proposals, scored with a labeller whose answers are known."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from evals import evaluate
from models.errors import DataError
from models.schema import Article, Labels, Mention, Proposal, Span, Stance, StanceRow

TEXT = "Norway opposed the seal quota. Peru backed the harbour levy."
QUOTA, LEVY = Span(19, 29), Span(47, 59)


def make_row(country: str, proposal: str, stance: Stance) -> StanceRow:
    return StanceRow(
        country=country,
        name=country,
        proposal=proposal,
        stance=stance,
        confidence=0.9,
        scores=(0.1, 0.9, 0.0, 0.0),
        evidence=(),
    )


class StubLabeller:
    """Finds the levy, then a thing that isn't annotated; where asked, it answers by the proposal's words."""

    checkpoint = SimpleNamespace(name="stub", version="3")

    def __init__(self) -> None:
        self.seen: list[Article] = []

    def label(self, article: Article) -> Labels:
        self.seen.append(article)
        if article.proposals is None:
            proposals = [
                Proposal(id="p1", text="harbour levy", main=True, mentions=(Span(52, 59),)),
                Proposal(id="p2", text="Norway", mentions=(Span(0, 6),)),
            ]
            rows = [make_row("PER", "p1", Stance.SUPPORT), make_row("NOR", "p2", Stance.OPPOSE)]
        else:
            proposals = [Proposal(id=f"p{n}", text=t, given=True) for n, t in enumerate(article.proposals, 1)]
            quota, levy = (next(p.id for p in proposals if word in p.text) for word in ("quota", "levy"))
            rows = [make_row("NOR", quota, Stance.SUPPORT), make_row("PER", levy, Stance.SUPPORT)]
        countries = {code: (Mention(Span(0, 6), code, "name"),) for code in ("NOR", "PER")}
        return Labels(article=article, id="x", proposals=tuple(proposals), stances=tuple(rows), countries=countries)


@pytest.fixture
def labeller(monkeypatch) -> StubLabeller:
    stub = StubLabeller()
    monkeypatch.setattr(evaluate, "Labeller", SimpleNamespace(load=lambda path: stub))
    return stub


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One article with two proposals, called q and l, and one without any."""

    def place(span: Span) -> dict[str, int]:
        return {"start": span.start, "end": span.end}

    assert (TEXT[QUOTA.start : QUOTA.end], TEXT[LEVY.start : LEVY.end]) == ("seal quota", "harbour levy")
    annotated = {
        "id": "a1",
        "title": "A vote",
        "text": TEXT,
        "proposals": [
            {"id": "q", "description": "a quota on seals", "main": True, "mentions": [place(QUOTA)]},
            {"id": "l", "description": "a levy on harbours", "mentions": [place(LEVY)]},
        ],
        "stances": [
            {"country": "NOR", "proposal": "q", "stance": "oppose", "evidence": []},
            {"country": "PER", "proposal": "l", "stance": "support", "evidence": []},
        ],
    }
    empty = {"id": "a2", "text": "It rained. Norway slept.", "proposals": [], "stances": []}
    path = tmp_path / "votes.jsonl"
    path.write_text(f"{json.dumps(annotated)}\n\n{json.dumps(empty)}\n", encoding="utf-8")
    return path


def test_given_proposals_are_asked_by_their_descriptions_and_scored_by_their_names(
    labeller: StubLabeller, data: Path
) -> None:
    scores = evaluate.main(data, "given")

    assert [article.proposals for article in labeller.seen] == [("a quota on seals", "a levy on harbours")]
    assert labeller.seen[0].title == "A vote"
    assert (scores["data"], scores["articles"], scores["proposals"]) == ("votes.jsonl", 2, "given")
    assert scores["model"] == {"name": "stub", "version": "3"}
    assert scores["all"] == {
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "correct": 1,
        "predicted": 2,
        "gold": 2,
        "flips": 1,
        "flip_rate": 0.5,
    }


def test_scores_are_also_told_for_each_stance(labeller: StubLabeller, data: Path) -> None:
    scores = evaluate.main(data, "given")

    def counts(stance: str) -> tuple[int, int, int]:
        return scores[stance]["correct"], scores[stance]["predicted"], scores[stance]["gold"]

    assert (counts("support"), counts("oppose"), counts("abstain")) == ((1, 2, 1), (0, 0, 1), (0, 0, 0))


def test_both_prints_the_scores_of_given_and_of_found_proposals(labeller: StubLabeller, data: Path) -> None:
    both = evaluate.main(data, "both")

    assert both["proposals"] == "both"
    for proposals in ("given", "found"):
        alone = evaluate.main(data, proposals)
        assert both[proposals] == {name: alone[name] for name in ("all", "support", "oppose", "abstain", "majority")}


def test_majority_is_every_country_found_for_every_proposal(labeller: StubLabeller, data: Path) -> None:
    given, found = (evaluate.main(data, proposals)["majority"] for proposals in ("given", "found"))

    assert (given["correct"], given["predicted"], given["gold"]) == (1, 4, 2)
    assert (found["correct"], found["predicted"], found["gold"]) == (1, 8, 2)


def test_found_proposals_count_as_those_they_overlap_and_others_are_wrong(labeller: StubLabeller, data: Path) -> None:
    scores = evaluate.main(data, "found")

    assert [article.proposals for article in labeller.seen] == [None, None]
    # 'p1' overlaps the levy; 'p2' overlaps nothing; in the second article nothing is annotated.
    assert scores["all"] == {
        "precision": 0.25,
        "recall": 0.5,
        "f1": 0.3333,
        "correct": 1,
        "predicted": 4,
        "gold": 2,
        "flips": 0,
        "flip_rate": 0.0,
    }


def test_faulty_data_is_told_with_its_line(labeller: StubLabeller, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('\n{"id": "a1"}\n', encoding="utf-8")

    with pytest.raises(DataError, match=r"^bad\.jsonl line 2: "):
        evaluate.main(tmp_path / "bad.jsonl", "given")
