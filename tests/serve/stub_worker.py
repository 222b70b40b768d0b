"""A worker process without a network: labels as the stub of conftest does, and does what the text tells it."""

import os
import sys
import time
from pathlib import Path

from models.errors import DataError
from models.schema import Article, Labels, Mention, Proposal, Span, Stance, StanceRow
from serve import worker


class StubLabeller:
    """Finds Norway, which opposes a ban, and notes which articles it was asked to label."""

    def label(self, article: Article, *, expand_groups: bool = False) -> Labels:
        if article is not worker.WARM_UP:
            with Path(sys.argv[1]).open("a") as seen:
                seen.write(f"{os.getpid()} {article.id}\n")
        match article.text.split():
            case ["sleep", seconds, *_]:
                time.sleep(float(seconds))
            case ["crash", *_]:
                os._exit(9)
            case ["bug", *_]:
                raise RuntimeError(f"secret words: {article.text}")
            case ["refuse", *_]:
                raise DataError("this text is unlabellable: write another")
        found = article.text.find("Norway")
        rows = (("NOR", "Norway"),) if found >= 0 else ()
        texts = article.proposals or ("the fishing ban",)
        return Labels(
            article=article,
            id=article.id or "a1",
            proposals=tuple(Proposal(id=f"p{n}", text=text) for n, text in enumerate(texts, 1)),
            stances=tuple(
                StanceRow(
                    country=code,
                    name=name,
                    proposal="p1",
                    stance=Stance.OPPOSE,
                    confidence=0.9,
                    scores=(0.05, 0.03, 0.9, 0.02),
                    evidence=(Span(0, len(article.text)),),
                    group="EU" if expand_groups else None,
                )
                for code, name in rows
            ),
            countries={code: (Mention(Span(found, found + 6), code, "name"),) for code, _ in rows},
            country_names=dict(rows),
            model={"name": "stub", "version": "0"},
        )

    def info(self) -> dict[str, str]:
        return {"name": "stub", "version": "0", "checkpoint": "/somewhere/secret"}


if __name__ == "__main__":
    worker.run(StubLabeller())
