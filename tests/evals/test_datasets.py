"""Data sets by name: what a checkpoint has not seen, and texts about one event."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from evals import datasets
from models.annotations import AnnotatedProposal
from models.errors import DataError


def about(text, number: int, words: str):
    proposal = AnnotatedProposal(id="g1", description=words, main=True, mentions=())
    return replace(text, id=f"pack-{number:04d}", proposals=(proposal,), stances=())


@pytest.fixture
def corpus(make_text, monkeypatch):
    """Three texts; the first two are about one event; the checkpoint has held out the second and the third."""
    described = ["resolution on river dams", "Council resolution on river dams", "treaty about whale songs"]
    texts = [about(make_text(n, {}), n, words) for n, words in enumerate(described)]
    monkeypatch.setattr(datasets, "read_written", lambda: texts)
    checkpoint = SimpleNamespace(config={"data": {"held_out": ["pack-0001", "pack-0002"]}})
    monkeypatch.setattr(datasets, "open_checkpoint", lambda path: checkpoint)
    return texts


def test_written_corpus_is_what_the_checkpoint_held_out(corpus):
    assert [text.id for text in datasets.read_texts("written")] == ["pack-0001", "pack-0002"]


def test_events_that_were_trained_on_are_left_out(corpus):
    assert datasets.group_events(corpus)[0] == datasets.group_events(corpus)[1]
    assert [text.id for text in datasets.read_texts("written-events")] == ["pack-0002"]


def test_data_set_without_a_text_is_refused(corpus, monkeypatch):
    monkeypatch.setattr(datasets, "open_checkpoint", lambda path: SimpleNamespace(config={}))
    with pytest.raises(DataError, match="'written' has no text to measure on"):
        datasets.read_texts("written")


def test_hash_tells_data_apart(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    assert datasets.hash_data(tmp_path / "a") != datasets.hash_data(tmp_path / "b")
    assert len(datasets.hash_data("written")) == 64


def test_nothing_of_evals_needs_torch_to_be_imported():
    root = Path(__file__).parents[2]
    modules = [".".join(p.relative_to(root).with_suffix("").parts) for p in sorted((root / "evals").rglob("*.py"))]
    code = f"import sys, {', '.join(modules)}; print({{'torch', 'transformers'}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
