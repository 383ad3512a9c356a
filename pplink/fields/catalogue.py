"""Catalogue: the kinds that an agreement may name."""

from __future__ import annotations

from pplink.fields.categories import CATEGORY
from pplink.fields.countries import COUNTRY
from pplink.fields.dates import DATE
from pplink.fields.documents import DOCUMENT
from pplink.fields.kind import Kind
from pplink.fields.lifedates import LIFE_DATE
from pplink.fields.numbers import NUMBER
from pplink.fields.persons import PERSON_NAME
from pplink.fields.phones import PHONE
from pplink.fields.sexes import SEX
from pplink.fields.texts import NAME, TEXT

KINDS: dict[str, Kind] = {
    "name": NAME,
    "text": TEXT,
    "date": DATE,
    "number": NUMBER,
    "category": CATEGORY,
    "person_name": PERSON_NAME,
    "life_date": LIFE_DATE,
    "document": DOCUMENT,
    "country": COUNTRY,
    "phone": PHONE,
    "sex": SEX,
}
"""By the word that stands in an agreement."""
