"""What holds for the mentions of any text, however odd its letters."""

import tomllib
import unicodedata
from itertools import pairwise
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.countries import CountryFinder
from models.folding import fold

TABLES = Path(__file__).parents[2] / "models"
COUNTRIES = tomllib.loads((TABLES / "countries.toml").read_text(encoding="utf-8"))
GROUPS = tomllib.loads((TABLES / "groups.toml").read_text(encoding="utf-8"))
KINDS = ("name", "official", "names", "demonyms", "capitals", "seats", "prefixes")
NEUTRAL = "It rained all night, and the river rose.\n\n"


def list_forms() -> list[str]:
    records = (COUNTRIES | GROUPS).values()
    words = [record.get(key, []) for record in records if "name" in record for key in KINDS]
    return [*COUNTRIES["shared"], *(form for forms in words for form in ([forms] if isinstance(forms, str) else forms))]


def drop_marks(text: str) -> str:
    return "".join(letter for letter in text if not unicodedata.combining(letter))


FORMS = list_forms()
KNOWN = {fold(form).text.casefold() for form in FORMS}
written = st.sampled_from(FORMS).flatmap(
    lambda form: st.sampled_from(
        [form, form.upper(), unicodedata.normalize("NFD", form), form.replace("'", "’"), form.replace(" ", "\u00a0")]
    )
)
JOINTS = (" ", ", ", " and ", "-", "/", "'s ", "’s ", ". ", "\n", "\r\n", "\n\n", " (", ") ", ' "', "_", "x", "7", "")
SIGNS = ("\u200b", "\u00ad", "\u0301", "\ufeff", "👩‍👩‍👧 ", " قال ", " 中国 ", "ß", " İ", "ﬁ ", "\t", "  ", "@", "$")
WORDS = (
    " in ",
    " of the ",
    " President ",
    " French Foreign Minister Anna Morel ",
    " Morel ",
    " Mr. al-Tayeb ",
    " said ",
)
glue = st.sampled_from(JOINTS + SIGNS + WORDS)
texts = st.lists(st.one_of(written, glue, st.text(max_size=3)), max_size=24).map("".join)


@settings(max_examples=100, deadline=None)
@given(text=texts)
def test_mentions_lie_in_order_and_never_overlap(text):
    mentions = CountryFinder.load().find_mentions(text)

    assert all(0 <= m.span.start < m.span.end <= len(text) for m in mentions)
    assert all(a.span.end <= b.span.start for a, b in pairwise(mentions))


@settings(max_examples=100, deadline=None)
@given(text=texts)
@example(text="French Foreign Minister Anna Morel BrusselsB.V.I.")
@example(text="Brussels\u0816")
def test_mentions_never_cut_a_word_or_a_letter_with_its_marks(text):
    for mention in CountryFinder.load().find_mentions(text):
        start, end = mention.span.start, mention.span.end
        assert not (start and text[start - 1].isalnum() and text[start].isalnum())
        assert not (text[end - 1].isalnum() and text[end : end + 1].isalnum())
        assert not unicodedata.combining(text[end : end + 1] or " ")


@settings(max_examples=100, deadline=None)
@given(text=texts)
def test_the_words_of_a_mention_are_a_form_of_the_tables(text):
    for mention in CountryFinder.load().find_mentions(text):
        if mention.kind != "official":
            assert drop_marks(fold(text[mention.span.start : mention.span.end]).text).casefold() in KNOWN


@settings(max_examples=100, deadline=None)
@given(text=texts)
def test_an_unrelated_paragraph_before_changes_nothing(text):
    text = f"The envoys listened. {text}"
    finder = CountryFinder.load()

    alone = [(m.span.start, m.span.end, m.country, m.kind) for m in finder.find_mentions(text)]
    moved = [
        (m.span.start - len(NEUTRAL), m.span.end - len(NEUTRAL), m.country, m.kind)
        for m in finder.find_mentions(NEUTRAL + text)
    ]

    assert moved == alone


@settings(max_examples=50, deadline=None)
@given(text=texts, title=texts)
def test_offsets_of_title_and_text_index_their_own_words(text, title):
    for mention in CountryFinder.load().find_mentions(text, title):
        words = {"text": text, "title": title}[mention.span.field]
        assert 0 <= mention.span.start < mention.span.end <= len(words)
