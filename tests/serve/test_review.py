import csv
import json
from pathlib import Path

import pytest

from models.annotations import read_annotated
from models.schema import Span, Stance
from serve.review import Strategy, choose

TEXT = "Norway voted against the fishing ban, but Peru backed the fishing ban."
SCORES = {"none": 0.1, "support": 0.3, "oppose": 0.5, "abstain": 0.1}


def make_stance(country: str, stance: str, confidence: float, group=None):
    evidence = [{"start": 0, "end": 36, "text": TEXT[:36]}]
    row = {"country": country, "name": country.title(), "proposal": "p1", "stance": stance, "confidence": confidence}
    return {**row, "scores": SCORES, "evidence": evidence, "group": group}


def make_answer(name: str, *stances, text: str = "the fishing ban"):
    proposal = {"id": "p1", "text": text, "main": True, "given": False}
    proposal["mentions"] = [{"start": 21, "end": 36, "text": TEXT[21:36]}]
    answer = {"id": name, "title": None, "date": "2026-01-02", "proposals": [proposal], "stances": list(stances)}
    return {**answer, "countries": [], "truncated": False, "tokens": 9, "model": {"name": "m", "version": "1"}}


@pytest.fixture
def labels(stance):
    """Labels of two articles, in the folder in which the command runs, and the articles."""
    answers = [
        make_answer("a", make_stance("NOR", "oppose", 0.9), make_stance("PER", "oppose", 0.4)),
        make_answer("b", make_stance("NOR", "oppose", 0.6), make_stance("SWE", "oppose", 0.6, group="EU")),
        {"id": "c", "line": 3, "error": {"type": "DataError", "message": "no"}},
        make_answer("d"),
    ]
    Path("labels.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    Path("texts.jsonl").write_text("".join(json.dumps({"id": n, "text": TEXT}) + "\n" for n in "abd"))
    return answers


def read_csv(path: str = "sheet.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(Path(path).read_text().splitlines()))


def correct(corrections: dict[tuple[str, str], str], added: list[dict[str, str]] = ()) -> None:
    rows = read_csv()
    with Path("sheet.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "correct": corrections.get((row["id"], row["country"]), "")} for row in rows)
        writer.writerows(added)


CORRECT = ("review", "labels.jsonl", "--corrections", "sheet.csv", "--texts", "texts.jsonl", "-o", "corrected.jsonl")


def test_sheet_has_whole_articles_with_their_least_certain_row_first(stance, labels):
    code, out, err = stance("review", "labels.jsonl", "-o", "sheet.csv")
    assert (code, out) == (0, "")
    assert err.startswith("3 rows of 2 articles: ")
    assert [(row["id"], row["country"], row["confidence"], row["correct"]) for row in read_csv()] == [
        ("a", "PER", "0.4", ""),
        ("a", "NOR", "0.9", ""),
        ("b", "NOR", "0.6", ""),
    ]


def test_number_of_rows_is_kept_to_whole_articles(stance, labels):
    assert stance("review", "labels.jsonl", "-o", "sheet.csv", "--rows", "1")[0] == 0
    assert [row["id"] for row in read_csv()] == ["a", "a"]


def test_corrections_become_texts_that_training_reads(stance, labels):
    assert stance("review", "labels.jsonl", "-o", "sheet.csv")[0] == 0
    added = [{"id": "b", "proposal": "p1", "country": "per", "correct": "Abstain"}]
    correct({("a", "PER"): "support", ("a", "NOR"): "none", ("b", "NOR"): "oppose"}, added)
    code, _, err = stance(*CORRECT)
    assert (code, err) == (0, "2 texts; 0 left out as not reviewed in full\n")
    first, second = read_annotated(Path("corrected.jsonl"))
    assert (first.id, first.text, first.date) == ("a", TEXT, "2026-01-02")
    assert first.proposals[0].mentions == (Span(21, 36),)
    assert [(s.country, s.stance, s.evidence) for s in first.stances] == [("PER", Stance.SUPPORT, (Span(0, 36),))]
    assert [(s.country, s.stance) for s in second.stances] == [("NOR", Stance.OPPOSE), ("PER", Stance.ABSTAIN)]


def test_article_that_was_not_reviewed_in_full_is_left_out(stance, labels):
    assert stance("review", "labels.jsonl", "-o", "sheet.csv")[0] == 0
    correct({("a", "PER"): "support", ("b", "NOR"): "none"})
    assert stance(*CORRECT)[2] == "1 texts; 1 left out as not reviewed in full\n"
    assert [text.id for text in read_annotated(Path("corrected.jsonl"))] == ["b"]


def test_label_studio_gets_tasks_with_predictions_and_gives_corrections_back(stance, labels):
    assert stance("review", "labels.jsonl", "-o", "tasks.json")[0] == 0
    tasks = json.loads(Path("tasks.json").read_text())
    (prediction,) = tasks[0]["predictions"]
    assert (tasks[0]["data"]["country"], prediction["score"], prediction["model_version"]) == ("PER", 0.4, "m 1")
    assert prediction["result"][0]["value"] == {"choices": ["oppose"]}
    for task in tasks:
        kept = {**prediction["result"][0], "value": {"choices": ["support"]}}
        cancelled = {"was_cancelled": True, "result": []}
        task["annotations"] = [{"was_cancelled": False, "result": [kept]}, cancelled]
    Path("sheet.json").write_text(json.dumps(tasks))
    assert stance(*["sheet.json" if word == "sheet.csv" else word for word in CORRECT])[0] == 0
    texts = read_annotated(Path("corrected.jsonl"))
    assert [(t.id, s.country, s.stance) for t in texts for s in t.stances] == [
        ("a", "PER", "support"),
        ("a", "NOR", "support"),
        ("b", "NOR", "support"),
    ]


@pytest.mark.parametrize(
    ("added", "message"),
    [
        (
            {"id": "a", "proposal": "p1", "country": "CHL", "correct": "against"},
            "'correct' is 'against'; expected one of",
        ),
        ({"id": "z", "proposal": "p1", "country": "CHL", "correct": "none"}, "an article 'z' that isn't in the labels"),
        ({"id": "a", "proposal": "p9", "country": "CHL", "correct": "none"}, "no proposal 'p9'; expected one of p1"),
        ({"id": "a", "proposal": "p1", "correct": "none"}, "'country' is empty"),
    ],
)
def test_faulty_sheet_is_one_line(stance, labels, added, message):
    assert stance("review", "labels.jsonl", "-o", "sheet.csv")[0] == 0
    correct({}, [added])
    code, _, err = stance(*CORRECT)
    assert (code, message in err) == (1, True)


def test_text_that_changed_is_refused(stance, labels):
    assert stance("review", "labels.jsonl", "-o", "sheet.csv")[0] == 0
    correct({("a", "PER"): "support", ("a", "NOR"): "none"})
    Path("texts.jsonl").write_text(json.dumps({"id": "a", "text": f"New words. {TEXT}"}))
    code, _, err = stance(*CORRECT)
    assert (code, "the text of 'a' isn't the one that was labelled" in err) == (1, True)


def test_text_that_is_missing_is_counted(stance, labels):
    assert stance("review", "labels.jsonl", "-o", "sheet.csv")[0] == 0
    correct({("a", "PER"): "support", ("a", "NOR"): "none"})
    Path("texts.jsonl").write_text(json.dumps({"id": "other", "text": TEXT}))
    assert "1 as not found in --texts (such as 'a')" in stance(*CORRECT)[2]


def test_corrections_need_texts_and_a_known_format(stance, labels):
    assert stance("review", "labels.jsonl", "--corrections", "s.csv", "-o", "x.jsonl")[0] == 2
    assert stance("review", "labels.jsonl", "-o", "sheet.xls")[2].startswith(
        "error: 'sheet.xls' is none of .csv, .json"
    )
    assert stance("review", "none.jsonl", "-o", "sheet.csv")[0] == 4


def test_uncertain_takes_the_least_certain_and_diverse_what_is_unlike_the_chosen():
    answers = [
        make_answer("1", make_stance("NOR", "oppose", 0.5)),
        make_answer("2", make_stance("NOR", "oppose", 0.51)),
        make_answer("3", make_stance("PER", "support", 0.9), text="a levy on seabed mining"),
        make_answer("4", make_stance("NOR", "support", 0.52), text="a levy on seabed mining"),
    ]
    chosen = {strategy: choose(answers, strategy, 3) for strategy in Strategy}
    assert chosen["uncertain"] == ["1", "2", "4"]
    assert chosen["diverse"][:2] == ["1", "3"]
    assert chosen["mixed"][:2] == ["1", "4"]
