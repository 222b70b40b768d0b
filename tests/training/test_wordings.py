"""Other wordings: the shipped ones fit the corpus, faults are named."""

import pytest

from models.corpus import read_corpus
from models.errors import DataError
from training.annotations import ANNOTATIONS, read_rows
from training.inventory import CORPUS
from training.wordings import Wordings, read_wordings


def test_shipped_wordings_belong_to_proposals_of_the_corpus_and_say_something_else() -> None:
    described = {proposal.description for text in read_corpus(CORPUS) for proposal in text.proposals}
    for path in sorted(ANNOTATIONS.glob("*.jsonl")):
        described |= {proposal["description"] for row in read_rows(path) for proposal in row["proposals"]}

    wordings = read_wordings()

    assert len(wordings) > 1000
    assert wordings.keys() <= described
    for description, others in wordings.items():
        texts = [description, *others.same, *([others.opposite] if others.opposite else [])]
        assert len({text.casefold() for text in texts}) == len(texts), description
        assert all(text.strip() == text and text for text in texts), description


def test_wordings_are_read_by_description(tmp_path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text('{"description": "a levy", "same": ["a fee"], "opposite": null}\n', encoding="utf-8")

    assert read_wordings(path) == {"a levy": Wordings(("a fee",), None)}


@pytest.mark.parametrize("line", ["{", '{"description": "a levy"}', "[]"])
def test_line_that_is_no_wording_is_named(tmp_path, line: str) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text('{"description": "a levy", "same": [], "opposite": null}\n' + line, encoding="utf-8")

    with pytest.raises(DataError, match=r"w\.jsonl line 2: expected an object"):
        read_wordings(path)
