"""A labeller without a network: it finds Norway, and Norway opposes a ban."""

import io
import sys
from dataclasses import dataclass, field
from types import ModuleType

import pytest

from models.errors import CheckpointError, DataError
from models.schema import Article, Labels, Mention, Proposal, Span, Stance, StanceRow
from serve import cli


@dataclass
class StubLabeller:
    seen: list[Article] = field(default_factory=list)

    def label(self, article: Article) -> Labels:
        if "unlabellable" in article.text:
            raise DataError("this text is unlabellable: write another")
        self.seen.append(article)
        return make_labels(article)

    def info(self):
        return {"name": "stub", "version": "0", "runtime": {"threads": 2}}


def make_labels(article: Article) -> Labels:
    texts = article.proposals or ("the fishing ban",)
    proposals = [
        Proposal(id=f"p{n}", text=text, main=n == 1, given=article.proposals is not None)
        for n, text in enumerate(texts, 1)
    ]
    found = article.text.find("Norway")
    if found < 0:
        return Labels(article=article, id=article.id or "a1", proposals=tuple(proposals), stances=())
    return Labels(
        article=article,
        id=article.id or "a1",
        proposals=tuple(proposals),
        stances=(
            StanceRow(
                country="NOR",
                name="Norway",
                proposal="p1",
                stance=Stance.OPPOSE,
                confidence=0.9,
                scores=(0.05, 0.03, 0.9, 0.02),
                evidence=(Span(0, len(article.text)),),
            ),
        ),
        countries={"NOR": (Mention(Span(found, found + 6), "NOR", "name"),)},
        country_names={"NOR": "Norway"},
    )


@pytest.fixture(name="make_labels")
def _make_labels():
    return make_labels


@pytest.fixture
def labeller(monkeypatch) -> StubLabeller:
    """Put the stub where the command finds its labeller."""
    stub = StubLabeller()

    class Labeller:
        @classmethod
        def load(cls, path=None):
            if path is not None and not path.exists():
                raise CheckpointError(f"no checkpoint in {str(path)!r}:\nname another folder")
            return stub

    module = ModuleType("models.labeller")
    module.Labeller = Labeller
    monkeypatch.setitem(sys.modules, "models.labeller", module)
    return stub


@pytest.fixture
def stance(monkeypatch, capsys, tmp_path):
    """Run the command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b""):
        monkeypatch.setattr(sys, "argv", ["stance", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return run
