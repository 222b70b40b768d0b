"""A checkpoint small enough to make in a test run: a random encoder of two layers and a tokenizer of few words."""

import dataclasses
import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from models.checkpoint import write_manifest
from models.decoding import DecodingConfig
from models.tokens import CLS, FIRST_ENTITY, NUM_ENTITIES, PAD, SEP

WORDS = (
    "a an the this that and but of to on for in by with from it its they he she was is be not no "
    "said told voted vote against backed back opposed oppose abstained welcomed rejected called meeting plan ban quota "
    "seal whale pact treaty levy fund council envoy minister delegates talks harbour coast ships monday friday"
)
"""What the tiny tokenizer knows as whole words; it spells all others."""
ENCODER = {
    "vocab_size": 20_000,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 512,
}


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Tokenizer:
    """WordPiece with the frame of BERT's vocabulary; every ASCII word has pieces, others are [UNK]."""
    pieces = ["[PAD]", *(f"[unused{n}]" for n in range(99)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = [c for c in string.printable if not c.isspace() and not c.isupper()]
    pieces += [*characters, *(f"##{c}" for c in characters if c.isalnum()), *(w for w in WORDS.split() if len(w) > 1)]
    ids = {piece: number for number, piece in enumerate(pieces)}
    assert (ids["[PAD]"], ids["[CLS]"], ids["[SEP]"], ids["[unused0]"]) == (PAD, CLS, SEP, FIRST_ENTITY)
    assert ids[f"[unused{NUM_ENTITIES - 1}]"] == FIRST_ENTITY + NUM_ENTITIES - 1
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


@pytest.fixture(scope="session")
def make_tiny_network() -> Callable[[int], Any]:
    """A random network from a seed."""

    def make(seed: int) -> Any:
        import torch

        from models.network import StanceNetwork

        torch.set_num_threads(1)  # a second thread costs such a small network more than it gives
        torch.manual_seed(seed)
        return StanceNetwork.from_config(dict(ENCODER)).eval()

    return make


@pytest.fixture(scope="session")
def tiny_checkpoint(
    tmp_path_factory: pytest.TempPathFactory, tiny_tokenizer: Tokenizer, make_tiny_network: Callable[[int], Any]
) -> Path:
    """A whole checkpoint folder of the random network with seed 7, exported as training exports one."""
    from training.export import export_weights

    folder = tmp_path_factory.mktemp("tiny") / "checkpoint"
    export_weights(make_tiny_network(7), folder)
    tiny_tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "encoder": ENCODER,
        "decoding": dataclasses.asdict(
            DecodingConfig(proposal_threshold=0.5, stance_threshold=0.0, found_stance_threshold=0.0)
        ),
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "README.md").write_text("# A random network\n", encoding="utf-8")
    write_manifest(folder, "stance-random", "0.0.7")
    return folder
