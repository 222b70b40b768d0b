import base64
import csv
import html
import json
import re
from pathlib import Path

import pytest

pytest.importorskip("jinja2")
pytest.importorskip("scipy")

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}=1+1"


def write_labels(number: int = 12, words: str = "a ban on deep-sea mining") -> None:
    scores = {"none": 0.1, "support": 0.5, "oppose": 0.3, "abstain": 0.1}
    lines = []
    for n in range(number):
        stances = [
            {"country": code, "name": f"{name} {words[:40]}", "proposal": "p1", "stance": stance, "confidence": 0.5,
             "scores": scores, "group": None, "evidence": [{"start": 0, "end": 4, "text": words}]}
            for code, name, stance in (("NOR", "Norway", "support"), ("PER", "Peru", ["oppose", "support"][n % 2]))
        ]  # fmt: skip
        proposal = {"id": "p1", "text": f"{words} number {n % 4}", "main": True, "given": False, "mentions": []}
        answer = {"id": f"bbc/{n}{words}", "title": words, "date": f"2026-0{1 + n % 3}-02", "proposals": [proposal]}
        answer |= {"stances": stances, "countries": [], "truncated": False, "tokens": 9}
        lines.append(json.dumps({**answer, "model": {"name": words, "version": "1"}}))
    lines.append(json.dumps({"id": "bad", "line": 3, "error": {"type": "DataError", "message": words}}))
    Path("labels.jsonl").write_text("\n".join(lines))


def read_tables(page: str) -> dict[str, list[dict[str, str]]]:
    links = re.findall(r'download="(\w+)\.csv" href="data:text/csv;charset=utf-8;base64,([^"]*)"', page)
    return {name: list(csv.DictReader(base64.b64decode(data).decode().splitlines())) for name, data in links}


def make_report(stance, *arguments: str) -> str:
    code, out, err = stance("report", "labels.jsonl", "-o", "report.html", *arguments)
    assert (code, out, err) == (0, "", "")
    return Path("report.html").read_text(encoding="utf-8")


def test_report_has_every_figure_with_its_csv(stance):
    write_labels()
    page = make_report(stance)
    tables = read_tables(page)
    assert set(tables) == {"matrix", "agreement", "months", "contested", "unsure", "sources"}
    assert [(row["country"], row["stance"], row["rows"]) for row in tables["matrix"]][:2] == [
        ("NOR", "support", "3"),
        ("NOR", "support", "3"),
    ]
    assert [row["agreement"] for row in tables["agreement"]] == ["0.5"]
    assert {row["month"] for row in tables["months"]} == {"2026-01", "2026-02", "2026-03"}
    assert len(tables["contested"]) == 2
    assert len(tables["unsure"]) == 24
    assert tables["sources"][-1] == {
        "source": "bbc", "articles": "12", "errors": "0", "support": "18", "oppose": "6", "abstain": "0"
    }  # fmt: skip
    assert page.count("<svg") == 4
    assert "13 articles, 1 of them not labelled; 24 stances of 2 countries on 4 proposals" in page


def test_report_needs_nothing_from_elsewhere_and_runs_only_its_own_script(stance):
    write_labels()
    page = make_report(stance)
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert not re.findall(r"url\(|@import|https?://", page)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in html.unescape(policy)
    assert " style=" not in page


def test_hostile_words_are_shown_and_never_run(stance):
    write_labels(words=ATTACK)
    page = make_report(stance)
    assert page.count("<script") == 1
    assert "<img" not in page
    assert "onerror=alert" not in re.sub(r"&[a-z#0-9]+;", "", re.sub(r">[^<]*<", "><", page))
    assert "{{ 7*7 }}" in page
    assert all(not cell.startswith("=") for rows in read_tables(page).values() for row in rows for cell in row.values())


def test_filters_are_applied_and_said(stance):
    write_labels()
    page = make_report(stance, "--country", "nor", "--since", "2026-02-01", "--until", "2026-02-28")
    assert {(row["country"], row["month"]) for row in read_tables(page)["months"]} == {("NOR", "2026-02")}
    assert "only countries NOR, first day 2026-02-01, last day 2026-02-28" in page


def test_votes_are_compared_where_they_are_given(stance):
    write_labels()
    votes = "ms_code,ms_vote,date,resolution,title\nNOR,Y,2026-02-10,A/RES/80/7,A ban on deep-sea mining: number 1\n"
    Path("votes.csv").write_text(votes)
    page = make_report(stance, "--votes", "votes.csv")
    assert [(row["label"], row["vote"], row["agrees"]) for row in read_tables(page)["votes"]]
    assert "are as the vote was (100 %)" in page


def test_months_without_a_row_leave_room_in_the_time_line(stance):
    write_labels(number=3)
    labels = Path("labels.jsonl").read_text().replace("2026-02-02", "2026-12-02")
    Path("labels.jsonl").write_text(labels)
    width = re.search(r'aria-label="Norway[^"]*" width="(\d+)"', make_report(stance))
    assert int(width[1]) >= 12 * 12


def test_report_of_no_labels_is_a_page(stance):
    Path("labels.jsonl").touch()
    assert "0 articles" in make_report(stance)


def test_report_leaves_an_existing_file_alone(stance):
    write_labels(1)
    Path("report.html").write_text("mine")
    code, _, err = stance("report", "labels.jsonl", "-o", "report.html")
    assert (code, err.startswith("error: 'report.html' exists")) == (1, True)
    assert "<html" in make_report(stance, "--force")


def test_missing_labels_are_exit_code_4(stance):
    assert stance("report", "none.jsonl", "-o", "report.html")[0] == 4
