"""Batches: targets at the right places, evidence always read, padding bounded, the same for the same seed."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from models.tokens import CLS, FIRST_ENTITY, NUM_ENTITIES, PAD, SEP
from training.collate import IGNORED, Collator
from training.config import TrainConfig
from training.wordings import Wordings

# Some 60 sentences; only one in the middle says what Norway did, and Peru is named everywhere.
FILLER = " ".join(["{PER|Peru} told the council that it was not at the meeting on the coast."] * 30)
LONG = f"# p1: a quota\n{FILLER} {{NOR p1-|Norway}} opposed [p1|the quota]. {FILLER}"


def test_pairs_have_their_class_and_mentions_their_pair_and_place(make_example) -> None:
    example = make_example(
        "# p1: a quota\n{NOR p1-|Norway} opposed [p1|the quota]. {PER p1+|Peru} and {NOR|Norway} met. {KEN|Kenya} too."
    )

    batch = Collator([example], TrainConfig(mention_wording_fraction=0.0))([{"text": 0, "find": False}])

    (chunk,) = batch["chunks"]
    assert batch["pair_classes"].tolist() == [2, 1, 0]
    assert chunk["mentions"][:, 2:4].tolist() == [[0, 1], [1, 1], [0, 0], [2, 0]]
    tokens = chunk["input_ids"][chunk["mentions"][:, 0], chunk["mentions"][:, 1]].tolist()
    assert tokens[0] == tokens[2]
    assert len(set(tokens)) == 3
    assert all(FIRST_ENTITY <= token < FIRST_ENTITY + NUM_ENTITIES for token in tokens)
    assert sum(FIRST_ENTITY <= token < FIRST_ENTITY + NUM_ENTITIES for token in chunk["input_ids"][0].tolist()) == 4
    assert set(chunk["tags"].unique().tolist()) == {IGNORED}


def test_row_that_reads_starts_with_its_proposal_and_one_that_finds_with_none(make_example, tiny_tokenizer) -> None:
    example = make_example("# p1: a harbour levy\n{NOR p1-|Norway} opposed [p1|the ban].")
    rows = [{"text": 0, "find": False}, {"text": 0, "find": True}]

    described = Collator([example], TrainConfig(mention_wording_fraction=0.0))(rows)["chunks"][0]
    mentioned = Collator([example], TrainConfig(mention_wording_fraction=0.9999999))(rows)["chunks"][0]
    for chunk in (described, mentioned):  # the first row is the description alone
        chunk["input_ids"], chunk["token_type_ids"] = chunk["input_ids"][1:], chunk["token_type_ids"][1:]

    def piece_ids(words: str) -> list[int]:
        return [CLS, *map(tiny_tokenizer.token_to_id, words.split()), SEP]

    assert described["input_ids"][0, :2].tolist() == [CLS, SEP]
    assert described["input_ids"][1, :5].tolist() == piece_ids("a harbour levy")
    assert mentioned["input_ids"][1, :4].tolist() == piece_ids("the ban")
    assert described["token_type_ids"][1].tolist()[:6] == [0, 0, 0, 0, 0, 1]


def test_finding_row_has_the_tags_and_spans_of_its_text(make_example) -> None:
    example = make_example("# p1: a quota\n# p2: a levy\nIt met [p1|the seal quota] and [p2|a levy].")

    batch = Collator([example] * 4, TrainConfig())([{"text": 3, "find": True}])

    (chunk,) = batch["chunks"]
    width = chunk["tags"].shape[1]
    nothing = [IGNORED] * width
    assert chunk["tags"].tolist() == [nothing, nothing, [IGNORED, IGNORED, *example.tags.tolist(), IGNORED]]
    in_text = [[2, first + 2, last + 2, 0, proposal] for first, last, proposal in example.spans]
    assert chunk["spans"][2:].tolist() == in_text
    assert (chunk["mentions"].shape, batch["pair_classes"].tolist()) == ((0, 5), [])


def test_description_is_one_more_mention_of_its_proposal(make_example, tiny_tokenizer) -> None:
    example = make_example("# p1: a harbour levy\n# p2: the fund\nIt met [p1|the ban] and [p2|a council], a plan.")

    (chunk,) = Collator([example], TrainConfig())([{"text": 0, "find": True}])["chunks"]

    spans = {(row, proposal): (first, last) for row, first, last, _, proposal in chunk["spans"].tolist()}
    assert spans.keys() == {(0, 1), (1, 0), (2, 0), (2, 1)}
    for (row, proposal), words in {(0, 1): "the fund", (1, 0): "a harbour levy"}.items():
        first, last = spans[row, proposal]
        assert chunk["input_ids"][row, :first].tolist() == [CLS, SEP]
        assert [tiny_tokenizer.id_to_token(n) for n in chunk["input_ids"][row, first : last + 1]] == words.split()
        assert chunk["input_ids"][row, last + 1] == SEP
        assert chunk["token_type_ids"][row, : last + 2].tolist() == [0, 0] + [1] * len(words.split()) + [1]


def test_tags_outside_the_core_of_a_window_are_ignored(make_example) -> None:
    example = make_example(LONG)
    assert len(example.windows) > 4

    batch = Collator([example], TrainConfig(max_find_windows=100))([{"text": 0, "find": True}])

    tags = torch.cat([chunk["tags"][chunk["tags"] != IGNORED] for chunk in batch["chunks"]])
    assert len(tags) == len(example.tokens.ids)
    assert torch.bincount(tags).tolist() == np.bincount(example.tags).tolist()
    assert sum(len(chunk["spans"]) for chunk in batch["chunks"]) == 1 + 1


@pytest.mark.parametrize("seed", range(5))
def test_windows_with_evidence_are_always_read(make_example, seed: int) -> None:
    example = make_example(LONG)

    for others in (0, 1):
        batch = Collator([example], TrainConfig(max_other_windows=others, seed=seed))([{"text": 0, "find": False}])
        evidence = sum(int(chunk["mentions"][:, 3].sum()) for chunk in batch["chunks"])
        windows = sum(len(chunk["input_ids"]) for chunk in batch["chunks"])
        assert (evidence, windows, sorted(batch["pair_classes"].tolist())) == (1, 1 + others, [0, 2])


@pytest.mark.parametrize("budget", [1, 300, 700, 4096])
def test_chunks_stay_within_their_budget_and_lose_no_window(make_example, budget: int) -> None:
    examples = [make_example(LONG), make_example("# p1: a ban\n{PER p1+|Peru} backed [p1|the ban].")]
    rows = [{"text": text, "find": find} for text in (0, 1) for find in (False, True)]
    config = TrainConfig(max_chunk_tokens=budget, max_other_windows=100, max_find_windows=100)

    chunks = Collator(examples, config)(rows)["chunks"]

    assert all(chunk["input_ids"].numel() <= budget or len(chunk["input_ids"]) == 1 for chunk in chunks)
    assert sum(len(chunk["input_ids"]) for chunk in chunks) == 2 * len(examples[0].windows) + 2 + 2
    assert all((len(left["input_ids"]) + 1) * right["input_ids"].shape[1] > budget for left, right in pairwise(chunks))


def test_padding_is_masked_and_nothing_else(make_example) -> None:
    examples = [make_example(f"# p1: a ban\n{words} [p1|the ban].") for words in ("On monday it backed", "Not")]

    (chunk,) = Collator(examples, TrainConfig())([{"text": n, "find": True} for n in (0, 1)])["chunks"]

    assert chunk["attention_mask"].sum(dim=1).tolist() == [5, 5, 7, 10]
    assert torch.equal(chunk["attention_mask"] == 0, chunk["input_ids"] == PAD)
    assert (chunk["tags"][chunk["attention_mask"] == 0] == IGNORED).all()


def test_seed_gives_the_same_batches_and_another_seed_others(eight_examples) -> None:
    rows = [{"text": n, "find": find} for n in range(8) for find in (True, False)]

    def ids(seed: int) -> list[list[list[int]]]:
        collator = Collator(eight_examples, TrainConfig(seed=seed))
        return [[chunk["input_ids"].tolist() for chunk in collator(rows)["chunks"]] for _ in range(2)]

    assert ids(3) == ids(3)
    assert ids(3) != ids(4)
    assert ids(3)[0] != ids(3)[1]


def test_opposite_of_a_proposal_turns_the_stances_round(make_example, tiny_tokenizer) -> None:
    example = make_example(
        "# p1: a levy\n{NOR p1-|Norway} opposed [p1|it], {PER p1+|Peru} backed it. {KEN p1=|Kenya} and {FJI|Fiji}.",
        {"a levy": Wordings(opposite="no ships")},
    )
    row = [{"text": 0, "find": False}]

    straight = Collator([example], TrainConfig(opposite_fraction=0.0))(row)
    turned = Collator([example], TrainConfig(opposite_fraction=0.9999999))(row)

    assert straight["pair_classes"].tolist() == [2, 1, 3, 0]
    assert turned["pair_classes"].tolist() == [1, 2, 3, 0]
    words = [tiny_tokenizer.id_to_token(n) for n in turned["chunks"][0]["input_ids"][0, 1:3].tolist()]
    assert words == ["no", "ships"]


def test_window_with_evidence_on_another_proposal_is_read_before_other_windows(make_example) -> None:
    example = make_example(
        f"# p1: a quota\n# p2: a levy\n{FILLER} {{NOR p1-|Norway}} opposed [p1|the quota]. {FILLER} "
        f"{{KEN p2+|Kenya}} backed [p2|the levy]. {FILLER}"
    )

    for seed in range(5):
        config = TrainConfig(max_other_windows=1, lone_proposal_fraction=0.9999999, seed=seed)
        batch = Collator([example], config)([{"text": 0, "find": False}])

        assert sorted(batch["pair_classes"].tolist()) in ([0, 0, 1], [0, 0, 2]), "Peru, Kenya and Norway"


def test_rivals_read_the_same_windows_and_share_the_numbers_of_their_mentions(make_example) -> None:
    rivals = "# p1: a quota\n# p2: a levy\n# p3: a ban\n" + LONG.partition("\n")[2].replace(
        "[p1|the quota]", "[p1|the quota] before [p2|the levy] and [p3|the ban]"
    )
    examples = [make_example(rivals), make_example("# p1: a ban\n{PER p1+|Peru} backed [p1|the ban].")]
    rows = [{"text": text, "find": False} for text in (0, 1)]
    config = TrainConfig(max_rivals=2, lone_proposal_fraction=0.0, max_other_windows=1)

    batch = Collator(examples, config)(rows)

    mentions = torch.cat([chunk["mentions"] for chunk in batch["chunks"]])
    read_by: dict[int, set[int]] = {}
    for _, _, pair, _, number in mentions.tolist():
        read_by.setdefault(number, set()).add(pair)
    assert sorted(len(pairs) for pairs in read_by.values())[:2] == [1, 2], "one mention of the second text alone"
    assert sum(len(pairs) == 1 for pairs in read_by.values()) == 1
    assert len(mentions) == 2 * len(read_by) - 1


def test_proposal_is_now_and_then_read_alone(make_example) -> None:
    example = make_example("# p1: a quota\n# p2: a levy\n{PER p1+|Peru} backed [p1|one], not [p2|the other].")

    def inputs(fraction: float) -> int:
        collator = Collator([example], TrainConfig(lone_proposal_fraction=fraction))
        return sum(
            len(chunk["input_ids"]) for _ in range(9) for chunk in collator([{"text": 0, "find": False}])["chunks"]
        )

    assert (inputs(0.0), inputs(0.9999999)) == (18, 9)
    assert 9 < inputs(0.5) < 18
