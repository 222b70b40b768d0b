"""What the corpus holds, and its texts as one file."""

import json
from pathlib import Path

import pytest

from models.annotations import read_annotated
from models.corpus import read_corpus
from models.errors import DataError
from training.annotations import strip_words
from training.inventory import check, convert, count, describe_missing, find_files, remove_words

WRITTEN = """# style: wire
# p1: a levy on kelp
# main: p1
{PER p1+|Peru} backed [p1|the kelp levy] on Friday.
---
# p1: a seal quota
{NOR p1-|Norway} opposed [p1|the quota].
"""
ARTICLE = {
    "id": "as-1",
    "source": {"repository": "somebody/news", "path": "a.json"},
    "title": "Levy divides the coast",
    "date": "2031-02-03",
    "text": "Peru backed the levy.",
    "proposals": [{"id": "p1", "description": "tax on kelp", "main": True, "mentions": [{"start": 12, "end": 20}]}],
    "stances": [{"country": "PER", "proposal": "p1", "stance": "support", "evidence": [{"start": 0, "end": 21}]}],
    "readings": 1,
}
OTHER = {**ARTICLE, "id": "wh-1", "text": "Peru backed the levy again."}


def write_lines(path: Path, *rows: dict) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def corpus(tmp_path) -> Path:
    """A folder with two written texts and two rows without words; the text of the first row is in `texts`."""
    folder = tmp_path / "corpus"
    write_lines(folder / "rows.jsonl", strip_words(ARTICLE), strip_words(OTHER))
    (folder / "pack.txt").write_text(WRITTEN, encoding="utf-8")
    write_lines(tmp_path / "texts" / "a.jsonl", {"title": ARTICLE["title"], "text": ARTICLE["text"]})
    return folder


def test_shipped_corpus_is_clean_and_is_what_is_checked_without_paths():
    report = check([])
    assert report["faults"] == []
    assert report["written"] >= 23
    assert report["annotations"] >= 2


def test_check_says_which_texts_are_found_and_missing(corpus, tmp_path):
    assert check([corpus], tmp_path / "texts") == {
        "written": 1,
        "annotations": 1,
        "faults": [],
        "texts": [
            {"source": "as", "annotated": 1, "found": 1, "missing": ()},
            {"source": "wh", "annotated": 1, "found": 0, "missing": ("wh-1",)},
        ],
    }


def test_check_lists_the_faults_of_both_kinds_with_their_place(corpus, tmp_path):
    (corpus / "pack.txt").write_text("{ZZZ|Nowhere} spoke.\n", encoding="utf-8")
    spoilt = {**strip_words(OTHER), "stances": [{**ARTICLE["stances"][0], "stance": "for"}]}
    write_lines(corpus / "rows.jsonl", strip_words(ARTICLE), spoilt)

    report = check([corpus], tmp_path / "texts")

    first, second = report["faults"]
    assert first.startswith("pack.txt block 1 line 1: unknown country code 'ZZZ'")
    assert second.startswith("rows.jsonl line 2: wh-1: unknown stance 'for'")
    assert [source["found"] for source in report["texts"]] == [1, 0]


def test_check_holds_offsets_against_the_text_where_it_is_there(corpus, tmp_path):
    far = {**strip_words(ARTICLE), "stances": [{**ARTICLE["stances"][0], "evidence": [{"start": 0, "end": 22}]}]}
    path = write_lines(corpus / "rows.jsonl", far)

    assert check([path])["faults"] == []
    (fault,) = check([path], tmp_path / "texts")["faults"]
    assert fault == "rows.jsonl line 1: as-1: span 0..22 does not lie in the text of 21 characters"


def test_counts_are_by_style_and_by_source(corpus):
    rows = {(row["kind"], row["group"]): row for row in count([corpus])}

    assert list(rows) == [
        ("written", "wire"),
        ("written", "no style"),
        ("written", "all"),
        ("annotations", "as"),
        ("annotations", "wh"),
        ("annotations", "all"),
    ]
    assert rows["written", "all"] == {
        "kind": "written",
        "group": "all",
        "texts": 2,
        "without a stance": 0,
        "proposals": 2,
        "countries": 2,
        "stances": 2,
        "support": 1,
        "oppose": 1,
        "abstain": 0,
    }
    assert rows["annotations", "all"]["support"] == 2


def test_annotations_get_their_words_back_and_missing_texts_are_named(corpus, tmp_path):
    conversion = convert([corpus / "rows.jsonl"], tmp_path / "texts")

    assert conversion.articles == (ARTICLE,)
    assert conversion.faults == ()
    assert describe_missing(conversion.missing) == "annotated texts missing and left out: 1 (wh 1)"


def test_written_corpus_is_converted_without_a_loss(corpus, tmp_path):
    conversion = convert([corpus / "pack.txt"], None)
    path = write_lines(tmp_path / "out.jsonl", *conversion.articles)

    converted, written = read_annotated(path), read_corpus(corpus / "pack.txt")
    assert [(t.id, t.style, t.text, t.proposals, t.stances) for t in converted] == [
        (t.id, t.style, t.text, t.proposals, t.stances) for t in written
    ]
    assert conversion.articles[0]["mentions"] == [{"start": 0, "end": 4, "country": "PER"}]


def test_words_are_taken_out_of_what_convert_wrote(corpus, tmp_path):
    articles = convert([corpus / "rows.jsonl"], tmp_path / "texts").articles
    path = write_lines(tmp_path / "out.jsonl", *articles)

    assert remove_words([path]) == [strip_words(ARTICLE)]


def test_conversion_without_texts_says_what_to_do(corpus, tmp_path):
    with pytest.raises(DataError, match=r"rows\.jsonl has no words: name the folder of the texts with --texts"):
        convert([corpus], None)
    write_lines(tmp_path / "others" / "a.jsonl", {"text": "Not one of them."})
    with pytest.raises(DataError, match=r"none of the 2 annotated texts is in .*others'"):
        convert([corpus], tmp_path / "others")
    with pytest.raises(DataError, match=r"pack\.txt is our own text"):
        remove_words([corpus])


def test_files_of_another_kind_and_empty_folders_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.csv' is neither \.txt"):
        find_files([tmp_path / "a.csv"])
    with pytest.raises(DataError, match=r"no \.txt or \.jsonl file in"):
        find_files([tmp_path])
