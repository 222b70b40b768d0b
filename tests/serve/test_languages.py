import pytest

from serve.languages import find_other_language

ENGLISH = "Norway voted against the fishing ban on Monday, and the delegates of Peru walked out of the hall."


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        "Norway voted no.",
        "unlabellable",
        "",
        "1 2 3 " * 40,
        "Bahrain, Belarus, Brazil, Egypt, Guatemala, Haiti, Hungary, Iraq, Libya, Mali, Nigeria, Poland and Yemen.",
        ENGLISH.upper(),
    ],
)
def test_english_short_or_wordless_text_is_not_flagged(text):
    assert find_other_language(text) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Deutschland stimmte am Montag in der Generalversammlung gegen das Fangverbot, Norwegen enthielt sich."),
        ("fr", "La France a voté contre l'interdiction de la pêche en haute mer, et la Norvège s'est abstenue lundi."),
        ("zh", "挪威投票反对捕鱼禁令。"),
        ("ru", "Россия проголосовала против."),
    ],
)
def test_other_language_is_named(language, text):
    assert find_other_language(text) == language
