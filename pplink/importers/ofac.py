"""OFAC: the US Treasury's SDN list, and its consolidated one, as XML (sdn.xml, consolidated.xml).

Form: the Treasury's sdnList.xsd; the namespace changed in 2024 and is not looked at. Identities that are no papers
(`Gender`, `Phone Number`) stand among them there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pplink.importers.person import People
from pplink.importers.tree import Entity, entities

PAPERS = re.compile(
    r"passport|identif|\bid\b|i\.d\.|cedula|c\.u\.r\.p|curp|r\.f\.c|\brfc\b|\btax|social security|\bssn|licen[cs]e"
    r"|birth cert|personal|\bd\.?n\.?i\b|\bc\.?u\.?i\.?[tp]|\bn\.?i\.?[te]\b|residen|citizen|military|stateless"
    r"|travel doc|refugee|visa|electoral|cartilla|fiscal code",
    re.IGNORECASE,
)
"""Types of identity that number a person; others are of firms, ships, wallets and web pages."""


def read(path: Path) -> People:
    """All individuals. Raises DataError with the line or the entity's number."""
    people = People()
    for entity in entities(path, "sdnList", "sdnEntry"):
        kind = entity.text("sdnType").lower()
        if kind == "individual":
            people.add(entity.where, entity.text("uid") or entity.where, _values(entity))
        else:
            people.others[kind if kind in ("entity", "vessel", "aircraft") else "another"] += 1
    return people


def _values(entity: Entity) -> Iterator[tuple[str, str]]:
    for element in (entity.element, *entity.all("akaList/aka")):
        own = Entity(entity.where, element)
        yield "name", f"{own.text('firstName')} {own.text('lastName')}"
    yield from (("birth_date", text) for text in entity.texts("dateOfBirthList/dateOfBirthItem/dateOfBirth"))
    for element in entity.all("idList/id"):
        own = Entity(entity.where, element)
        if column := column_of(own.text("idType")):
            yield column, own.text("idNumber")
    for path in ("nationalityList/nationality/country", "citizenshipList/citizenship/country"):
        yield from (("nationality", text) for text in entity.texts(path))
    yield from (("residence", text) for text in entity.texts("addressList/address/country"))
    for text in entity.texts("placeOfBirthList/placeOfBirthItem/placeOfBirth"):
        yield "birth_country", country_of(text)


def column_of(kind: str) -> str:
    """The column for an identity of this type; empty if it is none of a person's."""
    if kind.strip().lower() in ("gender", "phone number"):
        return "sex" if kind.strip().lower() == "gender" else "phone"
    return "document" if PAPERS.search(kind) else ""


def country_of(place: str) -> str:
    """The country at the end of a place, `Basra, Iraq`, also of `Congo, Republic of the`."""
    parts = [part.strip() for part in place.split(",")]
    turned = len(parts) > 1 and parts[-1] in (
        "North",
        "South",
        "Republic of the",
        "Democratic Republic of the",
    )
    return ", ".join(parts[-2:] if turned else parts[-1:])
