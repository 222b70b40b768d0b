"""Export: the runtime's graph and the weights say the same, and nothing of the machine is in them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models.checkpoint import open_checkpoint
from models.runtime import Runtime
from training.export import MAX_PROBABILITY_SHIFT, check_parity, load_network


def test_torch_and_the_runtime_give_the_same_probabilities(tiny_checkpoint: Path) -> None:
    assert check_parity(load_network(tiny_checkpoint), Runtime(tiny_checkpoint / "model.onnx")) < 1e-4


def test_parity_sees_other_weights(tiny_checkpoint: Path) -> None:
    network = load_network(tiny_checkpoint)
    with torch.no_grad():
        network.tag.bias[1] += 0.05

    assert check_parity(network, Runtime(tiny_checkpoint / "model.onnx")) > MAX_PROBABILITY_SHIFT


def test_weights_are_those_of_the_network_in_half_precision(tiny_checkpoint: Path, make_tiny_network) -> None:
    stored = load_file(tiny_checkpoint / "model.safetensors")
    made = make_tiny_network(7).state_dict()

    assert stored.keys() == made.keys()
    assert {value.dtype for value in stored.values()} == {torch.float16}
    assert all(torch.equal(stored[name], value.half()) for name, value in made.items())


def test_loaded_network_gives_the_logits_of_the_one_that_was_saved(tiny_checkpoint: Path, make_tiny_network) -> None:
    made = make_tiny_network(7)
    made.load_state_dict({name: value.half().float() for name, value in made.state_dict().items()})
    ids = torch.arange(200, 224).reshape(2, 12)

    with torch.inference_mode():
        expected, got = (network(ids, ids > 0, ids * 0) for network in (made, load_network(tiny_checkpoint)))

    assert all(torch.equal(first, second) for first, second in zip(expected, got, strict=True))


@pytest.mark.parametrize("trace", [b"/root", b"/home", b"site-packages", b"/work", b".py", str(Path.home()).encode()])
def test_graph_has_no_path_of_the_machine_that_made_it(tiny_checkpoint: Path, trace: bytes) -> None:
    assert trace not in (tiny_checkpoint / "model.onnx").read_bytes()


def test_graph_shares_the_bytes_of_the_weights(tiny_checkpoint: Path) -> None:
    weights = (tiny_checkpoint / "model.safetensors").stat().st_size

    assert (tiny_checkpoint / "model.onnx").stat().st_size < weights / 4


def test_exported_folder_is_a_whole_checkpoint(tiny_checkpoint: Path) -> None:
    assert open_checkpoint(tiny_checkpoint).name == "stance-random"
