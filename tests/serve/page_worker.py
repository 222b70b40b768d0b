"""A worker process for the tests of the page: takes sentences such as 'Norway opposes the ban (0.90).' at their word.

Where proposals are given, `#1` stands for the first of them: 'Norway opposes #1 (0.90).'
"""

import re

from models.errors import DataError
from models.schema import Article, Labels, Mention, Proposal, Span, Stance, StanceRow
from serve import worker
from serve.lookup import look_up

SENTENCE = re.compile(
    r"(?P<name>[A-Z][A-Za-z ]*?) (?P<verb>supports|opposes|abstains on) (?P<on>[\w# ]+) \((?P<sure>0\.\d+)\)\."
)
STANCES = {"supports": Stance.SUPPORT, "opposes": Stance.OPPOSE, "abstains on": Stance.ABSTAIN}


class TrustingLabeller:
    def label(self, article: Article, *, expand_groups: bool = False) -> Labels:
        if article.text.startswith("refuse"):
            raise DataError("this text is unlabellable: write another")
        found = list(SENTENCE.finditer(article.text))
        names = {match["name"]: look_up(match["name"])[0] for match in found}
        given = article.proposals is not None
        wanted = [f"#{number}" for number in range(1, len(article.proposals or ()) + 1)]
        texts = wanted if given else list(dict.fromkeys(match["on"] for match in found))
        return Labels(
            article=article,
            id=article.id or "a1",
            proposals=tuple(
                Proposal(id=f"p{n}", text=article.proposals[n - 1] if given else text, main=n == 1, given=given)
                for n, text in enumerate(texts, 1)
            ),
            stances=tuple(
                _make_row(match, names[match["name"]], f"p{texts.index(match['on']) + 1}", expand_groups)
                for match in found
            ),
            countries={
                known["country"]: tuple(_find(article, name, known["country"])) for name, known in names.items()
            },
            country_names={known["country"]: known["name"] for known in names.values()},
            model={"name": "trusting", "version": "0"},
        )

    def info(self) -> dict[str, str]:
        return {"name": "trusting", "version": "0"}


def _make_row(match, known, proposal, expand_groups):
    stance, sure = STANCES[match["verb"]], float(match["sure"])
    order = (Stance.SUPPORT, Stance.OPPOSE, Stance.ABSTAIN)
    return StanceRow(
        country=known["country"],
        name=known["name"],
        proposal=proposal,
        stance=stance,
        confidence=sure,
        scores=(1 - sure, *(sure if one is stance else 0.0 for one in order)),
        evidence=(Span(*match.span()),),
        group="NORDICS" if expand_groups else None,
    )


def _find(article, name, country):
    for field, words in (("text", article.text), ("title", article.title or "")):
        for match in re.finditer(rf"\b{re.escape(name)}\b", words):
            yield Mention(Span(*match.span(), field=field), country, "name")


if __name__ == "__main__":
    worker.run(TrustingLabeller())
