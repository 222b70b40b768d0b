"""A report from data to files: complete, repeatable, comparable, and refused on other inputs."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from evals import run
from evals.card import write_card
from evals.manifest import ReportOptions
from models.errors import DataError
from models.schema import Proposal, Span


class StubLabeller:
    """Gives answers prepared by text; on found proposals only those rows that are on the first."""

    checkpoint = SimpleNamespace(name="stub", version="3")

    def __init__(self, texts, answers) -> None:
        self.answers = {text.id: labels for text, labels in zip(texts, answers, strict=True)}

    def label(self, article):
        labels = self.answers[article.id]
        if article.proposals is not None:
            return labels
        start = article.text.index("plan1")
        first = Proposal(id="p1", text="plan1", mentions=(Span(start, start + 5),))
        stances = tuple(row for row in labels.stances if row.proposal == "p1")
        return replace(labels, article=article, proposals=(first,), stances=stances)


def write_data(path, texts):
    def spans(items):
        return [{"start": span.start, "end": span.end} for span in items]

    rows = [
        {
            "id": text.id,
            "date": text.date,
            "text": text.text,
            "proposals": [
                {"id": p.id, "description": p.description, "main": p.main, "mentions": spans(p.mentions)}
                for p in text.proposals
            ],
            "stances": [
                {"country": s.country, "proposal": s.proposal, "stance": s.stance, "evidence": spans(s.evidence)}
                for s in text.stances
            ],
        }
        for text in texts
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def prepared(make_random, tmp_path, monkeypatch):
    """Options on a small data set and a labeller with random answers to it."""
    texts, answers = make_random(1, 10)
    write_data(tmp_path / "data.jsonl", texts)
    stub = StubLabeller(texts, answers)
    monkeypatch.setattr(run, "Labeller", SimpleNamespace(load=lambda path: stub))
    monkeypatch.setattr(run, "read_seen", lambda model, files: [])
    return ReportOptions(data=str(tmp_path / "data.jsonl")), stub


def test_report_has_all_files_and_repeats_to_the_byte(prepared, tmp_path):
    options, _ = prepared
    folder = tmp_path / "report"
    told = []
    record = run.main(replace(options, baselines=("majority", "keywords")), folder, told.append)

    assert {path.name for path in folder.iterdir()} == {
        "report.html",
        "report.json",
        "predictions.parquet",
        "manifest.json",
    }
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == json.loads(json.dumps(record))
    assert list(record["baselines"]) == ["majority", "keywords"]
    assert record["baselines"]["majority"]["model_against_it"]["holm_p"] <= 1
    assert run.rerun(folder / "manifest.json", told.append)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {"commit", "is_dirty", "version"} == set(manifest["code"])
    assert manifest["cost"]["articles"] == 10


def test_found_proposals_stand_beside_given_ones_in_one_report_that_repeats(prepared, tmp_path):
    options, stub = prepared
    given, found, both = (
        run.main(replace(options, proposals=proposals), tmp_path / proposals, lambda message: None)
        for proposals in ("given", "found", "both")
    )

    assert both == {**given, "end_to_end": {name: found[name] for name in ("headline", "stages")}}
    assert both["end_to_end"]["headline"]["micro_f1"] != both["headline"]["micro_f1"]
    assert both["end_to_end"]["stages"]["proposals"]["proposals"]["recall"] == 0.5
    for name, kept in (("given", "predictions.parquet"), ("found", "predictions-found.parquet")):
        answers = (tmp_path / name / "predictions.parquet").read_bytes()
        assert (tmp_path / "both" / kept).read_bytes() == answers
    assert "It linked" in (tmp_path / "both" / "report.html").read_text(encoding="utf-8")
    assert "It linked" not in (tmp_path / "given" / "report.html").read_text(encoding="utf-8")
    assert run.rerun(tmp_path / "both" / "manifest.json", lambda message: None)

    stub.answers = {name: replace(labels, stances=labels.stances[:1]) for name, labels in stub.answers.items()}
    assert not run.rerun(tmp_path / "both" / "manifest.json", lambda message: None)
    run.main(options, tmp_path / "both", lambda message: None)
    assert not (tmp_path / "both" / "predictions-found.parquet").exists()


def test_the_record_holds_no_words_of_the_articles(prepared, tmp_path):
    run.main(prepared[0], tmp_path / "report", lambda message: None)

    assert "spoke" not in (tmp_path / "report" / "report.json").read_text(encoding="utf-8")


def test_other_answers_are_told_apart_and_other_data_are_refused(prepared, tmp_path):
    options, stub = prepared
    folder = tmp_path / "report"
    run.main(options, folder, lambda message: None)
    stub.answers = {name: replace(labels, stances=()) for name, labels in stub.answers.items()}
    assert not run.rerun(folder / "manifest.json", lambda message: None)

    with open(options.data, "a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(DataError, match=r"data\.jsonl changed since the report was made"):
        run.rerun(folder / "manifest.json", lambda message: None)


def test_run_against_itself_differs_in_nothing_and_worse_answers_break_gates(prepared, tmp_path):
    options, stub = prepared
    run.main(options, tmp_path / "first", lambda message: None)
    again = replace(options, compare=str(tmp_path / "first"))
    record = run.main(again, tmp_path / "second", lambda message: None)

    compared = record["comparison"]
    assert compared["scores"]["micro_f1"]["difference"] == 0
    assert (compared["only_first_right"], compared["only_second_right"], compared["mcnemar_p"]) == (0, 0, 1)
    kept = {gate["gate"]: gate["is_kept"] for gate in record["gates"]}
    assert kept["fall of macro F1"]
    assert kept["calibration error against earlier"]

    stub.answers = {name: replace(labels, stances=()) for name, labels in stub.answers.items()}
    record = run.main(again, tmp_path / "third", lambda message: None)
    assert not {gate["gate"]: gate["is_kept"] for gate in record["gates"]}["fall of macro F1"]
    compared = record["comparison"]
    assert compared["only_first_right"] > 0
    assert len(compared["only_first_right_rows"]) == min(compared["only_first_right"], 50)
    assert {row["article"] for row in compared["only_first_right_rows"]} <= set(stub.answers)
    page = (tmp_path / "third" / "report.html").read_text(encoding="utf-8")
    rows = page[page.index("Right only before") : page.index('<section id="mistakes">')]
    assert rows.count('<th scope="row">') == len(compared["only_first_right_rows"])
    assert '<td class="words">plan 1</td>' in rows


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"baselines": ("majority", "magic")}, "no baseline is called magic"),
        ({"compare": "/nowhere"}, r"/nowhere has no predictions\.parquet"),
    ],
)
def test_faulty_options_are_refused_before_anything_is_labelled(prepared, tmp_path, changes, message):
    with pytest.raises(DataError, match=message):
        run.main(replace(prepared[0], **changes), tmp_path / "report", lambda told: None)
    assert not (tmp_path / "report").exists()


def test_what_is_no_manifest_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text('{"version": 0, "options": {}}', encoding="utf-8")
    with pytest.raises(DataError, match="no manifest of this version"):
        run.rerun(tmp_path / "manifest.json", lambda message: None)


def test_model_card_has_the_figures_of_the_record(prepared, tmp_path):
    record = run.main(prepared[0], tmp_path / "report", lambda message: None)
    card = write_card(record)

    assert card.startswith("## stub 3 on data.jsonl, given proposals")
    assert f"| Micro F1 | {record['headline']['micro_f1']['value']:.3f}".replace(" 0.", " .") in card
    assert "| Calibration error |" in card
    assert "end to end" not in card


def test_model_card_of_both_kinds_of_proposals_has_the_scores_of_found_ones(prepared, tmp_path):
    record = run.main(replace(prepared[0], proposals="both"), tmp_path / "report", lambda message: None)

    value = f"{record['end_to_end']['headline']['micro_f1']['value']:.3f}".removeprefix("0")
    assert f"| Micro F1, end to end | {value} |" in write_card(record)
