"""Where the sentences of a text are: own rules, with character offsets into the text as it was given.

Knows nothing of tokens, countries or labels. Takes time linear in the text: every pattern used here
either succeeds at its first character or looks at a bounded number of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_SENTENCE_CHARACTERS = 600
"""Longer sentences are cut at a semicolon, comma or space, so that what is built on them stays bounded."""

_LOOK_BACK_CHARACTERS = 32
_WRAP_WIDTHS = range(40, 121)
"""Line lengths at which text is wrapped by hand or machine; wider lines are whole paragraphs."""

_WIDE_STOPS = "。\uff01\uff1f"
_STOPS = ".!?…؟\u06d4।" + _WIDE_STOPS
_CLOSERS = "'\"”»)]}*_\u2019\u203a"
_OPENERS = "'\"“”«([{*_/—¿¡-\u2013\u2018\u2019\u2039"
_STOP = re.compile(
    rf"""(?P<stop>[{_STOPS}]+(?:[ \xa0][.!?…]+)*)  # also the ellipsis '. . .'
    (?P<closers>[{re.escape(_CLOSERS)}]*)(?P<space>\s*)
    (?=[{re.escape(_OPENERS)}]{{0,8}}(?P<following>[^\W_]{{0,16}}))""",
    re.VERBOSE,
)
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]|Ph\.D")
_GLUED = re.compile(r"""(?!(?:Com|Org|Net)\b)["“\u2018(]?[A-Z][a-z]""")
_NOT_SPACE = re.compile(r"\S")
_BULLET = re.compile(r"[-*•·\u2013—]\s|\(?[0-9a-z]{1,3}[.)]\s")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    "mr mrs ms messrs mme mlle dr prof rev hon gen lt col maj sgt capt cpl cmdr adm brig amb sen sens rep reps gov "
    "govs pres sec supt msgr fr vs v cf viz e.g i.e op ed eds approx resp ca"
)
"""Words whose stop never ends a sentence: a name, number or the rest of the phrase follows."""
_NUMBERED = _words(
    "no nos art arts para paras res vol p pp fig ch sect chap dec decs doc add rev rs "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
"""Words whose stop doesn't end a sentence where a number follows."""
_SHORTENED = _words("al st ste mt ft inc corp co ltd plc llc jr sr bros etc dept univ assn intl govt natl esq ave blvd")
"""Words whose stop ends a sentence only where the next word plainly starts one."""
_STARTERS = _words(
    "a after all although an and another as asked at because before both but by despite during earlier every few for "
    "four from had has he her here his how however i if in instead it its last late later many meanwhile most much my "
    "nearly neither never no nobody none not nothing now of on once one only other others our over several she since "
    "so some such than that the their then there these they this those though three thus to today two under unlike "
    "until we what when where whether which while who why with without yet you your"
)
"""Words that start a sentence where capitalised after a shortened word."""
_AFTER_CLOCK = _words(
    "gmt utc est edt et cet cest bst pst pdt msk ist jst monday tuesday wednesday thursday friday saturday sunday "
    "january february march april may june july august september october november december eastern local"
)
"""Words that go on with the sentence after a.m. or p.m."""


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Find the sentences of a text.

    Quotes and brackets that close after the stop belong to the sentence. A blank line ends one, and so does
    a newline after a headline or a one-line paragraph; the newline of a hard-wrapped line doesn't.

    Args:
        text: Any text, as it was given.

    Returns:
        `(start, end)` of each sentence in code points, end exclusive: in order, not overlapping, without
        space at either end, at most `MAX_SENTENCE_CHARACTERS` long. Every character that is not space is in one.
    """
    sentences: list[tuple[int, int]] = []
    start = 0
    for end in sorted({*_line_ends(text), *_stop_ends(text), len(text)}):
        trimmed = _trim(text, start, end)
        if trimmed[1] - trimmed[0] > MAX_SENTENCE_CHARACTERS:
            sentences.extend(_pieces(text, *trimmed))
        elif trimmed[0] < trimmed[1]:
            sentences.append(trimmed)
        start = end
    return sentences


def _stop_ends(text: str) -> Iterator[int]:
    for match in _STOP.finditer(text):
        if _is_boundary(text, match):
            yield match.end("closers")


def _is_boundary(text: str, match: re.Match[str]) -> bool:
    stop, closers, space, following = match.groups()
    if not space:
        return stop[-1] in _WIDE_STOPS or _is_glued(text, match)
    if following[:1].islower():
        return False
    if stop != "." or closers:
        return True
    word = _word_before(text, match.start())
    if word.isdigit():
        return not _is_list_number(text, match.start(), word)
    return not word or not _is_abbreviation(word, following)


def _is_glued(text: str, match: re.Match[str]) -> bool:
    """Whether the space after the stop was lost, as in 'voted.The'."""
    before = _word_before(text, match.start())
    is_word = before.isalpha() and before[-2:].islower() and len(before) > 2 and not _is_abbreviation(before, "")
    return is_word and _GLUED.match(text, match.end()) is not None


def _is_list_number(text: str, end: int, word: str) -> bool:
    before = text[max(0, end - _LOOK_BACK_CHARACTERS) : end].removesuffix(word).rstrip(" \t")
    return not before or before[-1] in "\n\r.!?:;"


def _word_before(text: str, end: int) -> str:
    if end == 0 or text[end - 1].isspace():
        return ""
    return text[max(0, end - _LOOK_BACK_CHARACTERS) : end].rsplit(None, 1)[-1].lstrip(_OPENERS)


def _is_abbreviation(word: str, following: str) -> bool:
    """Whether the stop after `word` belongs to it, and the sentence goes on with `following`."""
    folded = word.rpartition("-")[2].lower()
    if folded in ("a.m", "p.m"):
        return following.lower() in _AFTER_CLOCK
    if folded in _TITLES or (folded in _NUMBERED and following[:1].isdigit()):
        return True
    is_initial = len(word) == 1 and word.isupper()
    is_shortened = is_initial or folded in _SHORTENED or ("." in word and _DOTTED.fullmatch(word) is not None)
    return is_shortened and following.lower() not in _STARTERS


def _line_ends(text: str) -> Iterator[int]:
    """Ends of the lines after which a new sentence starts, whether or not a stop stands there."""
    start = 0
    paragraph: list[str] = []
    for line in [*text.splitlines(keepends=True), "\n"]:
        if not line.isspace():
            paragraph.append(line)
            continue
        if paragraph:
            yield from _paragraph_ends(paragraph, start)
            start += sum(map(len, paragraph))
            paragraph = []
        start += len(line)


def _paragraph_ends(lines: list[str], start: int) -> Iterator[int]:
    width = max((len(line.rstrip()) for line in lines), default=0)
    for number, line in enumerate(lines):
        start += len(line)
        if number + 1 == len(lines) or _ends_sentence(line.rstrip(), lines[number + 1].lstrip(), width):
            yield start


def _ends_sentence(line: str, following: str, width: int) -> bool:
    """Whether a newline between two lines of a paragraph `width` characters wide ends a sentence."""
    if _BULLET.match(following):
        return True
    if following[0].islower() or line[-1] in ",;—(/&-\u2013":
        return False
    if width not in _WRAP_WIDTHS:
        return True
    return len(line) + 1 + len(following.split(None, 1)[0]) <= 0.8 * width


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, max(start, end - len(piece) + len(piece.rstrip()))


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence that is too long, in pieces that are not. It starts and ends with a character that is not space."""
    while end - start > MAX_SENTENCE_CHARACTERS:
        cut = _cut(text, start)
        yield _trim(text, start, cut)
        following = _NOT_SPACE.search(text, cut, end)
        start = following.start() if following else end
    yield start, end


def _cut(text: str, start: int) -> int:
    """Where to cut the too long sentence at `start`: late, but not so late that nothing fits before."""
    limit = start + MAX_SENTENCE_CHARACTERS
    earliest = start + MAX_SENTENCE_CHARACTERS // 4
    for mark in ("; ", ", ", " ", "\n"):
        found = text.rfind(mark, earliest, limit)
        if found >= 0:
            return found + len(mark.rstrip())
    return limit
