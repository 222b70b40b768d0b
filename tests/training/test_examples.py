"""Examples: what the network is told about each country, mention and token of a text."""

import pytest

from models.annotations import AnnotatedProposal, AnnotatedStance, AnnotatedText
from models.schema import Span, Stance
from training.examples import BEGIN, INSIDE
from training.wordings import Wordings

TEXT = (
    "Norway spoke. It rained. Peru and Norway met. The envoy of Norway said no, and Peru's minister agreed to "
    "oppose it. They walked out. She voted against."
)


def annotate(evidence: list[str], country: str = "NOR", stance: Stance = Stance.OPPOSE) -> AnnotatedText:
    def find(words: str) -> Span:
        return Span(TEXT.index(words), TEXT.index(words) + len(words))

    row = AnnotatedStance(country=country, proposal="p1", stance=stance, evidence=tuple(map(find, evidence)))
    proposal = AnnotatedProposal(id="p1", description="a plan", main=True, mentions=())
    return AnnotatedText(
        id="t", title=None, date=None, style=None, text=TEXT, mentions=(), proposals=(proposal,), stances=(row,)
    )


@pytest.fixture
def evidence_of(make_example):
    """The numbers of the country mentions that count as evidence; Norway is 0, 2 and 3, Peru 1 and 4."""

    def evidence_of(evidence: list[str], country: str = "NOR") -> list[int]:
        example = make_example(annotate(evidence, country))
        assert [example.tokens.countries[c] for c in example.tokens.country[example.mentions]] == [
            *("NOR", "PER", "NOR", "NOR", "PER")
        ]
        return example.proposals[0].is_evidence.nonzero()[0].tolist()

    return evidence_of


@pytest.mark.parametrize(
    ("evidence", "country", "mentions"),
    [
        (["The envoy of Norway said no"], "NOR", [3]),
        (["The envoy of Norway said no"], "PER", [4]),
        (["Norway spoke. It rained. Peru and Norway met."], "NOR", [0, 2]),
        (["Peru and Norway met."], "NOR", [2]),
        (["agreed to oppose it"], "NOR", [3]),
        (["agreed to oppose it"], "PER", [4]),
        (["It rained"], "NOR", [0]),
        (["They walked out"], "NOR", [3]),
        (["She voted against"], "PER", [4]),
        (["It rained"], "PER", []),
        (["Norway spoke", "said no"], "NOR", [0, 3]),
        ([], "NOR", []),
    ],
    ids=[
        *("inside", "own country only, from its sentence", "inside several", "inside a sentence", "same sentence"),
        *("same sentence, other country", "just before", "only the last before", "two sentences before"),
        *("no mention before", "several pieces of evidence", "no evidence"),
    ],
)
def test_evidence_is_put_on_the_mentions_that_carry_it(
    evidence_of, evidence: list[str], country: str, mentions: list[int]
) -> None:
    assert evidence_of(evidence, country) == mentions


def test_mention_inside_the_evidence_goes_before_others_of_its_sentence(make_example) -> None:
    text = "Norway told Peru that Norway was against it."
    row = AnnotatedStance(country="NOR", proposal="p1", stance=Stance.OPPOSE, evidence=(Span(22, 43),))
    proposal = AnnotatedProposal(id="p1", description="a plan", main=True, mentions=())
    annotated = AnnotatedText(
        id="t", title=None, date=None, style=None, text=text, mentions=(), proposals=(proposal,), stances=(row,)
    )

    assert make_example(annotated).proposals[0].is_evidence.tolist() == [False, False, True]


def test_mention_too_far_before_the_evidence_does_not_carry_it(make_example) -> None:
    text = "Norway spoke. It rained. They met. She voted against."
    row = AnnotatedStance(country="NOR", proposal="p1", stance=Stance.OPPOSE, evidence=(Span(35, 52),))
    proposal = AnnotatedProposal(id="p1", description="a plan", main=True, mentions=())
    annotated = AnnotatedText(
        id="t", title=None, date=None, style=None, text=text, mentions=(), proposals=(proposal,), stances=(row,)
    )

    assert make_example(annotated).proposals[0].is_evidence.tolist() == [False]


def test_classes_say_the_stance_of_each_country_on_each_proposal(make_example) -> None:
    example = make_example(
        "# p1: a seal quota\n# p2: a levy\n"
        "{NOR p1-|Norway} opposed [p1|the quota]; {PER p1+ p2=|Peru} backed it. {KEN|Kenya} watched [p2|the levy]."
    )

    assert example.tokens.countries == ("NOR", "PER", "KEN")
    assert [proposal.classes.tolist() for proposal in example.proposals] == [[2, 1, 0], [0, 3, 0]]
    assert [proposal.is_evidence.tolist() for proposal in example.proposals] == [
        [True, True, False],
        [False, True, False],
    ]
    assert example.missed == 0


def test_country_that_the_finder_misses_is_counted(make_example) -> None:
    example = make_example("# p1: a quota\n{NOR p1-|The fjord kingdom} opposed [p1|the quota]. {PER p1-|Peru} did too.")

    assert (example.missed, example.tokens.countries, example.proposals[0].classes.tolist()) == (1, ("PER",), [2])


def test_tags_and_spans_lie_on_the_words_of_the_proposals(make_example) -> None:
    example = make_example("# p1: a quota\n# p2: a fund\n[p2|The fund] and [p1|the seal quota] backed by [p2|it].")

    assert example.tags.tolist() == [BEGIN, INSIDE, 0, BEGIN, INSIDE, INSIDE, 0, 0, BEGIN, 0]
    assert example.spans == ((0, 1, 1), (3, 5, 0), (8, 8, 1))


def test_longer_of_two_overlapping_proposal_mentions_is_kept(make_example) -> None:
    example = make_example("# p1: a ban\n# p2: a vote on it\nIt was [p2|the vote on [p1|the ban]].")

    assert example.spans == ((2, 6, 1),)
    assert example.tags.tolist() == [0, 0, BEGIN, INSIDE, INSIDE, INSIDE, INSIDE, 0]


def test_descriptions_quotes_and_opposites_are_each_there_once(make_example, tiny_tokenizer) -> None:
    example = make_example(
        "# p1: a plan of Peru\n[p1|the plan] of {PER|Peru} was [p1|the plan] on [p1|a levy]. {NOR|Norway} told it.",
        {"a plan of Peru": Wordings(same=("the levy", "a plan of Peru"), opposite="no plan of Norway")},
    )

    def words(wordings):
        return [
            [tiny_tokenizer.id_to_token(i) if i >= 0 else int(c) for i, c in zip(ids, country, strict=True)]
            for ids, country in wordings
        ]

    (proposal,) = example.proposals
    assert words(proposal.descriptions) == [["a", "plan", "of", 0], ["the", "levy"]]
    assert words(proposal.quotes) == [["the", "plan"], ["a", "levy"]]
    assert words(proposal.opposites) == [["no", "plan", "of", 1]]
