import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from models.errors import DataError
from models.schema import Labels
from serve.lookup import describe_group, find_countries, list_groups


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("France", ["FRA"]),
        ("FRA", ["FRA"]),
        ("  the  kremlin ", ["RUS"]),
        ("côte d’ivoire", ["CIV"]),
        ("COTE D'IVOIRE", ["CIV"]),
        ("Burma", ["MMR"]),
        ("Zaire", ["COD"]),
        ("U.S.", ["USA"]),
        ("Burkinabé", ["BFA"]),
        ("eu", ["EU"]),
        ("Brussels", ["EU", "BEL"]),
        ("Congo", ["COD", "COG"]),
    ],
)
def test_name_gives_its_codes_the_likeliest_first(name, codes):
    assert [record["country"] for record in find_countries(name)] == codes


def test_forms_stand_under_their_kinds():
    (france,) = find_countries("Paris")
    assert france["name"] == "France"
    assert "Paris" in france["forms"]["capital"]
    assert "French" in france["forms"]["demonym"]
    assert france["forms"]["name"][0] == "France"
    union, belgium = find_countries("Brussels")
    assert "EU" in union["forms"]["group"]
    assert set(union["forms"]) == {"group", "shared"}
    assert belgium["forms"]["shared"] == ["Brussels"]


def test_every_form_is_found_again():
    from serve.lookup import _index_forms

    for form, codes in list(_index_forms().values())[::25]:
        assert [record["country"] for record in find_countries(form)] == list(dict.fromkeys(codes))


def test_unknown_name_is_one_line_with_the_nearest_and_exit_code_1(stance):
    code, out, err = stance("countries", "Franse")
    assert (code, out) == (1, "")
    assert err.startswith("error: no country or group is called 'Franse': the nearest are France (FRA)")
    assert err.count("\n") == 1
    assert stance("countries", "") == (
        1,
        "",
        "error: no country or group is called '': see `stance groups` for the groups\n",
    )


def test_countries_prints_a_block_for_each(stance):
    code, out, err = stance("countries", "Congo")
    assert (code, err) == (0, "")
    blocks = out.split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == [
        "COD  Democratic Republic of the Congo",
        "COG  Republic of the Congo",
    ]
    assert "  capital  Kinshasa" in blocks[0]


def test_countries_as_json(stance):
    code, out, _ = stance("countries", "Ouagadougou", "--json")
    assert code == 0
    assert json.loads(out) == {"name": "Ouagadougou", "countries": find_countries("Ouagadougou")}


def test_groups_lists_all_groups(stance):
    code, out, _ = stance("groups", "--date", "2019-05-01")
    assert code == 0
    assert "EU         28  European Union" in out.splitlines()
    listed = json.loads(stance("groups", "--date", "2019-05-01", "--json")[1])
    assert len(listed) == len(out.splitlines()) == 34
    assert listed[0]["group"] == "EU"
    assert len(listed[0]["members"]) == 28


def test_groups_prints_members_with_names_on_a_day(stance):
    code, out, _ = stance("groups", "eu", "--date", "2019-05-01")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "EU  European Union: 28 members, 2019-05-01"
    assert lines[1] == "  AUT  Austria, since 1995-01-01"
    assert "  GBR  United Kingdom, since 1973-01-01" in lines
    assert lines[-1].startswith("source: https://")
    assert "United Kingdom" not in stance("groups", "EU", "--date", "2021")[1]
    assert stance("groups", "EU")[1].startswith("EU  European Union: 27 members, latest known\n")


def test_groups_as_json(stance):
    answer = json.loads(stance("groups", "BALTICS", "--json")[1])
    assert answer == describe_group("BALTICS", None)
    assert [member["country"] for member in answer["members"]] == ["EST", "LVA", "LTU"]
    assert (answer["group"], answer["date"]) == ("BALTICS", None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("groups", "ECOWA"), "error: unknown group 'ECOWA': expected one of ECOWAS"),
        (("groups", "EU", "--date", "May"), "error: 'May' is no date: write it as 2019-05-01"),
        (("groups", "--date", "May"), "error: 'May' is no date: write it as 2019-05-01"),
    ],
)
def test_wrong_group_or_date_is_one_line_and_exit_code_1(stance, arguments, message):
    code, out, err = stance(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_members_of_a_list_are_those_of_the_description():
    for record in list_groups("2010"):
        described = describe_group(record["group"], "2010")["members"]
        assert sorted(record["members"]) == sorted(member["country"] for member in described)


def test_g8_is_the_g7_with_russia_while_it_was_a_member(stance):
    assert stance("groups", "G8", "--date", "2005")[1].startswith("G7  Group of Seven: 8 members, 2005\n")
    members = {day: {member["country"] for member in describe_group("G8", day)["members"]} for day in ("2013", "2016")}

    assert members["2013"] - members["2016"] == {"RUS"}
    assert describe_group("g-8", "2005") == describe_group("G8", "2005")
    assert "RUS" not in {member["country"] for member in describe_group("G7", "2005")["members"]}


def test_a_group_is_known_by_its_name_too():
    assert describe_group("Arab League", "2010") == describe_group("ARAB", "2010")


def test_label_expands_groups_only_when_asked(stance, labeller, monkeypatch):
    asked = []

    def label(article, **options) -> Labels:
        asked.append(options)
        if "unlabellable" in article.text:
            raise DataError("write another")
        return Labels(article=article, id="a", proposals=(), stances=())

    monkeypatch.setattr(labeller, "label", label)
    assert stance("label", stdin=b"Norway")[0] == 0
    assert stance("label", "--expand-groups", stdin=b"Norway")[0] == 0
    assert stance("label", "--expand-groups", stdin=b"unlabellable")[0] == 3
    assert asked == [{}, {"expand_groups": True}, {"expand_groups": True}]


def test_evaluate_countries_measures_the_finder_alone(stance, monkeypatch):
    module = ModuleType("evals.countries")
    module.main = lambda data: {"data": data, "recall": 0.5}
    monkeypatch.setitem(sys.modules, "evals.countries", module)
    Path("dev.jsonl").touch()
    code, out, _ = stance("evaluate", "dev.jsonl", "--countries", "--json")
    assert (code, json.loads(out)) == (0, {"data": "dev.jsonl", "recall": 0.5})
    assert stance("evaluate", "dev.jsonl", "--countries")[1].split() == ["data", "dev.jsonl", "recall", "0.500"]
