"""EU: the consolidated list of financial sanctions (FSF), XML 1.1, as the European Commission publishes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from pplink.importers.person import People
from pplink.importers.tree import Entity, entities

NOT_PAPERS = ("regnumber", "swiftbic", "imo")
"""Types of identification that may number a firm or a ship."""


def read(path: Path) -> People:
    """All persons. Raises DataError with the line or the entity's number."""
    people = People()
    for entity in entities(path, "export", "sanctionEntity"):
        kinds = [element.get("code", "").lower() for element in entity.all("subjectType")]
        if kinds == ["person"]:
            own = entity.element
            people.add(
                entity.where,
                own.get("euReferenceNumber") or own.get("logicalId") or entity.where,
                _values(entity),
            )
        else:
            people.others["entity" if kinds else "none"] += 1
    return people


def _values(entity: Entity) -> Iterator[tuple[str, str]]:
    for alias in entity.all("nameAlias"):
        parts = (alias.get(part, "") for part in ("firstName", "middleName", "lastName"))
        yield "name", alias.get("wholeName") or " ".join(parts)
        yield "sex", alias.get("gender", "")
    for birth in entity.all("birthdate"):
        yield "birth_date", _birth(birth.attrib)
        yield "birth_country", _country(birth)
    for citizenship in entity.all("citizenship"):
        yield "nationality", _country(citizenship)
    for paper in entity.all("identification"):
        if paper.get("identificationTypeCode", "").lower() not in NOT_PAPERS:
            yield "document", paper.get("latinNumber", "") or paper.get("number", "")
    for address in entity.all("address"):
        yield "residence", _country(address)
        for contact in address:
            if contact.get("key", "").upper().startswith(("PHONE", "MOBILE")):
                yield "phone", contact.get("value", "")


def _birth(parts: Mapping[str, str]) -> str:
    """A day, or what of one there is; of a day that is only about right, the year."""
    year = parts.get("year", "")
    about = "circa " if parts.get("circa") == "true" else ""
    if parts.get("birthdate"):
        return about + parts["birthdate"]
    if parts.get("yearRangeFrom") and parts.get("yearRangeTo"):
        return f"{parts['yearRangeFrom']}-{parts['yearRangeTo']}"
    month, day = parts.get("monthOfYear", ""), parts.get("dayOfMonth", "")
    return about + "-".join(part for part in (year, month, day if month else "") if part)


def _country(element: Element) -> str:
    """By code; `00` is one that is not known."""
    code = element.get("countryIso2Code", "")
    return "" if code == "00" else code or element.get("countryDescription", "")
