"""Stored answers: what is written comes back, and only one answer per article is scored."""

from dataclasses import replace

import pytest
from pyarrow import parquet

from evals.predictions import ask, check_ids, label_texts, read_predictions, write_predictions
from models.errors import DataError


@pytest.mark.parametrize("is_given", [True, False])
def test_answers_come_back_from_parquet_as_they_were(make_text, make_answer, tmp_path, is_given):
    text = make_text(1, {("NOR", "g1"): "support"})
    labels = make_answer(text, {("NOR", "g1"): ("support", 0.9), ("PER", "g2"): ("abstain", 0.4)}, is_given)
    words = [
        replace(p, text=p.text if is_given else text.text[p.mentions[0].start : p.mentions[0].end])
        for p in labels.proposals
    ]
    labels = replace(labels, proposals=tuple(words))
    write_predictions(tmp_path / "p.parquet", [labels])

    assert read_predictions(tmp_path / "p.parquet", [text]) == [labels]


def test_the_file_holds_no_words_of_the_article(make_text, make_answer, tmp_path):
    text = make_text(1, {})
    write_predictions(tmp_path / "p.parquet", [make_answer(text, {("NOR", "g1"): ("oppose", 0.9)}, is_given=False)])

    assert "spoke" not in str(parquet.read_table(tmp_path / "p.parquet").to_pylist())


def test_shuffled_predictions_come_back_in_the_order_of_the_data(make_random, tmp_path):
    texts, answers = make_random(3)
    write_predictions(tmp_path / "p.parquet", answers[::-1])

    assert [labels.id for labels in read_predictions(tmp_path / "p.parquet", texts)] == [text.id for text in texts]


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        (["a", "b"], r"1 articles are missing \(c\)"),
        (["a", "b", "c", "d"], r"1 articles are not in the data \(d\)"),
        (["a", "b", "c", "c"], r"1 articles are there twice \(c\)"),
    ],
)
def test_other_articles_than_those_of_the_data_are_refused(predicted, message):
    with pytest.raises(DataError, match=message):
        check_ids(predicted, ["a", "b", "c"])


def test_what_is_no_parquet_is_refused_with_its_name(make_text, tmp_path):
    (tmp_path / "p.parquet").write_text("no")
    with pytest.raises(DataError, match=r"p\.parquet"):
        read_predictions(tmp_path / "p.parquet", [make_text(1, {})])


def test_a_text_without_proposals_is_not_asked(make_text):
    class Refuses:
        def label(self, article):
            raise AssertionError(article)

    text = replace(make_text(1, {}), proposals=())
    run = label_texts(Refuses(), [text], "given")

    assert (run.labels[0].stances, len(run.seconds)) == ((), 1)
    assert ask(text, "found").proposals is None
