import gzip
from pathlib import Path

import pytest
from backports import zstd

from models.errors import DataError
from serve.sources import MissingFileError, Source, find_sources, hash_sources, open_source

FORMS = {".txt": "text", ".html": "html", ".jsonl": "lines", ".json": "json", ".csv": "csv", ".tsv": "tsv"}


@pytest.mark.parametrize("suffix", FORMS)
@pytest.mark.parametrize("compression", ["", ".gz", ".zst"])
def test_suffixes_tell_format_and_compression(tmp_path, suffix, compression):
    path = tmp_path / f"news.2026{suffix}{compression}"
    path.touch()
    assert find_sources([path]) == [Source(path, "news.2026", FORMS[suffix], compression or None)]


@pytest.mark.parametrize(("suffix", "compress"), [("", bytes), (".gz", gzip.compress), (".zst", zstd.compress)])
def test_compressed_file_gives_its_content_and_counts_its_own_bytes(tmp_path, suffix, compress):
    path, data = tmp_path / f"a.txt{suffix}", b"Norway voted.\n" * 5000
    path.write_bytes(compress(data))
    counted = []
    (source,) = find_sources([path])
    with open_source(source, counted.append) as file:
        assert file.peek(6)[:6] == b"Norway"
        assert file.read() == data
    assert sum(counted) == path.stat().st_size


def test_two_frames_one_after_another_are_both_read(tmp_path):
    (tmp_path / "a.txt.zst").write_bytes(zstd.compress(b"one ") + zstd.compress(b"two"))
    with open_source(*find_sources([tmp_path / "a.txt.zst"])) as file:
        assert file.read() == b"one two"


def test_glob_is_sorted_and_named_by_the_path_below_its_fixed_part(tmp_path):
    for name in ("b/2.txt", "a/1.txt", "a/.hidden.txt", "a/x.pdf", "a/3.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [source.name for source in find_sources([tmp_path / "**" / "*.txt"])] == ["a/1", "b/2"]
    with pytest.raises(MissingFileError, match="file in the glob"):
        find_sources([tmp_path / "*.csv"])


def test_file_whose_name_looks_like_a_glob_is_that_file(tmp_path):
    (tmp_path / "vote [1].txt").touch()
    assert [source.name for source in find_sources([tmp_path / "vote [1].txt"])] == ["vote [1]"]


@pytest.mark.parametrize("name", ["a.pdf", "a.pdf.gz", "a.parquet.gz"])
def test_what_can_not_be_read_is_refused_by_name(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=name):
        find_sources([tmp_path / name])


def test_hash_changes_with_content_name_and_number(tmp_path):
    (tmp_path / "a.txt").write_text("Norway")
    (tmp_path / "b.txt").write_text("Norway")
    both = hash_sources(find_sources([tmp_path]))
    one = hash_sources(find_sources([tmp_path / "a.txt"]))
    other = hash_sources(find_sources([tmp_path / "b.txt"]))
    (tmp_path / "a.txt").write_text("Norwax")
    assert (both["files"], both["bytes"]) == (2, 12)
    assert len({h["sha256"] for h in (both, one, other, hash_sources(find_sources([tmp_path / "a.txt"])))}) == 4


def test_standard_input_has_no_hash():
    assert hash_sources([*find_sources([Path("-")])]) is None
