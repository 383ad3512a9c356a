"""FollowTheMoney: entities as JSON lines, as OpenSanctions publishes its collections (entities.ftm.json) and nested
targets (targets.nested.json). Properties: https://followthemoney.tech/explorer/schemata/Person/.

Read as JSON: the package followthemoney is for making and checking entities, and here some properties are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pplink.errors import DataError
from pplink.importers.lines import objects_of
from pplink.importers.person import People

PROPERTIES = {
    "name": "name",
    "alias": "name",
    "weakAlias": "name",
    "previousName": "name",
    "birthDate": "birth_date",
    "passportNumber": "document",
    "idNumber": "document",
    "taxNumber": "document",
    "socialSecurityNumber": "document",
    "nationality": "nationality",
    "citizenship": "nationality",
    "birthCountry": "birth_country",
    "country": "residence",
    "phone": "phone",
    "gender": "sex",
}
"""A person's properties, and the column for each."""

NAME_PARTS = ("firstName", "secondName", "middleName", "fatherName", "motherName", "lastName")
"""Make a name where an entity has no whole one."""

PAPERS = ("Passport", "Identification")
"""Schemata of entities that are a paper of their `holder`."""


def read(path: Path) -> People:
    """All entities of schema Person, with the papers that others in the file hold for them. Raises DataError with
    the line."""
    people = People()
    papers: list[tuple[str, str, str]] = []
    persons: set[str] = set()
    for where, entity in objects_of(path):
        schema, own, properties = _parts(where, entity)
        if schema == "Person":
            persons.add(own)
            people.add(where, own, _values(where, properties))
        elif schema in PAPERS:
            numbers = _texts(where, properties, "number")
            papers += [
                (where, holder, number)
                for holder in _texts(where, properties, "holder")
                for number in numbers
            ]
        else:
            people.others["another"] += 1
    for where, holder, number in papers:
        if holder in persons:
            people.add(where, holder, [("document", number)])
    return people


def _parts(where: str, entity: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Schema, id, properties."""
    match entity:
        case {"id": str(own), "schema": str(schema), "properties": dict(properties)} if own:
            return schema, own, properties
    raise DataError(f"{where}: is no entity: id, schema and properties", "is it FollowTheMoney JSON?")


def _values(where: str, properties: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, column in PROPERTIES.items():
        yield from ((column, text) for text in _texts(where, properties, name))
    if not properties.get("name"):
        yield "name", " ".join(text for part in NAME_PARTS for text in _texts(where, properties, part)[:1])
    for nested in _nested(properties):
        yield from (("document", text) for text in _texts(where, nested, "number"))


def _nested(properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Properties of papers that stand within their holder."""
    for values in properties.values():
        for value in values if isinstance(values, list) else ():
            match value:
                case {"schema": str(schema), "properties": dict(inner)} if schema in PAPERS:
                    yield inner


def _texts(where: str, properties: dict[str, Any], name: str) -> list[str]:
    """A property's values, without entities that are nested in it."""
    values = properties.get(name) or []
    if not isinstance(values, list) or not all(isinstance(each, str | dict) for each in values):
        raise DataError(f"{where}: {name} is no list of texts", "is it FollowTheMoney JSON?")
    return [each for each in values if isinstance(each, str)]
