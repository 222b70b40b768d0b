"""The written corpus: what is read from it, and how its faults are told."""

import re
from pathlib import Path

import pytest

from models.annotations import AnnotatedProposal, AnnotatedStance
from models.corpus import check_corpus, parse_block, read_corpus
from models.errors import DataError
from models.schema import Span, Stance

SHIPPED = Path(__file__).parents[2] / "training" / "corpus"

BLOCK = """
# title: Two sides on the kelp levy
# date: 2031-04-05
# style: wire
# p1: a levy on kelp
# p2: delay of the levy
# main: p2

{FJI p1+ p2-|Fiji} backed [p1|a levy
on  {TON|Tongan} kelp].

{G77 p1=|The group} sat out [p1|the vote];  [p2|a delay] displeased {FJI p2-|Suva}.
"""
TEXT = "Fiji backed a levy on Tongan kelp.\n\nThe group sat out the vote; a delay displeased Suva."


def write(folder: Path, text: str, name: str = "pack.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_block_gives_its_headers_and_plain_text() -> None:
    text = parse_block(BLOCK, "kelp-0001")

    assert (text.id, text.title, text.date) == ("kelp-0001", "Two sides on the kelp levy", "2031-04-05")
    assert (text.style, text.text) == ("wire", TEXT)


def test_mentions_lie_at_the_words_in_the_order_of_the_text() -> None:
    text = parse_block(BLOCK, "kelp-0001")

    assert text.mentions == (
        (Span(0, 4), "FJI"),
        (Span(22, 28), "TON"),
        (Span(36, 45), "G77"),
        (Span(83, 87), "FJI"),
    )
    assert [TEXT[span.start : span.end] for span, _ in text.mentions] == ["Fiji", "Tongan", "The group", "Suva"]


def test_proposals_have_their_mentions_and_one_is_main() -> None:
    assert parse_block(BLOCK, "kelp-0001").proposals == (
        AnnotatedProposal(id="p1", description="a levy on kelp", main=False, mentions=(Span(12, 33), Span(54, 62))),
        AnnotatedProposal(id="p2", description="delay of the levy", main=True, mentions=(Span(64, 71),)),
    )


def test_stances_have_the_mentions_that_show_them() -> None:
    assert parse_block(BLOCK, "kelp-0001").stances == (
        AnnotatedStance(country="FJI", proposal="p1", stance=Stance.SUPPORT, evidence=(Span(0, 4),)),
        AnnotatedStance(country="FJI", proposal="p2", stance=Stance.OPPOSE, evidence=(Span(0, 4), Span(83, 87))),
        AnnotatedStance(country="G77", proposal="p1", stance=Stance.ABSTAIN, evidence=(Span(36, 45),)),
    )


def test_first_proposal_is_main_and_empty_headers_are_none() -> None:
    text = parse_block("# title:\n# p1: a ban\n# p2: a fee\nOn [p1|the ban] and [p2|the fee] all slept.", "x")

    assert [proposal.main for proposal in text.proposals] == [True, False]
    assert (text.title, text.date, text.style) == (None, None, None)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            "# p1: x\n[p1|It]\n\nand {FJI p1*|Fiji}",
            "x line 4: unknown stance tag 'p1*'; expected p1+ (support), p1- (oppose) or",
        ),
        ("# p1: x\n[p1|It] and\n{FJI against|Fiji}", "x line 3: unknown stance tag 'against'; expected p1+"),
        ("# p1: x\n[p1|It] {Fiji p1+|Fiji}", "x line 2: unknown country code 'Fiji'; expected ISO 3166-1 alpha-3 or"),
        ("# p1: x\n[p1|It] {FJI p2+|Fiji}", "x line 2: 'p2' is not declared; expected p1"),
        ("[p1|It] failed", "x line 1: 'p1' is not declared; expected a header '# p1: ...'"),
        ("# p1: x\n# p2: y\n[p1|It]", "x line 2: p2 is declared but never mentioned; expected [p2|words]"),
        ("# p1: x\n# main: p3\n[p1|It]", "x line 2: main 'p3' is not declared; expected p1"),
        (
            "# p1: x\n[p1|It] {FJI p1+|A}\n{FJI p1-|B}",
            "x line 3: FJI is tagged both support and oppose on p1; expected one",
        ),
        ("# p1: x\n# p1: y\n[p1|It]", "x line 2: header 'p1' stands twice"),
        ("# titel: x\nWords", "x line 1: unknown header 'titel'; expected one of title, date, style, main, p1"),
        ("# title: x\n\n", "x line 1: no text after the headers"),
        ("One\ntwo\n{FJI Fiji", "x line 3: no '|' after '{' near"),
        ("One\n{FJI|Fiji\ntwo", "x line 2: {FJI| is never closed"),
        ("One\n{FJI|Fiji]", "x line 2: ']' closes nothing near"),
        ("One\n\ntwo}", "x line 3: '}' closes nothing near"),
        ("One | two", "x line 1: stray '|' near"),
        ("One {FJI|} two", "x line 1: empty mention near"),
        ("One {|Fiji} two", "x line 1: empty mention near"),
    ],
)
def test_fault_names_the_line_what_was_seen_and_what_is_expected(block: str, message: str) -> None:
    with pytest.raises(DataError, match="^" + re.escape(message)):
        parse_block(block, "x")


def test_unknown_code_is_a_fault_only_where_the_known_ones_are_given() -> None:
    block = "# p1: x\n[p1|It] pleased {FJX p1+|Fiji} and {TON|Tonga}."

    assert parse_block(block, "x").mentions[0][1] == "FJX"
    with pytest.raises(DataError, match="x line 2: unknown country code 'FJX'"):
        parse_block(block, "x", known_codes={"FJI", "TON"})


def test_blocks_of_a_file_are_numbered_and_empty_ones_skipped(tmp_path: Path) -> None:
    path = write(tmp_path, "---\nOne.\r\n--- \r\n\r\n---\r\nTwo\r\nlines.\r\n")

    assert [(text.id, text.text) for text in read_corpus(path)] == [("pack-0001", "One."), ("pack-0002", "Two lines.")]


def test_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "notes.md"):
        write(tmp_path, f"From {name}.", name)

    assert [text.text for text in read_corpus(tmp_path)] == ["From a.txt.", "From b.txt."]
    assert [text.text for text in read_corpus([tmp_path / "b.txt"])] == ["From b.txt."]


def test_fault_in_a_file_names_file_block_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, "One.\n---\n# p1: x\n[p1|It]\n{FJI p1?|Fiji}\n")

    with pytest.raises(DataError, match=r"^pack.txt block 2 line 5: unknown stance tag 'p1\?'; expected p1\+"):
        read_corpus(path)


def test_check_lists_every_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "{FJI p1*|Fiji} [p2|it]\n---\nOne.\n---\n{FJI|Fiji\n")

    assert check_corpus([path]) == [
        "pack.txt block 1 line 1: unknown stance tag 'p1*'; expected p1+ (support), p1- (oppose) or p1= (abstain)",
        "pack.txt block 1 line 1: 'p2' is not declared; expected a header '# p1: ...'",
        "pack.txt block 3 line 5: {FJI| is never closed",
    ]


def test_check_goes_on_after_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    (tmp_path / "b.txt").write_text("{FJI|Fiji\n", encoding="utf-8")

    first, second = check_corpus(tmp_path)

    assert first.startswith("a.txt is not UTF-8 (byte 3)")
    assert second == "b.txt block 1 line 1: {FJI| is never closed"


def test_what_can_not_be_read_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "empty").mkdir()

    with pytest.raises(DataError, match=r"latin.txt is not UTF-8 \(byte 3\)"):
        read_corpus(tmp_path / "latin.txt")
    with pytest.raises(DataError, match=r"can't read .*gone\.txt: No such file"):
        read_corpus(tmp_path / "gone.txt")
    with pytest.raises(DataError, match=r"no \.txt file in .*empty"):
        read_corpus(tmp_path / "empty")


def test_shipped_corpus_has_no_faults_and_every_span_has_words() -> None:
    texts = read_corpus(SHIPPED)

    assert check_corpus(SHIPPED) == []
    assert len({text.id for text in texts}) == len(texts) >= 621
    for text in texts:
        spans = [span for span, _ in text.mentions] + [span for p in text.proposals for span in p.mentions]
        assert all(text.text[span.start : span.end].strip() for span in spans)
        assert {span for s in text.stances for span in s.evidence} <= {span for span, _ in text.mentions}
        assert "\n" not in text.text.replace("\n\n", "")
