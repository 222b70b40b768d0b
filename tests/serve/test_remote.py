"""Files named by URIs: those of this machine (`file://`, pyarrow's own) and in memory (fsspec's)."""

import gzip
import json

import pytest

from models.errors import DataError
from serve.articles import read_articles
from serve.sources import MissingFileError, count_bytes, find_sources, hash_sources

pytest.importorskip("pyarrow")
LINE = b'{"text": "Norway voted no."}\n'


@pytest.fixture
def folder(tmp_path):
    """A folder with files that need decoding in their URIs, hidden ones and ones that can't be read."""
    for name, data in {
        "b/50% #1?.txt": b"Norway voted no.",
        "a.jsonl.gz": gzip.compress(2 * LINE),
        ".hidden/x.txt": b"no",
        "x.pdf": b"no",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_folder_of_a_uri_reads_as_the_same_folder_by_its_path(folder):
    here, there = find_sources([folder]), find_sources([folder.as_uri()])
    assert [(s.name, s.format, s.compression) for s in there] == [(s.name, s.format, s.compression) for s in here]
    assert list(read_articles(there)) == list(read_articles(here))
    assert count_bytes(there) == count_bytes(here)


def test_file_of_a_uri_is_known_by_its_name(folder):
    (source,) = find_sources([(folder / "b" / "50% #1?.txt").as_uri()])
    assert (source.name, source.format) == ("50% #1?", "text")


def test_parquet_of_a_uri_is_read(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    parquet.write_table(pyarrow.Table.from_pylist([{"id": "a", "text": "Norway."}]), tmp_path / "v.parquet")
    (item,) = read_articles(find_sources([(tmp_path / "v.parquet").as_uri()]))
    assert (item.article.id, item.article.text) == ("a", "Norway.")


def test_file_systems_beyond_pyarrow_are_those_of_fsspec():
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe("/news/a.jsonl", LINE)
    (item,) = read_articles(find_sources(["memory://news"]))
    assert item.article.text == "Norway voted no."


@pytest.mark.parametrize(("uri", "kind"), [("file:///no/such", MissingFileError), ("nowhere://a/b", DataError)])
def test_uri_that_can_not_be_read_is_one_line(uri, kind):
    with pytest.raises(kind, match=uri):
        find_sources([uri])


def test_changed_file_has_another_hash(folder):
    before = hash_sources(find_sources([folder.as_uri()]))
    assert hash_sources(find_sources([folder.as_uri()])) == before
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(3 * LINE))
    assert hash_sources(find_sources([folder.as_uri()])) != before


def test_uri_in_and_out(stance, labeller, folder):
    source, target = (folder / "a.jsonl.gz").as_uri(), (folder / "b" / "labels.jsonl").as_uri()
    assert stance("label", source, "-o", target) == (0, "", "")
    rows = [json.loads(line) for line in (folder / "b" / "labels.jsonl").read_text().splitlines()]
    assert [row["stances"][0]["country"] for row in rows] == ["NOR", "NOR"]
    code, _, err = stance("label", source, "-o", target)
    assert (code, err) == (1, f"error: {target!r} exists: choose another name, or replace it with --force\n")
    (folder / "b" / "labels.jsonl").write_text("old")
    assert stance("label", source, "-o", target, "--resume")[0] == 0
    assert len((folder / "b" / "labels.jsonl").read_text().splitlines()) == 2


def test_uri_of_a_folder_is_no_output(stance, labeller, folder):
    code, _, err = stance("label", (folder / "a.jsonl.gz").as_uri(), "-o", f"{folder.as_uri()}/")
    assert (code, "names no file" in err) == (1, True)
