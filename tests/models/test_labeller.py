"""The labeller: a whole answer from a random network, so only what holds for any weights."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from models.decoding import TaggedSpan, pair_probabilities, pool_odds
from models.errors import DataError
from models.labeller import Labeller
from models.schema import MAX_TEXT_CHARACTERS, Article, Span, read_schema
from models.sentences import split_sentences
from models.tokens import FIRST_ENTITY, tokenize_article, tokenize_proposal
from models.windows import make_windows, window_input

ROOT = Path(__file__).parents[2]
PLAIN = {
    "id": "seal-1",
    "title": "Norway against the seal quota",
    "date": "2031-02-03",
    "text": "Norway opposed the seal quota on Monday. Peru's envoy backed it. The Kenyan council abstained.",
}
ODD = [
    {"text": "🎉🦭 Norway backed the ban 👩\u200d🚀. Then 🇵🇪 Peru voted against the levy 🎉!"},
    {"text": "Cafe\u0301 talks: Pe\u0301ru\u0301 said no. Co\u0302te d\u2019Ivoire backed the pacte\u0301. Norway?"},
    {"text": "Norway backed\r\nthe ban.\r\n\r\nPeru,\r\nit said, voted against it.\r\n"},
    {"text": "سلام. Norway backed the ban (حظر). \u202bPeru\u202c voted against שלום the levy."},
    {"title": "🦭 Norway\u2019s quota: Peru says no", "text": "The plan of Kenya failed."},
    {"text": "  \n\tNorway\u00a0backed the\u200b ban\u2028Peru did not"},
]
EVERYTHING = [PLAIN, *ODD]


@pytest.fixture(scope="module")
def labeller(tiny_checkpoint: Path) -> Labeller:
    return Labeller.load(tiny_checkpoint)


def spans_of(answer: Any) -> Iterator[dict[str, Any]]:
    if isinstance(answer, dict):
        if "start" in answer:
            yield answer
        answer = list(answer.values())
    if isinstance(answer, list):
        for part in answer:
            yield from spans_of(part)


def pairs(answer: dict[str, Any]) -> list[tuple[str, str, dict[str, float]]]:
    return [(row["country"], row["proposal"], row["scores"]) for row in answer["stances"]]


@pytest.mark.parametrize("record", EVERYTHING)
def test_answer_is_what_the_schema_says(labeller: Labeller, record: dict[str, Any]) -> None:
    answer = labeller.label(record).to_dict()

    Draft202012Validator(read_schema()).validate(answer)
    assert len(answer["proposals"]) > 0
    assert len(answer["stances"]) > 0


@pytest.mark.parametrize("record", EVERYTHING)
def test_every_span_holds_its_words(labeller: Labeller, record: dict[str, Any]) -> None:
    answer = labeller.label(record).to_dict()
    spans = list(spans_of(answer))

    assert len(spans) >= 4
    for span in spans:
        words = record[span.get("field", "text")][span["start"] : span["end"]]
        assert span["text"] == words == words.strip() != ""


@pytest.mark.parametrize("record", EVERYTHING)
def test_evidence_is_whole_sentences_that_name_the_country(labeller: Labeller, record: dict[str, Any]) -> None:
    answer = labeller.label(record).to_dict()
    places = {
        entry["country"]: [(m.get("field"), m["start"]) for m in entry["mentions"]] for entry in answer["countries"]
    }
    sentences = [(None, *span) for span in split_sentences(record["text"])]
    sentences.append(("title", 0, len(record.get("title", ""))))

    for row in answer["stances"]:
        assert 1 <= len(row["evidence"]) <= 3
        for span in row["evidence"]:
            assert (span.get("field"), span["start"], span["end"]) in sentences
            assert any(
                field == span.get("field") and span["start"] <= start < span["end"]
                for field, start in places[row["country"]]
            )


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (PLAIN, {"NOR": ["Norway", "Norway"], "PER": ["Peru"], "KEN": ["Kenyan"]}),
        (ODD[0], {"NOR": ["Norway"], "PER": ["Peru"]}),
        (ODD[1], {"PER": ["Pe\u0301ru\u0301"], "CIV": ["Co\u0302te d\u2019Ivoire"], "NOR": ["Norway"]}),
        (ODD[2], {"NOR": ["Norway"], "PER": ["Peru"]}),
        (ODD[3], {"NOR": ["Norway"], "PER": ["Peru"]}),
        (ODD[4], {"NOR": ["Norway"], "PER": ["Peru"], "KEN": ["Kenya"]}),
    ],
)
def test_countries_are_listed_with_the_words_that_name_them(
    labeller: Labeller, record: dict[str, Any], words: dict[str, list[str]]
) -> None:
    answer = labeller.label(record).to_dict()

    assert {entry["country"]: [m["text"] for m in entry["mentions"]] for entry in answer["countries"]} == words


def test_answer_tells_the_article_and_the_model(labeller: Labeller) -> None:
    answer = labeller.label(PLAIN).to_dict()

    assert (answer["id"], answer["title"], answer["date"]) == ("seal-1", PLAIN["title"], "2031-02-03")
    assert answer["model"] == {"name": "stance-random", "version": "0.0.7"}
    assert answer["truncated"] is False
    assert [proposal["main"] for proposal in answer["proposals"]].count(True) == 1


def test_row_says_the_likeliest_stance_and_its_scores_add_up(labeller: Labeller) -> None:
    for row in labeller.label(PLAIN).to_dict()["stances"]:
        stances = {name: score for name, score in row["scores"].items() if name != "none"}
        assert row["confidence"] == stances[row["stance"]] == max(stances.values())
        assert sum(row["scores"].values()) == pytest.approx(1.0, abs=3e-4)


def test_given_proposals_are_asked_in_their_order_and_none_is_main(labeller: Labeller) -> None:
    asked = ["a levy on harbours", "the seal quota", "a levy on harbours"]

    answer = labeller.label({**PLAIN, "proposals": asked}).to_dict()

    assert answer["proposals"] == [
        {"id": f"p{number}", "text": text, "main": False, "given": True, "mentions": []}
        for number, text in enumerate(asked, 1)
    ]
    scores = {(country, proposal): scores for country, proposal, scores in pairs(answer)}
    assert {country for country, _ in scores} == {"NOR", "PER", "KEN"}
    assert all(scores[c, "p1"] == scores[c, "p3"] != scores[c, "p2"] for c in ("NOR", "PER", "KEN"))


def test_found_proposals_are_not_given_and_their_words_come_from_the_article(labeller: Labeller) -> None:
    for proposal in labeller.label(PLAIN).to_dict()["proposals"]:
        assert proposal["given"] is False
        assert proposal["text"] == max((mention["text"] for mention in proposal["mentions"]), key=len)


def test_text_record_and_article_give_the_same_answer(labeller: Labeller) -> None:
    text = PLAIN["text"]

    answers = [labeller.label(article).to_dict() for article in (text, {"text": text}, Article(text=text))]

    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]["id"]) == 16


def test_same_article_has_the_same_answer_alone_and_in_company(labeller: Labeller, tiny_checkpoint: Path) -> None:
    alone = [Labeller.load(tiny_checkpoint).label(record).to_dict() for record in EVERYTHING[:3]]

    together = [labels.to_dict() for labels in labeller.label_many([*reversed(EVERYTHING), *EVERYTHING[:3]])]

    assert together[-3:] == alone
    assert together[-4] == alone[0]


def test_many_articles_are_labelled_in_order_and_only_as_they_are_taken(labeller: Labeller) -> None:
    taken = []

    def articles() -> Iterator[dict[str, str]]:
        for number in range(4):
            taken.append(number)
            yield {"id": f"a{number}", "text": f"Norway voted {'no ' * number}on the ban."}

    answers = labeller.label_many(articles())

    assert taken == []
    assert (next(answers).id, taken) == ("a0", [0])
    assert [labels.id for labels in answers] == ["a1", "a2", "a3"]
    assert taken == [0, 1, 2, 3]


def test_article_without_countries_has_proposals_and_no_rows(labeller: Labeller) -> None:
    answer = labeller.label("The council voted on the seal quota.").to_dict()

    assert (answer["stances"], answer["countries"]) == ([], [])
    assert len(answer["proposals"]) > 0


@pytest.mark.parametrize(
    ("article", "message"),
    [
        ("", "text is empty"),
        (" \r\n\u00a0", "text is empty"),
        ("x" * (MAX_TEXT_CHARACTERS + 1), "text has 1000001 characters, at most 1000000"),
        ({"title": "Peru votes"}, "no 'text' in the record"),
        ({"text": 3}, "'text' is int, not a string"),
        ({"text": "Peru", "title": 3}, "'title' is int, not a string"),
        ({"text": "Peru", "proposals": "a ban"}, "'proposals' is 'a ban', not a list of strings"),
        ({"text": "Peru", "proposals": ["a ban", " "]}, "proposal 2 is empty"),
        ({"text": "Peru", "proposals": ["a ban"] * 65}, "65 proposals given, at most 64"),
        (3, "an article is a JSON object with a 'text', not int"),
        (None, "an article is a JSON object with a 'text', not NoneType"),
    ],
)
def test_what_is_no_article_is_a_data_error(labeller: Labeller, article: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^{message}"):
        labeller.label(article)


def test_swapping_two_countries_swaps_their_rows_exactly(labeller: Labeller) -> None:
    def label(first: str, demonym: str, second: str) -> list[tuple[str, str, dict[str, float]]]:
        text = f"{first} opposed the plan of {second}. {demonym} delegates said that {second} was not at the talks."
        asked = [f"the plan of {second}", f"a ban on ships of {first}", "a levy"]
        found = labeller.label({"text": text, "title": f"{second} rejected"})
        return pairs(labeller.label({"text": text, "proposals": asked}).to_dict()) + pairs(found.to_dict())

    rows, swapped = label("Norway", "Norwegian", "Peru"), label("Peru", "Peruvian", "Norway")

    names = {"NOR": "PER", "PER": "NOR"}
    assert [(names[country], proposal, scores) for country, proposal, scores in rows] == swapped
    assert rows != swapped
    assert {country for country, _, _ in rows} == {"NOR", "PER"}


def test_given_and_found_proposals_have_thresholds_of_their_own(tiny_checkpoint: Path) -> None:
    labeller = Labeller.load(tiny_checkpoint)
    asked = {**PLAIN, "proposals": ["the seal quota"]}

    labeller.decoding = replace(labeller.decoding, found_stance_threshold=1.1)
    assert labeller.label(PLAIN).proposals
    assert not labeller.label(PLAIN).stances
    assert labeller.label(asked).stances

    labeller.decoding = replace(labeller.decoding, found_stance_threshold=0.0, stance_threshold=1.1)
    assert labeller.label(PLAIN).stances
    assert not labeller.label(asked).stances


def test_pooled_logits_are_those_behind_the_scores(labeller: Labeller) -> None:
    (pooled,) = labeller.pooled_logits(Article.from_record(PLAIN), ["the seal quota"])
    answer = labeller.label({**PLAIN, "proposals": ["the seal quota"]}).to_dict()

    assert list(pooled) == ["NOR", "PER", "KEN"]
    for country, _, scores in pairs(answer):
        expected = pair_probabilities(pooled[country], labeller.decoding).round(4).tolist()
        assert list(scores.values()) == expected


def test_stance_is_read_at_the_entity_token_of_the_window_that_has_it_in_its_core(labeller: Labeller) -> None:
    article = Article(text="The council told it no. " * 60 + "It said Norway opposed it. " + "The ban was on. " * 60)
    tokens = tokenize_article(labeller.tokenizer, article, labeller.finder.find_mentions(article.text))
    (position,) = np.flatnonzero(tokens.entity == 0)
    (window,) = (w for w in make_windows(tokens) if w.core_start <= position < w.core_end)
    entered = window_input(tokens, window, tokenize_proposal(labeller.tokenizer, "the ban", [], tokens.countries))
    (at,) = np.flatnonzero(entered.ids == FIRST_ENTITY)

    (pooled,) = labeller.pooled_logits(article, ["the ban"])

    stance = labeller.runtime.run(entered.ids, entered.types)[0]
    assert window.start > 0
    assert pooled["NOR"] == pytest.approx(pool_odds(stance[at : at + 1]))
    assert pooled["NOR"] != pytest.approx(pool_odds(stance[at - 1 : at]))


LONG = "Norway opposed the ban. " + "The talks went on. " * 80 + "Peru backed the ban. " + "The talks went on. " * 80


def test_given_proposal_is_read_where_something_like_it_is_spoken_of(
    labeller: Labeller, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike, _ = labeller._compared("the ban")
    place = LONG.index("the ban", 100)
    spans = [
        TaggedSpan(Span(place, place + 7), 0.9, alike),
        TaggedSpan(Span(LONG.index("the ban"), LONG.index("the ban") + 7), 0.9, -alike),
    ]
    monkeypatch.setattr(labeller, "_find_spans", lambda reading, threshold: (spans, 0))

    rows = labeller.label({"text": LONG, "proposals": ["the ban"]}).stances

    assert {row.country: max(row.scores[1:]) > 0.01 for row in rows} == {"NOR": False, "PER": True}


def test_given_proposal_that_nothing_speaks_of_is_read_everywhere(
    labeller: Labeller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labeller, "_find_spans", lambda reading, threshold: ([], 0))

    rows = labeller.label({"text": LONG, "proposals": ["the ban"]}).stances

    assert {row.country: max(row.scores[1:]) > 0.01 for row in rows} == {"NOR": True, "PER": True}


def test_answer_is_the_same_when_the_proposals_were_asked_before(tiny_checkpoint: Path) -> None:
    labeller = Labeller.load(tiny_checkpoint)
    asked = {"text": LONG, "proposals": ["the ban", "a levy on harbours"]}

    first, second = labeller.label(asked).to_dict(), labeller.label(asked).to_dict()

    assert first == second


def test_labelling_loads_no_torch(tiny_checkpoint: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from models.labeller import Labeller; "
        f"labels = Labeller.load(Path({str(tiny_checkpoint)!r})).label('Norway backed the ban.'); "
        "print(len(labels.countries), *{'torch', 'transformers', 'onnx', 'sklearn', 'datasets'} & {*sys.modules})"
    )

    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "1"
