"""`stance countries` and `stance groups`: what the country finder's tables say."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from models.errors import DataError
from serve.options import JsonOption
from serve.printing import print_json

KINDS = {
    "name": "name",
    "official": "name",
    "names": "name",
    "demonyms": "demonym",
    "capitals": "capital",
    "seats": "seat",
    "prefixes": "prefix",
}
"""Keys of a record in the tables, and what its forms are called."""
MAX_SUGGESTIONS = 5
MIN_LIKENESS = 0.75
"""Of a suggested form with what was asked, in [0, 1]: 'Franse' has .83 with 'France'."""


def countries(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A code, or words as a news text has them.")],
    as_json: JsonOption = False,
) -> None:
    """Print which country or group a name stands for, and all its forms by kind.

    Example: stance countries Burkinabe
    """
    found = find_countries(name)
    if as_json:
        print_json({"name": name, "countries": found})
        return
    for number, record in enumerate(found):
        if number:
            typer.echo()
        typer.echo(f"{record['country']}  {record['name']}")
        for kind, forms in record["forms"].items():
            typer.echo(f"  {kind:<8} {', '.join(forms)}")


def groups(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A group's code or name; without it all are listed.")
    ] = None,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="The day; default: the latest known.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the members of a group on a day, or all groups.

    Example: stance groups EU --date 2019-05-01
    """
    if code is None:
        records = list_groups(date)
        lines = [f"{r['group']:<9} {len(r['members']):>3}  {r['name']}" for r in records]
        answer: Any = records
    else:
        answer = describe_group(code, date)
        lines = [f"{answer['group']}  {answer['name']}: {len(answer['members'])} members, {date or 'latest known'}"]
        lines += [f"  {m['country']}  {m['name']}, since {m['since']}" for m in answer["members"]]
        lines.append(f"source: {answer['source']}")
    if as_json:
        print_json(answer)
    else:
        typer.echo("\n".join(lines))


def find_countries(name: str) -> list[dict[str, Any]]:
    """The countries and groups that a code or form stands for, the likeliest first, with their forms.

    Raises:
        DataError: Nothing has this name; the message names the nearest forms.
    """
    found = look_up(name)
    if not found:
        forms = _index_forms()
        near = [forms[form] for form in get_close_matches(_fold(name), forms, n=MAX_SUGGESTIONS, cutoff=MIN_LIKENESS)]
        named = ", ".join(f"{form} ({codes[0]})" for form, codes in near)
        advice = f"the nearest are {named}" if near else "see `stance groups` for the groups"
        raise DataError(f"no country or group is called {name!r}: {advice}")
    return found


def look_up(name: str) -> list[dict[str, Any]]:
    """What `find_countries` finds, or nothing; looks for no nearest forms, which takes a hundred times as long."""
    forms = _index_forms()
    plain = _fold(name)
    plain = plain if plain in forms or not plain.startswith("the ") else plain.removeprefix("the ")
    codes = dict.fromkeys(forms[plain][1]) if plain in forms else ()
    return [{"country": code, "name": _read_tables()[code]["name"], "forms": _sort_forms(code)} for code in codes]


def list_countries() -> list[dict[str, str]]:
    """All countries and groups, by code."""
    tables = _read_tables()
    return [{"country": code, "name": tables[code]["name"]} for code in sorted(tables) if code != "shared"]


def describe_group(code: str, date: str | None) -> dict[str, Any]:
    """A group and its members on a day, by name, each with the day on which it joined.

    Args:
        code: Its code, or a name in the tables; a former name counts the members that came with it ('G8').
        date: The day; the latest known without one.
    """
    from models.groups import find_group, read_groups, stays_on

    tables = _read_tables()
    called = [record["country"] for record in look_up(code) if record["country"] in read_groups()]
    group = find_group(called[0] if called else code)
    members = [
        {"country": stay.country, "name": tables[stay.country]["name"], "since": stay.first.isoformat()}
        for stay in stays_on(group.code, date)
        if stay.belongs_as([code])
    ]
    return {
        "group": group.code,
        "name": group.name,
        "date": date,
        "source": group.source,
        "members": sorted(members, key=lambda member: _fold(member["name"])),
    }


def list_groups(date: str | None) -> list[dict[str, Any]]:
    """All groups with the codes of their members on a day."""
    from models.groups import read_groups, stays_on

    return [
        {
            "group": group.code,
            "name": group.name,
            "date": date,
            "members": tuple(s.country for s in stays_on(group.code, date) if s.belongs_as([group.code])),
        }
        for group in read_groups().values()
    ]


@cache
def _read_tables() -> dict[str, dict[str, Any]]:
    """The records of all countries and groups, by code, and the names that several share under `shared`."""
    import models

    folder = Path(models.__file__).parent
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("countries.toml", "groups.toml")]
    return tomllib.loads(texts[0]) | tomllib.loads(texts[1])


@cache
def _index_forms() -> dict[str, tuple[str, list[str]]]:
    """Every form, folded: how it is written, and the codes that it stands for."""
    forms: dict[str, tuple[str, list[str]]] = {}
    tables = _read_tables()
    for form, codes in tables["shared"].items():
        forms[_fold(form)] = (form, list(codes))
    for code in tables:
        if code != "shared":
            for form in [code, *(form for written in _sort_forms(code).values() for form in written)]:
                forms.setdefault(_fold(form), (form, []))[1].append(code)
    return forms


def _sort_forms(code: str) -> dict[str, list[str]]:
    """The forms of a country or group by kind, shared ones included."""
    tables = _read_tables()
    sorted_forms: dict[str, list[str]] = {}
    for key, kind in KINDS.items():
        written = tables[code].get(key, [])
        kind = "group" if "members" in tables[code] else kind
        sorted_forms.setdefault(kind, []).extend([written] if isinstance(written, str) else written)
    sorted_forms["shared"] = [form for form, codes in tables["shared"].items() if code in codes]
    return {kind: list(dict.fromkeys(forms)) for kind, forms in sorted_forms.items() if forms}


def _fold(words: str) -> str:
    from models.folding import fold

    return " ".join(fold(words).text.casefold().split())
