"""The tables against three libraries made by others: pycountry (ISO 3166-1), babel (CLDR) and countryinfo."""

import tomllib
from datetime import date
from pathlib import Path

import pycountry
import pytest
from babel import Locale
from countryinfo import CountryInfo

from models.folding import fold

FOLDER = Path(__file__).parents[2] / "models"
COUNTRIES = tomllib.loads((FOLDER / "countries.toml").read_text(encoding="utf-8"))
SHARED = COUNTRIES.pop("shared")
GROUPS = tomllib.loads((FOLDER / "groups.toml").read_text(encoding="utf-8"))
FORMS = ("name", "official", "names", "demonyms", "capitals", "seats")


def split(words: str) -> list[str]:
    return words.split()


UNINHABITED = set(split("ATA ATF BVT HMD SGS UMI"))
NOT_IN_THE_UN = UNINHABITED | set(
    split(
        "ABW AIA ALA ASM BES BLM BMU CCK COK CUW CXR CYM ESH FLK FRO GGY GIB GLP GRL GUF GUM HKG IMN IOT JEY MAC MAF "
        "MNP MSR MTQ MYT NCL NFK NIU PCN PRI PSE PYF REU SHN SJM SPM SXM TCA TKL TWN VAT VGB VIR WLF"
    )
)
NAMES_OF_OTHERS = {
    "FLK": {"Falkland Islands (Malvinas)"},  # brackets are for lists
    "GUY": {"Republic of Guyana"},  # it has been the Co-operative Republic since 1970
    "HKG": {"Hong Kong SAR China", "Hong Kong Special Administrative Region of China"},  # for forms
    "MAC": {"Macao SAR China", "Macao Special Administrative Region of China"},
    "MAF": {"Saint Martin (French part)"},
    "MMR": {"Myanmar (Burma)", "Republic of Myanmar"},  # two names in one; the official name is that of the Union
    "PSE": {"Palestinian Territories"},  # a place; the form that speaks is 'Palestine'
    "SXM": {"Sint Maarten (Dutch part)"},
    "VAT": {"Holy See (Vatican City State)"},
}
"""Names that a library gives and the table leaves out, with the reason."""
CAPITALS_OF_OTHERS = {
    **dict.fromkeys(split("DJI GIB LUX MCO SGP SMR VAT"), "the same word as the country"),
    **dict.fromkeys(
        split("AIA BES BMU CCK CXR FLK HKG IMN IOT MAF MSR NFK PCN REU SHN SPM TKL"),
        "a town that speaks for no government in the news; mostly it is some other place or person",
    ),
    "BOL": "Sucre is the seat of its courts; the government sits in La Paz",
    "PSE": "Jerusalem is disputed; the government sits in Ramallah",
}
DEMONYMS_OF_OTHERS = {
    **dict.fromkeys(split("HKG IOT MAC MNP MTQ MYT REU SJM SPM"), "that of another country"),
    **dict.fromkeys(split("GGY JEY"), "the Channel Islands are two"),
    **dict.fromkeys(split("AIA MDV VCT WLF KNA"), "the library spells it as no text does"),
    **dict.fromkeys(split("CXR DJI GIB"), "the name itself"),
    "IMN": "'Manx' is mostly a cat or a language",
}


def plain(words: str) -> str:
    """Words without accents, capitals, stops, hyphens and the article."""
    folded = fold(words).text.casefold().replace("-", " ").replace(".", "").replace("&", "and").replace("saint ", "st ")
    return " ".join(folded.split()).removeprefix("the ")


def list_forms(record, *keys):
    return [form for key in keys for form in (lambda v: [v] if isinstance(v, str) else v)(record.get(key, []))]


def has(code: str, words: str, *keys: str) -> bool:
    """Whether a form of a country, or one that it shares with others, is these words."""
    shared = [form for form, codes in SHARED.items() if code in codes]
    return plain(words) in {plain(form) for form in [*list_forms(COUNTRIES[code], *keys), *shared]}


def straighten(name: str) -> str:
    """'Iran, Islamic Republic of' as 'Islamic Republic of Iran'."""
    first, _, rest = name.partition(", ")
    return f"{rest} {first}" if rest else name


def names_of_others(code: str) -> set[str]:
    entry = pycountry.countries.get(alpha_3=code)
    found = {entry.name, getattr(entry, "common_name", entry.name), getattr(entry, "official_name", entry.name)}
    return found | {Locale("en").territories[entry.alpha_2]}


def test_every_member_of_the_un_and_whoever_else_acts_is_in_the_table():
    members = {entry.alpha_3 for entry in pycountry.countries} - NOT_IN_THE_UN
    assert len(members) == 193
    assert members - set(COUNTRIES) == set()
    assert {"VAT", "PSE", "XKX", "TWN"} <= set(COUNTRIES)


def test_codes_are_those_of_iso_3166_and_kosovo():
    codes = {entry.alpha_3 for entry in pycountry.countries}
    assert set(COUNTRIES) == codes - UNINHABITED | {"XKX"}
    assert not set(GROUPS) & (codes | {"XKX"})


@pytest.mark.parametrize("code", sorted(set(COUNTRIES) - {"XKX"}))
def test_names_of_iso_and_cldr_are_forms(code):
    keys = ("name", "official", "names")
    unknown = {n for n in names_of_others(code) if not has(code, n, *keys) and not has(code, straighten(n), *keys)}
    assert {plain(name) for name in unknown} <= {plain(name) for name in NAMES_OF_OTHERS.get(code, ())}


@pytest.mark.parametrize("code", sorted(set(COUNTRIES) - {"XKX"} - set(CAPITALS_OF_OTHERS)))
def test_capitals_agree(code):
    capital = CountryInfo(code).capital()
    assert not capital or has(code, capital.removesuffix(" D.C."), "capitals")


@pytest.mark.parametrize("code", sorted(set(COUNTRIES) - {"XKX"} - set(DEMONYMS_OF_OTHERS)))
def test_demonyms_agree(code):
    demonyms = (CountryInfo(code).demonym() or "").split(",")
    assert [demonym for demonym in demonyms if demonym and not has(code, demonym, "demonyms")] == []


def test_exceptions_are_still_needed():
    """An exception that no longer hides anything has to go."""
    keys = ("name", "official", "names")
    for code, names in NAMES_OF_OTHERS.items():
        assert {plain(name) for name in names} <= {plain(name) for name in names_of_others(code)}, code
        assert [name for name in names if has(code, name, *keys) or has(code, straighten(name), *keys)] == [], code
    assert [code for code in CAPITALS_OF_OTHERS if has(code, CountryInfo(code).capital(), "capitals")] == []
    assert [code for code in DEMONYMS_OF_OTHERS if has(code, CountryInfo(code).demonym(), "demonyms")] == []


def test_every_group_member_is_a_country_of_the_table_and_dates_are_in_order():
    for code, record in GROUPS.items():
        assert {"name", "names", "members", "source"} <= set(record), code
        for stay in record["members"]:
            assert set(stay) <= {"iso3", "from", "to", "words"}, (code, stay)
            assert stay["iso3"] in COUNTRIES, (code, stay)
            assert date(1945, 1, 1) <= stay["from"] <= stay.get("to", date.max), (code, stay)
        assert record["source"].startswith("http"), code


def test_no_form_stands_for_two_unless_it_is_shared():
    owners: dict[str, set[str]] = {}
    for code, record in (COUNTRIES | GROUPS).items():
        for form in list_forms(record, *FORMS, "prefixes"):
            owners.setdefault(fold(form).text, set()).add(code)
    doubled = {form: sorted(codes) for form, codes in owners.items() if len(codes) > 1}
    assert doubled == {}
    for form, codes in SHARED.items():
        assert owners.get(fold(form).text, set()) <= set(codes), form


def test_shared_forms_belong_to_two_or_more():
    for form, codes in SHARED.items():
        assert len(set(codes)) == len(codes) >= 2, form
        assert set(codes) <= set(COUNTRIES) | set(GROUPS), form


def test_weak_and_guarded_forms_are_forms_of_the_same_record():
    for code, record in (COUNTRIES | GROUPS).items():
        forms = set(list_forms(record, *FORMS))
        assert set(record.get("weak", ())) | set(record.get("guarded", ())) <= forms, code


def test_no_record_has_a_form_twice():
    for code, record in (COUNTRIES | GROUPS).items():
        for key in FORMS:
            forms = list_forms(record, key)
            assert len(set(forms)) == len(forms), (code, key)
