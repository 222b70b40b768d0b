"""Texts come out of clones by their hash, from older versions too. All texts here are invented."""

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from models.errors import DataError
from training.annotations import ANNOTATIONS, hash_text, read_rows, read_texts, source_of
from training.gather import Gathered, gather
from training.sources import RULES

ARTICLES = "ramybaly/Article-Bias-Prediction"
TABLE = "vanatteveldt/wikinews"


def make_row(identifier: str, repository: str, path: str, text: str) -> dict:
    source = {"repository": repository, "path": path}
    return {"id": identifier, "source": source, "sha256": hash_text(text), "proposals": [], "stances": []}


def write_article(clone: Path, name: str, text: str) -> None:
    clone.mkdir(parents=True, exist_ok=True)
    (clone / name).write_text(json.dumps({"title": "Kelp", "content_original": text}), encoding="utf-8")


@pytest.fixture
def annotate(tmp_path):
    """Write annotations, give their folder."""

    def write(*rows: dict) -> Path:
        folder = tmp_path / "annotations"
        folder.mkdir()
        (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return folder

    return write


def test_annotated_texts_of_a_clone_are_written_and_the_rest_is_told(annotate, tmp_path):
    clone = tmp_path / "clones" / "Article-Bias-Prediction"
    write_article(clone, "1.json", "Peru backs it. ")
    write_article(clone, "2.json", "Chile changed it.")
    (clone / "4.json").write_text("no JSON", encoding="utf-8")
    rows = [
        make_row("as-1", ARTICLES, "1.json", "Peru backs it."),
        make_row("as-2", ARTICLES, "2.json", "Chile wrote it."),
        make_row("as-3", ARTICLES, "3.json", "Tonga has no file."),
        make_row("as-4", ARTICLES, "4.json", "Fiji's file is broken."),
        make_row("wn-1", TABLE, "t.csv", "Not cloned."),
        make_row("pol-1", "nobody/knows", "x.md", "No rule."),
    ]

    sources = gather(tmp_path / "clones", tmp_path / "texts", annotate(*rows))

    assert sources == [
        Gathered("as", ARTICLES, 4, 1, "3 not in the clone: fetch by hand"),
        Gathered("wn", TABLE, 1, 0, f"no clone in {str(tmp_path / 'clones' / 'wikinews')!r}"),
        Gathered("pol", "nobody/knows", 1, 0, "not gathered: fetch by hand"),
    ]
    assert read_texts(tmp_path / "texts") == {rows[0]["sha256"]: {"title": "Kelp", "text": "Peru backs it."}}


def test_several_texts_of_a_file_are_found_without_their_neighbours(annotate, tmp_path):
    clone = tmp_path / "clones" / "wikinews"
    clone.mkdir(parents=True)
    (clone / "t.csv").write_text("title,text\na,Peru.\nb,Chile.\nc,Tonga.\n", encoding="utf-8")
    rows = [make_row("wn-1", TABLE, "t.csv", "Peru."), make_row("wn-2", TABLE, "t.csv", "Tonga.")]

    (source,) = gather(tmp_path / "clones", tmp_path / "texts", annotate(*rows))

    assert (source.found, source.advice) == (2, "")
    assert [record["title"] for record in read_texts(tmp_path / "texts").values()] == ["a", "c"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_text_that_was_changed_or_moved_since_is_found_in_the_history(annotate, tmp_path):
    clone = tmp_path / "clones" / "Article-Bias-Prediction"

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(clone), *who, *arguments], check=True, capture_output=True)

    write_article(clone, "1.json", "Peru backs it.")
    write_article(clone, "[2] %.json", "Chile does not.")
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    write_article(clone, "1.json", "Peru backed it.")
    git("mv", "[2] %.json", "2.json")
    git("commit", "-am", "second")
    rows = [
        make_row("as-1", ARTICLES, "1.json", "Peru backs it."),
        make_row("as-2", ARTICLES, "[2] %.json", "Chile does not."),
        make_row("as-3", ARTICLES, "1.json", "Never there."),
    ]

    (source,) = gather(tmp_path / "clones", tmp_path / "texts", annotate(*rows))

    assert (source.found, source.advice) == (2, "1 not in the clone: fetch by hand")


def test_folder_with_something_in_it_is_left_alone(annotate, tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "mine.txt").write_text("mine", encoding="utf-8")
    folder = annotate(make_row("as-1", ARTICLES, "1.json", "Peru."))

    with pytest.raises(DataError, match=r"texts' is not empty: name a new folder"):
        gather(tmp_path, tmp_path / "texts", folder)
    with pytest.raises(DataError, match="can't make the folder"):
        gather(tmp_path, tmp_path / "texts" / "mine.txt", folder)


def test_documentation_names_every_source_and_how_to_clone_it():
    page = (Path(__file__).parents[2] / "docs" / "corpus.md").read_text(encoding="utf-8")
    rows = [row for path in ANNOTATIONS.glob("*.jsonl") for row in read_rows(path)]
    table = re.findall(r"^\| `(\w+)` \| (\d+) \| (\S+) \|", page, flags=re.MULTILINE)

    assert Counter({(source, repository): int(texts) for source, texts, repository in table}) == Counter(
        (source_of(row), row["source"]["repository"]) for row in rows
    )
    assert set(re.findall(r"git clone https://github\.com/(\S+)", page)) == set(RULES)
