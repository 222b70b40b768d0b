import pytest

from models.errors import DataError
from serve.figures import Row
from serve.roll_calls import compare_votes, read_roll_calls

VOTES = """undl_id,ms_code,ms_name,ms_vote,date,session,resolution,title
1,NOR,NORWAY,Y,2026-01-20,80,A/RES/80/7,Protection of deep-sea fish stocks : resolution
1,PER,PERU,N,2026-01-20,80,A/RES/80/7,Protection of deep-sea fish stocks : resolution
1,TCD,CHAD,X,2026-01-20,80,A/RES/80/7,Protection of deep-sea fish stocks : resolution
2,NOR,NORWAY,A,2026-01-21,80,A/RES/80/8,Cloud seeding near borders : resolution
"""


@pytest.fixture
def calls(tmp_path):
    (tmp_path / "votes.csv").write_text(VOTES)
    return read_roll_calls(tmp_path / "votes.csv")


def compare(calls, country="NOR", stance="support", text="the plan", title="", date="2026-01-02"):
    row = Row(
        article="a", title=title, date=date, proposal="k", proposal_text=text, country=country, name="", stance=stance,
        confidence=0.9, evidence="",
    )  # fmt: skip
    return [cells[0:1] + cells[5:7] + cells[8:] for cells in compare_votes([row], calls).rows]


def test_votes_are_read_by_resolution(calls):
    assert [(call.resolution, call.day, dict(call.votes)) for call in calls] == [
        ("A/RES/80/7", "2026-01-20", {"NOR": "support", "PER": "oppose"}),
        ("A/RES/80/8", "2026-01-21", {"NOR": "abstain"}),
    ]


@pytest.mark.parametrize(
    "text", ["resolution 80/7", "the draft of A/RES/80/7", "the protection of deep-sea fish stocks"]
)
def test_label_is_compared_with_the_vote_on_the_resolution_that_it_names(calls, text):
    assert compare(calls, text=text) == [["A/RES/80/7", "support", "support", True]]
    assert compare(calls, text=text, country="PER") == [["A/RES/80/7", "support", "oppose", False]]


def test_title_may_name_the_resolution(calls):
    assert compare(calls, title="Assembly adopts resolution 80/8") == [["A/RES/80/8", "support", "abstain", False]]


@pytest.mark.parametrize(
    "case",
    [
        {"text": "fish stocks"},
        {"text": "the protection of deep-sea fish stocks", "date": "2025-01-02"},
        {"text": "the protection of deep-sea fish stocks", "date": ""},
        {"text": "resolution 80/9"},
        {"text": "resolution 80/7", "country": "TCD"},
    ],
)
def test_what_does_not_match_for_certain_is_left_out(calls, case):
    assert compare(calls, **case) == []


def test_other_table_is_refused_with_the_columns_that_it_needs(tmp_path):
    (tmp_path / "votes.csv").write_text("country,vote\nNorway,yes\n")
    with pytest.raises(DataError, match="expected the columns ms_code, ms_vote, date, resolution, title"):
        read_roll_calls(tmp_path / "votes.csv")
