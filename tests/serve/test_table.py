import io
from dataclasses import replace

import pytest
from rich.console import Console

from models.errors import DataError
from models.schema import Article, Mention, Span, Stance
from serve.articles import Failure
from serve.table import MAX_QUOTE_CHARACTERS, format_rows, print_row, print_values


@pytest.fixture
def show():
    """Print a row on a console of 80 columns, give the text."""

    def print_at_80(row, printer=print_row) -> str:
        console = Console(file=io.StringIO(), width=80, highlight=False, markup=False, emoji=False)
        printer(console, row)
        return console.file.getvalue()

    return print_at_80


@pytest.fixture
def labels(make_labels):
    return make_labels(Article(id="a1", text="Norway voted against the ban.", title="Fish [bold]", date="2026-01-02"))


def test_table_has_title_proposal_country_stance_confidence_and_evidence(show, labels):
    assert [line.rstrip() for line in show(labels).splitlines()] == [
        "Fish [bold]  2026-01-02",
        "",
        "p1 (main) the fishing ban",
        "   country              stance  conf. evidence",
        "   Norway               oppose   0.90 Norway voted against the ban.",
        "",
    ]


def test_article_without_a_title_is_named_by_its_id(show, labels):
    assert show(replace(labels, article=replace(labels.article, title=None, date=None))).startswith("a1\n")


def test_no_line_is_wider_than_80_columns(show, labels):
    (row,) = labels.stances
    long = replace(row, name="Saint Vincent and the Grenadines and more", group="CARICOM", evidence=(Span(0, 900),))
    article = replace(labels.article, text="Long words of an article, one after another. " * 20, title="t " * 90)
    printed = show(replace(labels, article=article, stances=(long, row)))
    assert max(map(len, printed.splitlines())) <= 80
    assert "CARICOM)" in printed


def test_rows_stand_by_stance_then_by_name(show, labels):
    (row,) = labels.stances
    rows = [
        replace(row, name=name, stance=stance)
        for name, stance in (("Chad", Stance.ABSTAIN), ("Peru", Stance.OPPOSE), ("Mali", Stance.SUPPORT))
    ]
    printed = show(replace(labels, stances=(*rows, row)))
    assert [printed.index(name) for name in ("Mali", "Norway  ", "Peru", "Chad")] == sorted(
        printed.index(name) for name in ("Mali", "Norway  ", "Peru", "Chad")
    )


def test_countries_without_a_stance_stand_in_one_line(show, labels):
    mention = (Mention(Span(0, 6), "PER", "name"),)
    more = {**labels.countries, "PER": mention, "TCD": mention}
    printed = show(replace(labels, countries=more, country_names={"NOR": "Norway", "PER": "Peru", "TCD": "Chad"}))
    assert "Without a stance: Peru, Chad\n" in printed


def test_proposal_without_a_stance_says_so(show, labels):
    assert "no country takes a stance on it" in show(replace(labels, stances=()))


def test_article_without_a_proposal_says_what_to_do(show, labels):
    assert "name one with --proposal" in show(replace(labels, proposals=(), stances=()))


def test_truncated_article_says_so(show, labels):
    assert "its end was left out" in show(replace(labels, truncated=True))


def test_long_quote_ends_in_an_ellipsis_and_counts_what_follows(show, labels):
    (row,) = labels.stances
    text = "w" * 30 + " word" * 100
    long = replace(row, evidence=(Span(0, len(text)), Span(0, 1)))
    printed = show(replace(labels, article=replace(labels.article, text=text), stances=(long,)))
    assert "… (+1 more)" in " ".join(printed.split())
    assert printed.count("word") < MAX_QUOTE_CHARACTERS / 5


def test_article_can_not_steer_the_terminal(show, labels):
    article = replace(labels.article, text="\x1b[2Jred\x07 \x9b31m\r\nback", title="\x1b]0;title\x07")
    (row,) = labels.stances
    printed = show(replace(labels, article=article, stances=(replace(row, evidence=(Span(0, 20),)),)))
    assert not set(printed) & {"\x1b", "\x07", "\x9b", "\r"}


def test_failure_is_a_line_with_its_reason(show):
    printed = show(Failure(id="v:3", line=3, error=DataError("text is empty: give words")))
    assert printed.strip() == "v:3, line 3: not labelled: text is empty: give words"


def test_values_are_shown_with_their_path(show):
    printed = show({"micro": {"f1": 0.61234, "pairs": 12}, "data": "dev"}, print_values)
    assert [line.split() for line in printed.splitlines()] == [
        ["micro.f1", "0.612"],
        ["micro.pairs", "12"],
        ["data", "dev"],
    ]


def test_rows_are_lines_of_columns_with_numbers_to_the_right():
    rows = [{"source": "as", "texts": 1625, "note": "x"}, {"source": "enb", "texts": 7, "note": ""}]
    assert format_rows(rows).splitlines() == ["source  texts  note", "as      1,625  x", "enb         7"]
    assert format_rows([]) == ""
