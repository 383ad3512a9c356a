"""Public lists in their own formats become one table; what no field can read is counted, what is broken is refused."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.errors import DataError, UsageError
from pplink.fields.catalogue import KINDS
from pplink.importers import catalogue
from pplink.importers.person import COLUMNS
from pplink.importers.table import to_table

LISTS = Path(__file__).parent / "lists"
"""Persons made up, in the real formats."""
XML = {"ofac-xml": "ofac.xml", "eu-xml": "eu.xml", "un-xml": "un.xml"}
SETS: dict[str, tuple[str, ...]] = {
    **{name: (file,) for name, file in XML.items()},
    "ofac-csv": ("alt.csv", "add.csv", "sdn.csv"),
    "interpol-json": ("interpol.json",),
    "followthemoney": ("ftm.json",),
}
EVERY_FORMAT = pytest.mark.parametrize("format_", catalogue.FORMATS)
EVERY_XML = pytest.mark.parametrize("format_", XML)

YEARS = "1961-04-03;1962;1963/1965"
EXPECTED = {
    "ofac-xml": {
        "7001": {
            "name": "Bertil KVARNSTROM;KVARN;Бертиль Кварнстрем",
            "birth_date": YEARS,
            "document": "xa4410072",
            "nationality": "cd",
            "birth_country": "kp",
            "residence": "se",
            "phone": "+46701740605",
            "sex": "m",
        },
        "7003": {"name": "Ada LOVELORN"},
    },
    "ofac-csv": {
        "7001": {
            "name": "KVARNSTROM, Bertil;KVARN;KVARNSTRÖM, Bertil",
            "birth_date": "1961-04-03;1962",
            "document": "xa4410072;196104031234",
            "nationality": "se;cd",
            "birth_country": "kp",
            "residence": "se",
            "sex": "m",
        },
        "7003": {"name": "LOVELORN, Ada", "birth_date": "1815"},
    },
    "eu-xml": {
        "EU.9001.1": {
            "name": "Bertil Kvarnström;B. Kvarn",
            "birth_date": YEARS,
            "document": "xa4410072",
            "nationality": "se",
            "birth_country": "kp",
            "residence": "se",
            "phone": "+46701740605",
            "sex": "m",
        }
    },
    "un-xml": {
        "TTi.001": {
            "name": "BERTIL KVARNSTROM;برتيل كفارنستروم;Bertil Kvarn",
            "birth_date": YEARS,
            "document": "xa4410072",
            "nationality": "se",
            "birth_country": "suhh",
            "residence": "ps",
            "sex": "m",
        }
    },
    "interpol-json": {
        "2030/1": {
            "name": "BERTIL KVARNSTROM",
            "birth_date": "1961-04-03",
            "nationality": "se;cd",
            "birth_country": "kp",
            "sex": "m",
        },
        "2030/2": {"name": "LOVELORN", "birth_date": "1815"},
    },
    "followthemoney": {
        "Q1": {
            "name": "Bertil Kvarnström;Кварнстрем Бертиль;Kvarn",
            "birth_date": "1961-04-03;1962",
            "document": "xa4410072;yb991177",
            "nationality": "se;cd",
            "birth_country": "suhh",
            "residence": "se",
            "phone": "+46701740605",
            "sex": "m",
        },
        "Q2": {"name": "Ada Lovelorn", "birth_date": "1815-12-10", "document": "zc120034"},
    },
}


def paths_of(format_: str) -> list[Path]:
    return [LISTS / name for name in SETS[format_]]


def imported(paths: Sequence[Path], format_: str | None = None) -> dict[str, dict[str, str]]:
    rows = to_table(catalogue.read(paths, format_)).to_pylist()
    return {row.pop("record_id"): {name: value for name, value in row.items() if value} for row in rows}


def refused(data: bytes | str, format_: str, place: Path) -> DataError:
    path = place / "broken"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(DataError) as caught:
        imported([path], format_)
    assert "KVARN" not in caught.value.message.upper()
    return caught.value


@EVERY_FORMAT
def test_a_list_is_recognised_and_all_that_it_says_of_persons_is_read(format_):
    assert imported(paths_of(format_)) == EXPECTED[format_]
    assert imported(paths_of(format_), format_) == EXPECTED[format_]


@EVERY_FORMAT
def test_every_value_in_a_table_is_one_that_its_kind_reads(format_):
    for row in imported(paths_of(format_)).values():
        for column, value in row.items():
            assert all(KINDS[COLUMNS[column]].normalise(each) for each in value.split(";"))


def test_what_is_no_person_and_what_no_field_reads_is_counted():
    people = catalogue.read(paths_of("eu-xml"))
    assert people.others == {"entity": 1}
    (document,) = [each for each in people.counts() if each.column == "document"]
    assert (document.persons, document.values, document.left_out) == (1, 1, 1)
    assert document.first_problem.startswith("is no document number")
    assert catalogue.read(paths_of("ofac-csv")).others == {"entity": 1}


def test_a_person_told_of_in_two_places_is_one(tmp_path):
    pages = [json.loads((LISTS / "interpol.json").read_text())] * 2
    (tmp_path / "pages.json").write_text(json.dumps(pages))
    assert imported([tmp_path / "pages.json"]) == EXPECTED["interpol-json"]


def test_sdn_needs_neither_alt_nor_add_but_they_need_it():
    assert imported([LISTS / "sdn.csv"])["7001"]["name"] == "KVARNSTROM, Bertil;KVARN"
    with pytest.raises(UsageError, match=r"none of the files is sdn\.csv"):
        imported([LISTS / "alt.csv"], "ofac-csv")
    with pytest.raises(DataError, match=r"is none of"):
        imported([LISTS / "sdn.csv", LISTS / "sdn.csv"])


def test_remarks_that_sdn_had_no_room_for_go_on_in_comments(tmp_path):
    whole = (LISTS / "sdn.csv").read_text()
    cut = whole.index("circa 1962") + 3
    end = whole.index('"', cut)
    (tmp_path / "sdn.csv").write_text(whole[:cut] + whole[end:])
    (tmp_path / "sdn_comments.csv").write_text(
        f'7001,"{whole[cut : cut + 3]}"\n7001,"{whole[cut + 3 : end]}"\n9999,"DOB 1950."\n'
    )
    paths = [tmp_path / "sdn_comments.csv", tmp_path / "sdn.csv"]
    assert imported(paths, "ofac-csv") == imported([LISTS / "sdn.csv"])
    assert imported(paths[1:]) != imported([LISTS / "sdn.csv"])


def test_a_person_may_have_a_hundred_thousand_papers(tmp_path):
    numbers = [f"A{number}" for number in range(1_000, 101_000)]
    entity = {"id": "a", "schema": "Person", "properties": {"idNumber": numbers + numbers[:9]}}
    (tmp_path / "a.json").write_text(json.dumps(entity))
    (person,) = imported([tmp_path / "a.json"], "followthemoney").values()
    assert person["document"] == ";".join(numbers).lower()


@EVERY_XML
def test_xml_that_ends_early_is_refused_with_its_line(format_, tmp_path):
    data = (LISTS / XML[format_]).read_bytes()
    for end in range(60, len(data) - 1, 97):
        assert "line " in refused(data[:end].rstrip(), format_, tmp_path).message


@EVERY_XML
@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "line 1: is not well-formed"),
        ("plain words", "line 1: is not well-formed"),
        ("<other/>", "does not begin with"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "not well-formed|not known"),
        (b"<export>\xff\xfe</export>", "not well-formed|begin with"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><export>&b;</export>", "document type"),
        ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><export/>", "document type"),
        ("<export>&undefined;</export>", "not well-formed|begin with"),
    ],
)
def test_what_is_no_such_xml_is_refused(format_, data, said, tmp_path):
    assert re.search(said, refused(data, format_, tmp_path).message)


@EVERY_XML
def test_laughs_by_the_billion_are_refused_before_they_expand(format_, tmp_path):
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 30))
    root = (LISTS / XML[format_]).read_text().partition("?>")[2]
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>{root}'
    assert "document type" in refused(text, format_, tmp_path).message


@EVERY_XML
@pytest.mark.parametrize(
    ("size", "said"),
    [
        (5_000, "entity 1: name is longer than 4,096 characters"),
        (10_000_000, "there is a text of more than 4 MiB"),
    ],
)
def test_a_name_of_ten_megabytes_is_refused(format_, size, said, tmp_path):
    long = "B" * size
    text = (LISTS / XML[format_]).read_text().replace("Bertil Kvarns", long).replace(">Bertil<", f">{long}<")
    assert said in refused(text.replace("BERTIL", long), format_, tmp_path).message


def test_elements_without_end_are_refused(tmp_path):
    assert (
        "more than 100,000"
        in refused("<export><sanctionEntity>" + "<a/>" * 100_001, "eu-xml", tmp_path).message
    )
    assert "too deep" in refused("<export>" + "<a>" * 1_000, "eu-xml", tmp_path).message


def test_a_list_without_persons_is_an_empty_table(tmp_path):
    (tmp_path / "none.xml").write_text("<sdnList><sdnEntry><sdnType>Vessel</sdnType></sdnEntry></sdnList>")
    assert imported([tmp_path / "none.xml"]) == {}


def test_an_entity_without_an_id_is_named_by_its_place(tmp_path):
    text = "<sdnList><sdnEntry/><sdnEntry><sdnType>Individual</sdnType><lastName>Li</lastName></sdnEntry></sdnList>"
    (tmp_path / "a.xml").write_text(text)
    assert imported([tmp_path / "a.xml"]) == {"entity 2": {"name": "Li"}}


@pytest.mark.parametrize(
    ("format_", "data", "said"),
    [
        ("ofac-csv", "", "is empty"),
        ("ofac-csv", b'1,"K\xe9","individual"\n', "line 1: is not UTF-8"),
        ("ofac-csv", "1,2,3\n", "is none of sdn.csv, alt.csv, add.csv and sdn_comments.csv"),
        ("ofac-csv", '1,"a"' + ",-0- " * 10 + "\n2,b\n", "line 2 has 2 cells where the first has 12"),
        ("ofac-csv", '1,"' + "x" * 200_000 + '"\n', "line 1: is no CSV"),
        ("interpol-json", "", "is empty"),
        ("interpol-json", "{", "line 1: is no JSON"),
        ("interpol-json", '[{"a":\n1}, {', "line 2: is no JSON"),
        ("interpol-json", b'["\xff"]', "line 1: is not UTF-8"),
        ("interpol-json", "[" * 100_000, "no JSON"),
        ("interpol-json", '[{"forename": 7}]', "notice 1: forename is no text"),
        ("interpol-json", '[{"forename": "KVARN", "nationalities": "SE"}]', "notice 1: nationalities is no list"),
        ("interpol-json", '[{"name": "KVARN\\u0000"}]', "notice 1: name has a NUL"),
        ("interpol-json", '[{"name": "KVARN\\ud800"}]', "notice 1: name has half a character"),
        ("interpol-json", '{"other": 1}', "no Red Notice"),
        ("interpol-json", "[[[[[{}]]]]]", "no Red Notice"),
        ("followthemoney", "", "is empty"),
        ("followthemoney", "{}\n", "line 1: is no entity"),
        ("followthemoney", "[]\n", "line 1: is no JSON object"),
        ("followthemoney", '{"id": "a", "schema": "Person", "properties": {"name": "KVARN"}}', "name is no list"),
        ("followthemoney", '{"id": "a", "schema": "Person", "properties": {}}\n{"id"', "line 2: is no JSON object"),
        ("followthemoney", '{"id": "a\\u0000", "schema": "Person", "properties": {}}', "line 1: its id has a NUL"),
        ("followthemoney", '\n{"id": "a", "schema": "Person", "properties": {"name": ["' + "K" * 5_000 + '"]}}',
         "line 2: name is longer than"),
    ],
)  # fmt: skip
def test_what_is_no_such_text_is_refused_with_its_place(format_, data, said, tmp_path):
    assert said in refused(data, format_, tmp_path).message


def test_a_line_without_end_is_refused(tmp_path):
    assert "is longer than" in refused(b"1" * (1 << 24), "followthemoney", tmp_path).message


@pytest.mark.parametrize("text", ["record_id,name\n1,Ann\n", "%PDF-1.7", "<html></html>", "{}", "\0" * 40])
def test_another_file_is_not_recognised(text, tmp_path):
    (tmp_path / "x").write_text(text)
    with pytest.raises(UsageError, match="no format that is recognised"):
        imported([tmp_path / "x"])


def test_a_format_that_is_one_file_takes_no_two():
    with pytest.raises(UsageError, match="one file"):
        imported([LISTS / "un.xml", LISTS / "eu.xml"])
    with pytest.raises(UsageError, match="no format of that name"):
        imported([LISTS / "un.xml"], "xml")
    with pytest.raises(UsageError, match="does not exist"):
        imported([LISTS / "missing.xml"])
    with pytest.raises(UsageError, match="is a folder"):
        imported([LISTS], "un-xml")


@EVERY_FORMAT
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_a_damaged_list_is_read_or_refused_and_nothing_else(format_, data):
    whole = (LISTS / SETS[format_][-1]).read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    damaged = (
        whole[:start] + data.draw(st.binary(max_size=4)) + whole[start + data.draw(st.integers(0, 40)) :]
    )
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "damaged"
        path.write_bytes(damaged)
        with contextlib.suppress(DataError, UsageError):
            imported([path], format_)
