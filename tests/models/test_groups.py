from datetime import date, timedelta
from itertools import pairwise

import pytest

from models.countries import CountryFinder
from models.errors import DataError
from models.groups import (
    Group,
    Membership,
    expand_groups,
    find_group,
    find_left_out,
    members_on,
    parse_day,
    read_groups,
)
from models.labeller import Labeller
from models.schema import Article, Labels, Proposal, Span, Stance, StanceRow
from models.sentences import split_sentences

SCORES = {
    Stance.SUPPORT: (0.1, 0.8, 0.06, 0.04),
    Stance.OPPOSE: (0.1, 0.06, 0.8, 0.04),
    Stance.ABSTAIN: (0.1, 0.04, 0.06, 0.8),
}


def make_labels(text, *rows, title=None, day="2019-05-01"):
    """Labels of a text with rows `(country, stance, proposal = p1, confidence = .8)`, evidence where it is named."""
    article = Article(text=text, title=title, date=day)
    mentions = CountryFinder.load().find_mentions(text, title)
    countries = {}
    for mention in mentions:
        countries[mention.country] = (*countries.get(mention.country, ()), mention)
    return Labels(
        article=article,
        id="a",
        proposals=(Proposal(id="p1", text="the ban"), Proposal(id="p2", text="the levy")),
        stances=tuple(make_row(text, countries, *row) for row in rows),
        countries=countries,
        country_names={code: CountryFinder.load().name(code) for code in countries},
    )


def make_row(text, countries, country, stance, proposal="p1", confidence=0.8):
    first = next((m.span for m in countries.get(country, ()) if m.span.field == "text"), Span(0, 1))
    evidence = next(Span(*s) for s in split_sentences(text) if s[0] <= first.start < s[1])
    return StanceRow(
        country=country,
        name=CountryFinder.load().name(country),
        proposal=proposal,
        stance=Stance(stance),
        confidence=confidence,
        scores=SCORES[Stance(stance)],
        evidence=(evidence,),
    )


def derived(labels):
    """Codes of the members that got a row, sorted."""
    return sorted(row.country for row in expand_groups(labels).stances if row.group)


def missing(text, group="EU", day="2019-05-01"):
    """The members left out when the text makes the group support the ban."""
    return sorted(set(members_on(group, day)) - set(derived(make_labels(text, (group, "support"), day=day))))


@pytest.mark.parametrize(
    ("group", "day", "country"),
    [
        ("EU", "2015", "GBR"),
        ("EU", "2020-01-31", "GBR"),
        ("EU", "2013-07", "HRV"),
        ("NATO", "2023", "FIN"),
        ("NATO", "2024", "SWE"),
        ("NATO", "2024-03-07", "SWE"),
        ("G7", "1998-06-01", "RUS"),
        ("G7", "2014-03-01", "RUS"),
        ("BRICS", "2011", "ZAF"),
        ("BRICS", "2024", "ETH"),
        ("BRICS", None, "IDN"),
        ("OPEC", "2008", "IDN"),
        ("OPEC", "2026-04-30", "ARE"),
        ("ARAB", "2010", "SYR"),
        ("ARAB", None, "SYR"),
        ("P5", "1960", "TWN"),
        ("P5", "1971-10-25", "CHN"),
        ("ASEAN", None, "TLS"),
        ("AU", "2017-02", "MAR"),
        ("G77", None, "MEX"),
    ],
)
def test_member_on_a_day(group, day, country):
    assert country in members_on(group, day)


@pytest.mark.parametrize(
    ("group", "day", "country"),
    [
        ("EU", "2021", "GBR"),
        ("EU", "2020-02-01", "GBR"),
        ("EU", "2013-06-30", "HRV"),
        ("NATO", "2022", "FIN"),
        ("NATO", "2024-03-06", "SWE"),
        ("G7", "1997", "RUS"),
        ("G7", "2015", "RUS"),
        ("BRICS", "2010-06", "ZAF"),
        ("BRICS", "2023-12-31", "ETH"),
        ("OPEC", "2019", "QAT"),
        ("OPEC", None, "ARE"),
        ("ARAB", "2015", "SYR"),
        ("P5", "1971-10-25", "TWN"),
        ("AU", "2000", "MAR"),
        ("ECOWAS", "2025-02", "MLI"),
        ("MERCOSUR", "2018", "VEN"),
        ("COE", "2022-03-16", "RUS"),
        ("G77", "2010", "MEX"),
        ("G77", None, "CHN"),
    ],
)
def test_no_member_on_a_day(group, day, country):
    assert country not in members_on(group, day)


@pytest.mark.parametrize(
    ("group", "day", "size"),
    [
        ("EU", "1960", 6),
        ("EU", "1990", 12),
        ("EU", "2019", 28),
        ("EU", None, 27),
        ("NATO", "1950", 12),
        ("NATO", None, 32),
        ("ASEAN", "2020", 10),
        ("AU", None, 55),
        ("G20", None, 19),
        ("BRICS", "2015", 5),
        ("ARAB", "2010", 22),
        ("OIC", None, 57),
        ("ECOWAS", "2020", 15),
        ("CARICOM", None, 15),
        ("CELAC", None, 33),
        ("PIF", "2020", 18),
        ("NALM", "2015", 120),
        ("G77", "2020", 133),
        ("AOSIS", None, 39),
        ("SADC", None, 16),
        ("COE", "2021", 47),
        ("COE", None, 46),
        ("AFRG", None, 54),
    ],
)
def test_groups_have_the_sizes_that_they_give_themselves(group, day, size):
    assert len(members_on(group, day)) == size


def test_every_group_of_the_guidelines_has_members_and_a_source():
    listed = (
        "EU NATO ASEAN AU G7 G20 BRICS OPEC GCC ARAB OIC NORDICS BALTICS ECOWAS CARICOM MERCOSUR CELAC PIF V4 E3 QUAD "
        "P5 CSTO SCO CIS NALM G77 AOSIS EAC SADC OAS COE AFRG P3"
    )
    assert sorted(read_groups()) == sorted(listed.split())
    for code, group in read_groups().items():
        assert members_on(code, None), code
        assert group.source.startswith("http"), code


def test_members_are_known_countries_and_their_stays_follow_each_other():
    for code, group in read_groups().items():
        assert {stay.country for stay in group.memberships} <= CountryFinder.load().codes - set(read_groups()), code
        for stay in group.memberships:
            assert stay.last is None or stay.first <= stay.last, (code, stay)
            assert date(1945, 1, 1) <= stay.first <= date.today() - timedelta(days=1), (code, stay)
        for country in {stay.country for stay in group.memberships}:
            stays = sorted((s for s in group.memberships if s.country == country), key=lambda stay: stay.first)
            for before, after in pairwise(stays):
                assert before.last is not None, (code, country)
                assert before.last < after.first, (code, country)


def test_unknown_group_is_an_error_that_names_the_nearest():
    with pytest.raises(DataError, match=r"^unknown group 'ECOWA': expected one of ECOWAS"):
        members_on("ECOWA", None)
    assert find_group("ecowas").code == "ECOWAS"


def test_group_without_members_is_an_error_that_says_what_to_do(monkeypatch):
    empty = {"X9": Group("X9", "Nine", "https://nine.example", ())}
    monkeypatch.setattr("models.groups.read_groups", lambda: empty)
    with pytest.raises(DataError, match=r"^members of X9 are not in models/groups.toml: add them from https://nine"):
        members_on("X9", None)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2019-05-01", date(2019, 5, 1)),
        ("2019-05", date(2019, 5, 15)),
        ("2019", date(2019, 7, 1)),
        (" 2019-05-01T23:59:00Z\n", date(2019, 5, 1)),
    ],
)
def test_dates_may_be_short_or_long(words, day):
    assert parse_day(words) == day


@pytest.mark.parametrize("words", ["1 May 2019", "2019-13", "2019-02-30", "19", "0000", "2019-5-1", "2019-05-01x"])
def test_other_dates_are_an_error(words):
    with pytest.raises(DataError, match="is no date: write it as 2019-05-01"):
        members_on("EU", words)


def test_members_get_the_row_of_their_group_behind_it():
    labels = make_labels(
        "Norway opposed the ban. The Baltic states backed the ban.", ("NOR", "oppose"), ("BALTICS", "support")
    )
    rows = expand_groups(labels).stances
    assert [(r.country, r.name, r.stance, r.group) for r in rows] == [
        ("NOR", "Norway", "oppose", None),
        ("BALTICS", "Baltic states", "support", None),
        ("EST", "Estonia", "support", "BALTICS"),
        ("LTU", "Lithuania", "support", "BALTICS"),
        ("LVA", "Latvia", "support", "BALTICS"),
    ]
    assert {(r.confidence, r.scores, r.evidence, r.proposal) for r in rows[1:]} == {
        (rows[1].confidence, rows[1].scores, rows[1].evidence, "p1")
    }


def test_only_the_rows_change_and_a_second_time_nothing():
    labels = make_labels("The EU except Hungary backed the ban.", ("EU", "support"))
    expanded = expand_groups(labels)
    assert expanded.countries == labels.countries
    assert expanded.article is labels.article
    assert expand_groups(expanded) == expanded


def test_labels_without_a_group_stay_as_they_are():
    labels = make_labels("Norway opposed the ban.", ("NOR", "oppose"), day="some day")
    assert expand_groups(labels) is labels


def test_day_of_the_article_decides():
    text = "The EU backed the ban."
    assert "GBR" in derived(make_labels(text, ("EU", "support"), day="2015-01-01"))
    assert "GBR" not in derived(make_labels(text, ("EU", "support"), day="2021-01-01"))
    assert "GBR" not in derived(make_labels(text, ("EU", "support"), day=None))
    with pytest.raises(DataError, match="'last week' is no date"):
        derived(make_labels(text, ("EU", "support"), day="last week"))


def test_row_of_its_own_wins_on_that_proposal_alone():
    text = "The EU backed the ban and the levy. Hungary abstained on the ban. Malta backed the ban."
    labels = make_labels(
        text, ("EU", "support"), ("EU", "support", "p2"), ("HUN", "abstain", "p1", 0.3), ("MLT", "support", "p1", 0.3)
    )
    rows = [row for row in expand_groups(labels).stances if row.country in ("HUN", "MLT")]
    assert [(r.country, r.proposal, r.stance, r.group) for r in rows] == [
        ("HUN", "p2", "support", "EU"),
        ("MLT", "p2", "support", "EU"),
        ("HUN", "p1", "abstain", None),
        ("MLT", "p1", "support", None),
    ]
    assert [row.confidence for row in rows] == [0.8, 0.8, 0.3, 0.3]


def test_two_groups_that_agree_give_one_row_from_the_surer():
    labels = make_labels(
        "The EU backed the ban. The Baltic states backed it.",
        ("EU", "support", "p1", 0.6),
        ("BALTICS", "support", "p1", 0.9),
    )
    rows = [row for row in expand_groups(labels).stances if row.group]
    assert len({row.country for row in rows}) == len(rows) == 28
    assert [row.country for row in rows if row.group == "BALTICS"] == ["EST", "LTU", "LVA"]


def test_two_groups_that_disagree_give_none():
    labels = make_labels(
        "The EU backed the ban. The Baltic states opposed it.", ("EU", "support"), ("BALTICS", "oppose")
    )
    assert not {"EST", "LTU", "LVA"} & set(derived(labels))
    assert len(derived(labels)) == 25


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("The EU except Hungary backed the ban.", ["HUN"]),
        ("THE EU, EXCEPT FOR HUNGARY, BACKED THE BAN.", ["HUN"]),
        ("All EU members but Hungary backed the ban.", ["HUN"]),
        ("Every EU state but Hungary and Malta backed the ban.", ["HUN", "MLT"]),
        ("Apart from Hungary, Malta and Cyprus, the EU backed the ban.", ["CYP", "HUN", "MLT"]),
        ("Aside from Hungary, the EU backed the ban.", ["HUN"]),
        ("With the exception of Hungary, the EU backed the ban.", ["HUN"]),
        ("With the sole exceptions of Hungary and of Malta, the EU backed it.", ["HUN", "MLT"]),
        ("The EU, excluding Hungary, backed the ban.", ["HUN"]),
        ("The EU, save for Hungary, backed the ban.", ["HUN"]),
        ("All save Hungary backed the ban in the EU.", ["HUN"]),
        ("EU members other than Hungary backed the ban.", ["HUN"]),
        ("The EU without Hungary backed the ban.", ["HUN"]),
        ("The EU, Hungary excepted, backed the ban.", ["HUN"]),
        ("The EU backed the ban; Hungary was the only exception.", ["HUN"]),
        ("Hungary aside, the EU backed the ban.", ["HUN"]),
        ("The EU except the Hungarian and Maltese governments backed the ban.", ["HUN", "MLT"]),
        (
            "On Monday in Oslo the members of the EU, except\nHungary\u00a0and Malta, backed the long-awaited ban.",
            ["HUN", "MLT"],
        ),
        ("All but two EU members, Hungary and Malta, backed the ban.", ["HUN", "MLT"]),
        ("All but two EU members - Hungary and Malta - backed the ban.", ["HUN", "MLT"]),
    ],
)
def test_members_that_the_text_excepts_get_no_row(text, left_out):
    assert missing(text) == left_out


@pytest.mark.parametrize(
    "text",
    [
        "The EU backed the ban, and so did Hungary.",
        "The EU, including Hungary, backed the ban.",
        "All EU members, Hungary included, backed the ban.",
        "The EU except Norway backed the ban.",
        "The EU backed everything. But Hungary was glad.",
        "All EU members backed the ban, but Hungary asked for time.",
        "The EU backed the ban without reservation, as did Hungary.",
        "Japan and others apart from the EU opposed it. Hungary is in the EU.",
        "Norway opposed the ban. Nobody but Malta spoke. The EU backed the ban.",
    ],
)
def test_other_members_keep_theirs(text):
    assert missing(text) == []


def test_exception_beside_another_mention_of_the_group_counts():
    assert missing("The EU backed the ban. All members of the EU but Malta signed the text.") == ["MLT"]


def test_exception_in_the_title_counts():
    labels = make_labels("The EU backed the ban.", ("EU", "support"), title="EU, except Hungary, backs ban")
    assert "HUN" not in derived(labels)


def test_exceptions_without_a_name_leave_nobody_sure():
    assert derived(make_labels("All but two EU members backed the ban.", ("EU", "support"))) == []
    assert derived(make_labels("All but one EU member backed it. Hungary spoke.", ("EU", "support"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Most EU members backed the ban.",
        "A majority of the EU states backed the ban.",
        "Some members of the EU backed the ban.",
        "Oslo said 26 of the 27 EU members backed the ban.",
        "Several EU governments backed the ban.",
        "Three of the\u00a0EU capitals backed the ban.",
    ],
)
def test_part_of_a_group_leaves_nobody_sure(text):
    assert derived(make_labels(text, ("EU", "support"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "The 27 EU members backed the ban.",
        "All 27 members of the EU backed the ban.",
        "Leaders of the EU backed the ban.",
        "Most ports closed. The EU backed the ban. Some EU members had wanted more.",
    ],
)
def test_whole_group_speaks_for_all(text):
    assert missing(text) == []


def test_russia_follows_the_g8_but_never_the_g7():
    assert "RUS" in derived(make_labels("The G8 backed the ban.", ("G7", "support"), day="2005"))
    assert "RUS" not in derived(make_labels("The G7 backed the ban.", ("G7", "support"), day="2005"))
    assert "RUS" not in derived(make_labels("The G8 backed the ban.", ("G7", "support"), day="2016"))


def test_swapping_two_members_swaps_their_rows():
    text = "The EU except Hungary backed the ban. Malta opposed it."
    swapped = text.replace("Hungary", "X").replace("Malta", "Hungary").replace("X", "Malta")
    first = expand_groups(make_labels(text, ("EU", "support"), ("MLT", "oppose")))
    second = expand_groups(make_labels(swapped, ("EU", "support"), ("HUN", "oppose")))
    turned = {"HUN": "MLT", "MLT": "HUN"}
    assert {(row.country, row.stance) for row in first.stances} == {
        (turned.get(row.country, row.country), row.stance) for row in second.stances
    }


def test_membership_without_an_end_lasts():
    stay = Membership("FRA", date(1958, 1, 1))
    assert [stay.covers(day) for day in (date(1957, 12, 31), date(1958, 1, 1), date(2400, 1, 1), None)] == [
        False,
        True,
        True,
        True,
    ]


def test_labeller_adds_members_only_when_asked(tiny_checkpoint, monkeypatch):
    labeller = Labeller.load(tiny_checkpoint)
    record = {"text": "The Baltic states backed the ban.", "proposals": ["the ban"], "date": "2019-05-01"}
    row = make_labels(record["text"], ("BALTICS", "support")).stances[0]
    monkeypatch.setattr(Labeller, "_rows", lambda self, reading, *_: [row])
    assert [r.country for r in labeller.label(record).stances] == ["BALTICS"]
    expanded = labeller.label(record, expand_groups=True)
    assert [r.country for r in expanded.stances] == ["BALTICS", "EST", "LTU", "LVA"]
    assert list(labeller.label_many([record], expand_groups=True)) == [expanded]
    assert [len(labels.stances) for labels in labeller.label_many([record])] == [1]


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("The EU except Hungary rejected the draft.", ["HUN"]),
        ("All members of NATO but Turkey backed the plan.", ["TUR"]),
        ("Every Gulf state bar Oman signed the pact.", ["OMN"]),
        ("Every country in the bloc save Peru and Chile voted for it.", ["PER", "CHL"]),
        ("The EU except Hungary, which abstained, rejected the draft.", []),
        ("None of the EU's members but Hungary rejected the draft.", []),
        ("No EU country other than Hungary backed the draft.", []),
        ("Hungary rejected the draft without the EU.", []),
        ("Peru backed the draft apart from Chile.", []),
        ("The EU and Hungary rejected the draft.", []),
    ],
)
def test_mention_that_only_leaves_a_country_out_says_nothing_of_it(text: str, left_out: list[str]) -> None:
    mentions = CountryFinder.load().find_mentions(text)

    assert [mention.country for mention in find_left_out(text, 0, mentions)] == left_out
