"""The CPU runtime: loads a graph or says why not, and gives each window the same numbers in any company."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from models.errors import CheckpointError
from models.runtime import Runtime


@pytest.fixture(scope="module")
def runtime(tiny_checkpoint: Path) -> Runtime:
    return Runtime(tiny_checkpoint / "model.onnx", threads=1)


def make_window(seed: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    ids = np.random.default_rng(seed).integers(1, 1000, length).astype(np.int32)
    return ids, (np.arange(length) >= 5).astype(np.int32)


def test_run_gives_stances_tags_and_links_of_every_token(runtime: Runtime) -> None:
    stance, tag, link = runtime.run(*make_window(1, 23))

    assert (stance.shape, tag.shape, link.shape) == ((23, 4), (23, 3), (23, 64))
    assert stance.dtype == np.float32


def test_window_has_the_same_numbers_before_and_after_others(runtime: Runtime) -> None:
    window = make_window(2, 40)
    before = runtime.run(*window)
    for seed, length in ((3, 300), (4, 7)):
        runtime.run(*make_window(seed, length))
    after = runtime.run(*window)

    for first, second in zip(before, after, strict=True):
        assert np.array_equal(first, second)
    assert not np.array_equal(before[0], runtime.run(*make_window(3, 40))[0])


def test_batch_of_one_equals_batch_of_eight(runtime: Runtime) -> None:
    windows = [make_window(seed, 31) for seed in range(8)]
    ids, types = (np.stack(part).astype(np.int64) for part in zip(*windows, strict=True))
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}

    together = runtime.session.run(["stance", "tag", "link"], inputs)

    for number, window in enumerate(windows):
        for whole, alone in zip(together, runtime.run(*window), strict=True):
            assert whole[number] == pytest.approx(alone, abs=1e-5)


def test_longest_input_of_the_encoder_runs(runtime: Runtime) -> None:
    assert runtime.run(*make_window(5, 512))[0].shape == (512, 4)


def test_types_of_the_tokens_matter(runtime: Runtime) -> None:
    ids, types = make_window(6, 20)

    assert not np.allclose(runtime.run(ids, types)[0], runtime.run(ids, np.zeros_like(types))[0])


@pytest.mark.parametrize("content", [b"", b"not a graph"])
def test_broken_graph_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(content)

    with pytest.raises(CheckpointError, match=r"model\.onnx can't be loaded: "):
        Runtime(tmp_path / "model.onnx")


def test_graph_without_its_weights_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    shutil.copyfile(tiny_checkpoint / "model.onnx", tmp_path / "model.onnx")

    with pytest.raises(CheckpointError, match=r"model\.onnx can't be loaded: .*model\.safetensors"):
        Runtime(tmp_path / "model.onnx")


def test_threads_are_as_asked_and_at_most_four_by_default(runtime: Runtime, tiny_checkpoint: Path) -> None:
    assert runtime.threads == 1
    assert 1 <= Runtime(tiny_checkpoint / "model.onnx").threads <= 4
