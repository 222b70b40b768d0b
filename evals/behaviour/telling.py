"""How a case is told: an opening, sentences about where countries stand, and a filler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from evals.behaviour.cases import Case
from evals.behaviour.words import Draw, Topic
from models.schema import Article


def tell(
    draw: Draw, topic: Topic, sentences: Sequence[str], expected: Mapping[str, str], title: str | None = None
) -> Case:
    """An opening, the sentences and a filler, asked about one proposal."""
    text = " ".join([draw.opening(topic), *sentences, *draw.fillers(1)])
    article = Article(text=text, title=title, proposals=(topic.description,))
    return Case(articles=(article,), expected={(code, 1): stance for code, stance in expected.items()})


def tell_one_of(*sentences: tuple[str, Mapping[str, str]]) -> Callable[[Draw], Case]:
    """A maker of cases that tell one sentence, about countries and a proposal drawn anew.

    Args:
        sentences: Templates with the names of the countries `{a}` and `{b}` and the proposal `{p}`, each with the
            stances of the countries.
    """
    has_two_countries = any("{b}" in sentence for sentence, _ in sentences)

    def make(draw: Draw) -> Case:
        drawn = draw.countries(2) if has_two_countries else [draw.country()]
        countries, topic = dict(zip("ab", drawn, strict=False)), draw.topic()
        sentence, expected = draw.pick(sentences)
        told = sentence.format(p=topic.again, **{letter: country.name for letter, country in countries.items()})
        return tell(draw, topic, [told], {countries[letter].code: stance for letter, stance in expected.items()})

    return make
