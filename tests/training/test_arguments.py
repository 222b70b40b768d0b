"""Arguments for and against a motion become annotated texts of debates."""

import pytest

from models.annotations import read_row
from models.countries import CountryFinder
from models.errors import DataError
from models.groups import read_groups
from training.arguments import make_debates, read_arguments

MOTIONS = ("We should ban human cloning", "Homework should be abolished", "We should subsidise trams")
ARGUMENTS = [
    (f"{side} reason number {number} of case {case}", motion, side == "a good")
    for case, motion in enumerate(MOTIONS)
    for side in ("a good", "a bad")
    for number in range(6)
]


@pytest.fixture(scope="module")
def finder():
    return CountryFinder.load()


@pytest.fixture(scope="module")
def debates(finder):
    return list(make_debates(ARGUMENTS, finder, 1))


def write_csv(path, *lines: str, columns: str = "argument,topic,stance,set"):
    path.write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")
    return path


def test_rows_of_the_data_set_are_read_without_stray_marks(tmp_path):
    path = write_csv(
        tmp_path / "a.csv", '" it hurts,  they say. ",We should ban it,1,train', "no need,We should tax it,-1,t"
    )
    assert read_arguments(path) == [
        ("it hurts, they say", "We should ban it", True),
        ("no need", "We should tax it", False),
    ]


def test_missing_column_is_named(tmp_path):
    path = write_csv(tmp_path / "a.csv", "x,y", columns="argument,motion")
    with pytest.raises(DataError, match=r"a\.csv has no column topic, stance; expected argument, topic, stance"):
        read_arguments(path)


@pytest.mark.parametrize("content", [b"argument,topic,stance\nx,y,pro\n", b"argument,topic,stance\n\xff,y,1\n"])
def test_file_that_is_no_such_csv_is_named(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.csv"):
        read_arguments(tmp_path / "a.csv")


def test_one_motion_leaves_nobody_to_speak_on_another(tmp_path):
    with pytest.raises(DataError, match="1 arguments on fewer than two motions"):
        read_arguments(write_csv(tmp_path / "a.csv", "x,We should ban it,1,t"))


def test_groups_send_no_delegates(debates):
    assert not {stance["country"] for text in debates for stance in text["stances"]} & set(read_groups())


def test_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="can't read"):
        read_arguments(tmp_path)


def test_every_argument_is_spoken_once_with_its_own_stance(debates):
    spoken = []
    for debate in debates:
        motion = debate["proposals"][0]["description"]
        for stance in debate["stances"]:
            (span,) = stance["evidence"]
            speech = debate["text"][span["start"] : span["end"]]
            (said,) = [words for words, _, _ in ARGUMENTS if words in speech]
            spoken.append((said, motion, stance["stance"] == "support"))
    assert sorted(spoken) == sorted(ARGUMENTS)


def test_debates_are_annotated_texts_whose_mention_is_the_motion(debates):
    for debate in debates:
        text = read_row(debate)
        (proposal,) = text.proposals
        (mention,) = proposal.mentions
        assert text.text[mention.start : mention.end] == proposal.description
    assert len({debate["id"] for debate in debates}) == len(debates)


def test_speaker_is_found_in_the_evidence_and_nowhere_else(debates, finder):
    for debate in debates:
        mentions = finder.find_mentions(debate["text"])
        for stance in debate["stances"]:
            (span,) = stance["evidence"]
            places = [m.span for m in mentions if m.country == stance["country"]]
            assert [span["start"] <= place.start < span["end"] for place in places] == [True]


def test_delegates_who_speak_on_another_motion_have_no_stance(debates, finder):
    for debate in debates:
        motion = debate["proposals"][0]["description"]
        strangers = [words for words, other, _ in ARGUMENTS if other != motion and words in debate["text"]]
        speakers = {mention.country for mention in finder.find_mentions(debate["text"])}
        assert len(strangers) == 2
        assert len(speakers) == len(debate["stances"]) + 2


def test_seed_decides_the_texts(debates, finder):
    assert list(make_debates(ARGUMENTS, finder, 1)) == debates
    assert list(make_debates(ARGUMENTS, finder, 2)) != debates
