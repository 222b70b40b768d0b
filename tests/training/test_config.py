"""Training configuration: what is shipped loads, what is wrong is named."""

from pathlib import Path

import pytest

from models.errors import ConfigError
from training.config import TrainConfig, read_config

SHIPPED = sorted((Path(__file__).parents[2] / "training" / "configs").glob("*.toml"))


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_base_and_tiny_are_shipped() -> None:
    assert {"base.toml", "tiny.toml"} <= {path.name for path in SHIPPED}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_configuration_loads_and_says_only_what_differs(path: Path) -> None:
    assert read_config(path) != TrainConfig() or path.name == "base.toml"


def test_file_overrides_the_defaults(write) -> None:
    assert read_config(write('name = "mine"\nseed = 3\n')) == TrainConfig(name="mine", seed=3)
    assert read_config(write("")) == TrainConfig()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learning_rat = 1e-4", r"mine\.toml: unknown key 'learning_rat'; did you mean 'learning_rate'\?"),
        ("epoch = 2", r"mine\.toml: unknown key 'epoch'; did you mean 'epochs'\?"),
        ("xyz = 2", r"mine\.toml: unknown key 'xyz'; known keys: name, version, encoder"),
        ("[model]\nepochs = 2", r"mine\.toml: unknown key 'model'"),
        ("epochs = ", r"mine\.toml is not TOML: "),
        ('epochs = "four"', r"mine\.toml: epochs is 'four'; expected float"),
        ("rows_per_step = 2.5", r"mine\.toml: rows_per_step is 2\.5; expected int"),
        ("seed = true", r"mine\.toml: seed is True; expected int"),
        ("epochs = nan", r"epochs is nan; it must be above 0"),
    ],
)
def test_faulty_file_is_named_with_its_fault(write, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_config(write(text))


def test_missing_file_and_one_that_is_not_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"name = '\xff'")

    with pytest.raises(ConfigError, match=r"gone\.toml: no such configuration file"):
        read_config(tmp_path / "gone.toml")
    with pytest.raises(ConfigError, match=r"bytes\.toml is not TOML"):
        read_config(tmp_path / "bytes.toml")


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("epochs", 0, "above 0"),
        ("rows_per_step", -1, "at least 1"),
        ("max_chunk_tokens", 0, "at least 1"),
        ("learning_rate", -1e-4, "above 0"),
        ("head_learning_rate", 0.0, "above 0"),
        ("save_steps", 0, "at least 1"),
        ("max_texts", -3, "at least 1"),
        ("max_other_windows", -1, "not be below 0"),
        ("seed", -1, "not be below 0"),
        ("dropout", 1.0, r"lie in \[0, 1\)"),
        ("label_smoothing", -0.1, r"lie in \[0, 1\)"),
        ("warmup_fraction", 1.5, r"lie in \[0, 1\)"),
        ("mention_wording_fraction", 1, r"lie in \[0, 1\)"),
        ("held_out_fraction", 0.6, r"lie in \[0, 0\.5\]"),
    ],
)
def test_value_out_of_range_is_named_with_the_range(key: str, value: float, allowed: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{key} is {value!r}; it must .*{allowed}"):
        TrainConfig(**{key: value})


def test_ends_of_the_ranges_are_allowed() -> None:
    config = TrainConfig(held_out_fraction=0.5, dropout=0, label_smoothing=0.0)

    assert (config.held_out_fraction, config.dropout, config.label_smoothing) == (0.5, 0, 0.0)
