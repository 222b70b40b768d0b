"""Sentences: where they end, where they don't, and that their offsets hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sentences import MAX_SENTENCE_CHARACTERS, split_sentences


def sentences_of(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


def test_offsets_are_code_points_into_the_text_as_given() -> None:
    assert split_sentences("  Fiji agreed 🎉.\r\n\r\nCafe\u0301s closed. ") == [(2, 16), (20, 34)]


@pytest.mark.parametrize("text", ["", " ", "\r\n\r\n", "\u2003\t\x0c"])
def test_text_without_words_has_no_sentences(text: str) -> None:
    assert split_sentences(text) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Envoys of the U.S. President Ann Doe met Gen. Ito and Sen. Bo Lee.",
        "Talks began on Oct. 3 and ended at 9 a.m. Monday under art. 5 of annex No. 12.",
        "The fee rises by 3.5 percent, said J. B. Moreau of Tin Corp. Europe.",
        "Then-Gov. Rossi and Mr. Okafor (see para. 4.2(a) of FCCC/XX/9.Add.1) agreed.",
        "The D.C. Council, e.g. Mrs. Poe, met at St. Anne's at 10 p.m. GMT.",
        "He waited... and waited … and left.",
        "“Will it pass?” she asked.",
        "The ban! quipped one envoy.",
        "The portal of example.org and v1.2.3 stayed open.",
    ],
)
def test_stop_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    assert sentences_of(sentence) == [sentence]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Mali voted yes.", "Chad did not!", "Why?", "No one said."],
        ["They flew to the U.S.", "The treaty waited."],
        ["It closed at 5 p.m.", "Norway left."],
        ["Asked twice, he said no.", "Peru agreed."],
        ["“We will sign.”", "Laos then signed."],
        ['"We will sign."', '"When?"', "(Nobody knew.)", "[It rained.]", "'So be it.'", "Oman left."],
        ["Nobody spoke. . . .", "Then all did ..."],
        ["The list went on...", "It never ended."],
        ["1. The fund grows.", "2. The levy ends.", "It takes 30 days."],
        ["AUSTRALIA, with the EU, opposed para. 7 (finance).", "G-77/CHINA deferred."],
        ["It hired Tin Inc.", "It fired Lead Ltd."],
    ],
)
def test_each_sentence_ends_at_its_stop_with_the_quotes_and_brackets_that_close_after_it(sentences: list[str]) -> None:
    assert sentences_of(" ".join(sentences)) == sentences


def test_lost_space_after_a_stop_is_a_boundary_but_a_web_address_is_not() -> None:
    assert sentences_of("The bloc voted.The ban “passed.”Nobody left Example.Com there.") == [
        "The bloc voted.",
        "The ban “passed.”",
        "Nobody left Example.Com there.",
    ]


def test_full_width_stops_need_no_space() -> None:
    assert sentences_of("日本は賛成した。中国は棄権した。") == ["日本は賛成した。", "中国は棄権した。"]


def test_arabic_question_mark_ends_a_sentence() -> None:
    assert sentences_of("هل صوتت مصر؟ نعم صوتت.") == ["هل صوتت مصر؟", "نعم صوتت."]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_blank_line_ends_a_sentence_without_a_stop(newline: str) -> None:
    assert sentences_of(newline.join(["Fee vote put off", "", "by two weeks", " ", "at least"])) == [
        "Fee vote put off",
        "by two weeks",
        "at least",
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_hard_wrapped_lines_go_on_while_the_headline_above_them_ends(newline: str) -> None:
    lines = [
        "Levy on cargo ships fails",
        "Delegates of the harbour union turned down a levy on cargo ships on",
        "Friday after the envoy of Kenya and her colleague from the U.S.",
        "President's office could not agree. A second vote is planned for the",
        "spring.",
    ]
    assert sentences_of(newline.join(lines)) == [
        lines[0],
        newline.join([*lines[1:3], "President's office could not agree."]),
        newline.join(["A second vote is planned for the", "spring."]),
    ]


def test_newline_ends_a_paragraph_of_one_long_line() -> None:
    first = (
        "The assembly, which had met through the night to settle the quarrel, put the matter of the fee aside until "
        "the harbour masters, who are not bound by it, report on what it costs the U.S."
    )
    assert sentences_of(f"{first}\nPresident Doe stayed away") == [first, "President Doe stayed away"]


def test_short_lines_and_bullets_are_sentences_of_their_own() -> None:
    assert sentences_of("In favour:\nMalta\nNepal\n- Samoa\n- Tonga, which\nhesitated") == [
        "In favour:",
        "Malta",
        "Nepal",
        "- Samoa",
        "- Tonga, which\nhesitated",
    ]


@pytest.mark.parametrize(("mark", "kept"), [("; ", ";"), (", ", ","), (" ", "")])
def test_too_long_sentence_is_cut_at_the_strongest_mark_that_fits(mark: str, kept: str) -> None:
    head, tail = "x" * 400, "y" * 400
    assert sentences_of(f"{head}{mark}{tail}.") == [head + kept, tail + "."]


def test_word_longer_than_a_sentence_may_be_is_cut() -> None:
    assert split_sentences("x" * 1300) == [(0, 600), (600, 1200), (1200, 1300)]


def test_sentence_of_the_greatest_length_is_not_cut() -> None:
    sentence = "a " * 299 + "b."
    assert len(sentence) == MAX_SENTENCE_CHARACTERS
    assert sentences_of(sentence) == [sentence]


_PIECES = [*'A3.!"”();é🎉。 \n\t', "U.S", "no", "Mr", "...", "\r\n", ", ", "word " * 130, "x" * 700]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join) | st.text())
def test_sentences_are_ordered_trimmed_bounded_and_cover_every_character(text: str) -> None:
    spans = split_sentences(text)
    places = [place for start, end in spans for place in range(start, end)]

    assert all(0 < end - start <= MAX_SENTENCE_CHARACTERS for start, end in spans)
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    assert places == sorted(set(places))
    assert {place for place, character in enumerate(text) if not character.isspace()} <= set(places)


@pytest.mark.parametrize("piece", [".", "\n", " ", '"', "(", '!" ', "A. ", ". \n", "ab.Cd", "- \n", "{_", "x"])
def test_long_runs_of_one_piece_come_to_an_end(piece: str) -> None:
    text = piece * (500_000 // len(piece))  # hours where a pattern is quadratic
    assert all(0 <= start < end <= len(text) for start, end in split_sentences(text))
