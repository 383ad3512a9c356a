"""UN: the consolidated list of the Security Council's committees, XML, by its sc-sanctions.xsd."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pplink.importers.person import People
from pplink.importers.tree import Entity, entities


def read(path: Path) -> People:
    """All individuals. Raises DataError with the line or the entity's number."""
    people = People()
    for entity in entities(path, "CONSOLIDATED_LIST", "INDIVIDUAL"):
        record_id = entity.text("REFERENCE_NUMBER") or entity.text("DATAID") or entity.where
        people.add(entity.where, record_id, _values(entity))
    return people


def _values(entity: Entity) -> Iterator[tuple[str, str]]:
    parts = (entity.text(f"{part}_NAME") for part in ("FIRST", "SECOND", "THIRD", "FOURTH"))
    yield "name", " ".join(parts)
    yield "name", entity.text("NAME_ORIGINAL_SCRIPT")
    for alias in entity.texts("INDIVIDUAL_ALIAS/ALIAS_NAME"):
        yield "name", alias
    for element in entity.all("INDIVIDUAL_DATE_OF_BIRTH"):
        yield "birth_date", _birth(Entity(entity.where, element))
    for paper in entity.all("INDIVIDUAL_DOCUMENT"):
        yield "document", Entity(entity.where, paper).text("NUMBER")
    for path, column in _COUNTRIES.items():
        yield from ((column, text) for text in entity.texts(path))
    yield "sex", entity.text("GENDER")


_COUNTRIES = {
    "NATIONALITY/VALUE": "nationality",
    "INDIVIDUAL_PLACE_OF_BIRTH/COUNTRY": "birth_country",
    "INDIVIDUAL_ADDRESS/COUNTRY": "residence",
}


def _birth(entity: Entity) -> str:
    """A day, a year, or years; of one that is only about right, the year."""
    first, last = entity.text("FROM_YEAR"), entity.text("TO_YEAR")
    if first and last:
        return f"{first}-{last}"
    about = "circa " if entity.text("TYPE_OF_DATE").upper() == "APPROXIMATELY" else ""
    date = entity.text("DATE") or entity.text("YEAR")
    return about + date if date else ""
