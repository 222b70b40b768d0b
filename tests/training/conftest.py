"""Annotated texts of our own, and the examples that are made of them."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from models.annotations import AnnotatedText
from models.corpus import parse_block
from models.countries import CountryFinder
from training.examples import TextExample, make_examples
from training.wordings import Wordings

EIGHT = (
    "# p1: a seal quota\n{NOR p1-|Norway} opposed [p1|the quota]. {PER p1+|Peru} backed it.",
    "# p1: a whale pact\n{KEN p1+|Kenya} welcomed [p1|the pact], and {CHL|Chile} was not at the talks.",
    "# p1: a harbour levy\n{MLI p1=|Mali} abstained on [p1|the levy]. {FJI p1-|Fiji} rejected it.",
    "# p1: a ban on ships\nThe envoy of {TON p1+|Tonga} voted for [p1|the ban].",
    "# p1: a coast fund\n# p2: a council\n{GHA p1+ p2-|Ghana} backed [p1|the fund] but not [p2|the council].",
    "# p1: a treaty\n{PER p1-|Peru} said no to [p1|the treaty]. {NOR|Norway} said it was on the coast.",
    "# p1: a plan\n{OMN p1+|Oman} and {LAO p1+|Laos} backed [p1|the plan]. {KEN p1=|Kenya} abstained.",
    "# p1: a levy\n{CHL p1-|Chile} opposed [p1|the levy on ships] on Friday, and [p1|the levy] was rejected.",
)


@pytest.fixture(scope="session")
def make_example(tiny_tokenizer) -> Callable[..., TextExample]:
    """An example of one text, marked up or annotated, with other wordings of its proposals if given."""

    def make(text: str | AnnotatedText, wordings: Mapping[str, Wordings] | None = None) -> TextExample:
        annotated = parse_block(text, "t") if isinstance(text, str) else text
        (example,) = make_examples([annotated], tiny_tokenizer, CountryFinder.load(), wordings)
        return example

    return make


@pytest.fixture(scope="session")
def eight_blocks() -> Sequence[str]:
    """Eight short texts with every stance in them, marked up."""
    return EIGHT


@pytest.fixture(scope="session")
def eight_examples(make_example: Callable[..., TextExample]) -> Sequence[TextExample]:
    """The eight short texts as examples."""
    return [make_example(block) for block in EIGHT]
