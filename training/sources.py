"""How the annotated texts lie in the public repositories that hold them.

A rule reads one file of a repository and gives every text in it, as the annotators saw it. Whether a text is the
annotated one, its hash says; so a rule may give more texts than were annotated. Knows nothing of annotations.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import TypedDict


class Record(TypedDict):
    """A text and its title."""

    title: str | None
    text: str


Rule = Callable[[str], Iterator[Record]]

_INVISIBLE = re.compile("[\u200b\u200e\u2060\ufeff\u00ad]")
_FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
_TITLE = re.compile(r"^title: *(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.*)$", re.MULTILINE)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_END_SIGN = re.compile(r"^\\###\s*$", re.MULTILINE)
_ESCAPE = re.compile(r"\\([^A-Za-z0-9\s])")
_LINE_BREAK = re.compile(r"(?<!\n)\n(?!\n)")


def read_json_article(words: str) -> Iterator[Record]:
    """Article-Bias-Prediction: a JSON object with the untokenised text."""
    article = json.loads(words)
    yield _record(article["title"], article["content_original"])


def read_json_paragraphs(words: str) -> Iterator[Record]:
    """news_long_lk: a JSON object with a list of paragraphs."""
    article = json.loads(words)
    yield _record(article["title"], "\n\n".join(article["body_paragraphs"]))


def read_sections(words: str) -> Iterator[Record]:
    """climate-negotiations: every section of a bulletin is a text, under the titles of both."""
    title, body = _split_front_matter(words)
    _, *sections = _HEADING.split(body)
    for heading, text in zip(sections[::2], sections[1::2], strict=True):
        yield _record(f"{title} -- {heading}", text)


def read_statement(words: str) -> Iterator[Record]:
    """wh-briefings: Markdown with hard line breaks, which are no ends of paragraphs."""
    title, body = _split_front_matter(words)
    body = _LINK.sub(r"\1", _END_SIGN.sub("", body)).replace("**", "")
    yield _record(title, _ESCAPE.sub(r"\1", _LINE_BREAK.sub(" ", body)))


def read_magazine_post(words: str) -> Iterator[Record]:
    """un-aligned-hugo: Markdown, of which headings, bold face, images and links lose their signs."""
    title, body = _split_front_matter(words)
    yield _record(title, _HEADING.sub(r"\1", _LINK.sub(r"\1", _IMAGE.sub("", body))).replace("**", ""))


def read_ruled_markdown(words: str) -> Iterator[Record]:
    """Latest: a heading, and the text between two rules."""
    heading, text, *_ = re.split(r"^---$", words, flags=re.MULTILINE)
    title = _HEADING.search(heading)
    yield _record(title[1] if title else None, text)


def read_url_and_text(words: str) -> Iterator[Record]:
    """en-worldwide-newswire: an address, whose last part is the title where it has words, then the text."""
    url, _, text = words.partition("\n")
    title = re.sub(r"[-_]+", " ", url.strip().rstrip("/").rpartition("/")[2])
    yield _record(title if " " in title else None, text)


def read_table(words: str) -> Iterator[Record]:
    """wikinews: a CSV file with an article in every row."""
    for row in csv.DictReader(io.StringIO(words, newline="")):
        yield _record(row["title"], row["text"])


RULES: dict[str, Rule] = {
    "ramybaly/Article-Bias-Prediction": read_json_article,
    "rufuspollock/climate-negotiations": read_sections,
    "brian14708/wh-briefings": read_statement,
    "nuuuwan/news_long_lk": read_json_paragraphs,
    "MmdrzaCo/Latest": read_ruled_markdown,
    "stanfordnlp/en-worldwide-newswire": read_url_and_text,
    "yekrangiariana/un-aligned-hugo": read_magazine_post,
    "vanatteveldt/wikinews": read_table,
}
"""The rule of each repository. The texts of others have to be fetched by hand."""


def _record(title: str | None, text: str) -> Record:
    return {"title": " ".join(title.split()) or None if title else None, "text": _tidy(text)}


def _tidy(text: str) -> str:
    """The text with one space between words, at most one empty line between lines, and no invisible signs."""
    lines = (" ".join(line.split()) for line in _INVISIBLE.sub("", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _split_front_matter(words: str) -> tuple[str | None, str]:
    """Title and body of a Markdown file.

    Not a YAML parser: the parts of a title on two lines are joined without a space, and some escapes stay. So
    the annotators saw it, and offsets into the title count on it.
    """
    head = _FRONT_MATTER.match(words)
    if head is None:
        raise ValueError("no front matter")
    written = _TITLE.search(head[1])
    return _unquote(written[1]) if written else None, words[head.end() :]


def _unquote(title: str) -> str:
    title = re.sub(r"\n\s+", "", title).strip()
    if title[:1] in ('"', "'") and title[-1:] == title[:1]:
        title = title[1:-1]
    title = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda code: chr(int(code[1], 16)), title)
    return re.sub(r"\\+[_ ]", " ", title).replace('\\"', '"')
