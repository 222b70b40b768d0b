from collections import Counter

import numpy as np
import pytest

from serve.figures import (
    Filters,
    Row,
    find_source,
    make_matrix,
    make_row,
    measure_agreement,
    tabulate_agreement,
    tabulate_contested,
    tabulate_matrix,
    tabulate_months,
    tabulate_sources,
    tabulate_unsure,
)


def row(country="NOR", proposal="p", stance="support", confidence=0.9, article="a", date="2026-01-02") -> Row:
    words = {"proposal": proposal, "proposal_text": f"the {proposal}", "title": "", "evidence": "words"}
    return Row(
        article=article, date=date, country=country, name=country.title(), stance=stance, confidence=confidence, **words
    )


def flat(**changes):
    cells = {
        "id": "a",
        "title": None,
        "date": None,
        "proposal_text": "a ban on deep-sea mining",
        "proposal_given": False,
    }
    cells |= {"country": "NOR", "name": "Norway", "stance": "oppose", "confidence": 0.9, "evidence": None}
    return {**cells, **changes}


def test_proposals_are_one_across_articles_only_with_enough_words():
    assert make_row(flat()).proposal == make_row(flat(id="b", proposal_text="The ban on deep-sea mining")).proposal
    assert make_row(flat(proposal_text="the ban")).proposal != make_row(flat(proposal_text="the ban", id="b")).proposal
    given = {"proposal_text": "quotas", "proposal_given": True}
    assert make_row(flat(**given)).proposal == make_row(flat(**given, id="b")).proposal
    assert make_row(flat(stance=None)) is None


def test_cell_has_the_stance_that_most_confidence_speaks_for():
    rows = [row(confidence=0.5), row(confidence=0.5), row(stance="oppose", confidence=0.9)]
    assert make_matrix(rows) == {("NOR", "p"): ("support", pytest.approx(1 / 1.9), 3)}
    assert tabulate_matrix(rows).rows == [["NOR", "Nor", "the p", "support", 0.526, 3]]


def test_agreement_counts_abstentions_half_and_needs_enough_shared_proposals():
    stances = {"AAA": "support support oppose", "BBB": "support oppose abstain", "CCC": "support"}
    rows = [row(c, f"p{n}", s) for c, words in stances.items() for n, s in enumerate(words.split())]
    countries, matrix, _ = measure_agreement(rows, 10)
    assert sorted(countries) == ["AAA", "BBB"]
    assert matrix[0, 1] == matrix[1, 0] == pytest.approx(0.5)
    assert tabulate_agreement(countries, matrix, [1, 1]).rows == [[countries[1], countries[0], 0.5, 1, 1]]


def test_countries_that_vote_alike_form_a_cluster_and_stand_together():
    sides = {"AAA": "support", "BBB": "oppose", "CCC": "support", "DDD": "oppose"}
    countries, matrix, clusters = measure_agreement(
        [row(c, f"p{n}", s) for c, s in sides.items() for n in range(4)], 10
    )
    assert clusters == [1, 1, 2, 2]
    assert {frozenset(countries[:2]), frozenset(countries[2:])} == {
        frozenset(("AAA", "CCC")),
        frozenset(("BBB", "DDD")),
    }
    assert not np.isnan(matrix).any()


@pytest.mark.parametrize("rows", [[], [row()]])
def test_few_rows_have_no_agreement(rows):
    assert measure_agreement(rows, 10)[0] == []


def test_months_count_stances_and_leave_out_what_has_no_date():
    rows = [row(), row(stance="oppose"), row(date="2026-02-01"), row(date="")]
    assert tabulate_months(rows).rows == [["NOR", "2026-01", 1, 1, 0], ["NOR", "2026-02", 1, 0, 0]]


def test_contested_proposals_stand_by_their_minority():
    rows = [row("AAA", "x"), row("BBB", "x", "oppose"), row("AAA", "y"), row("CCC", "x", "oppose"), row("AAA", "z")]
    rows += [row("BBB", "z", "oppose"), row("CCC", "z"), row("DDD", "z", "oppose"), row("EEE", "z", "abstain")]
    assert tabulate_contested(rows).rows == [["the z", 2, 2, 1, 2], ["the x", 1, 2, 0, 1]]


def test_unsure_rows_stand_by_confidence():
    rows = [row(confidence=0.59), row(confidence=0.6), row(confidence=0.4)]
    assert [cells[0] for cells in tabulate_unsure(rows).rows] == [0.4, 0.59]


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (Filters(), True),
        (Filters(countries=("PER",)), False),
        (Filters(proposal="THE P"), True),
        (Filters(proposal="q"), False),
        (Filters(first_day="2026-01-02", last_day="2026-01-02"), True),
        (Filters(first_day="2026-01-03"), False),
        (Filters(last_day="2026-01-01"), False),
        (Filters(min_confidence=0.91), False),
    ],
)
def test_filters(filters, kept):
    assert filters.keep(row()) is kept


def test_rows_without_a_date_fall_out_where_one_is_asked_for():
    assert not Filters(last_day="2026-01-01").keep(row(date=""))


@pytest.mark.parametrize(("article", "source"), [("bbc/2026/a", "bbc/2026"), ("bbc:12", "bbc"), ("a1", "")])
def test_source_is_the_folder_or_prefix_of_the_id(article, source):
    assert find_source(article) == source


def test_sources_are_counted():
    table = tabulate_sources({"b": Counter(articles=2, support=3), "a": Counter(errors=1)})
    assert table.rows == [["a", 0, 1, 0, 0, 0], ["b", 2, 0, 3, 0, 0]]
