"""Catalogue: the kinds that an agreement may name. Each is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from pplink.fields.kind import Kind

_HOMES = {
    "name": ("texts", "NAME"),
    "text": ("texts", "TEXT"),
    "date": ("dates", "DATE"),
    "day": ("days", "DAY"),
    "number": ("numbers", "NUMBER"),
    "category": ("categories", "CATEGORY"),
    "person_name": ("persons", "PERSON_NAME"),
    "life_date": ("lifedates", "LIFE_DATE"),
    "document": ("documents", "DOCUMENT"),
    "country": ("countries", "COUNTRY"),
    "phone": ("phones", "PHONE"),
    "sex": ("sexes", "SEX"),
}
"""By the word that stands in an agreement: the module of this room, and the name in it."""


class _Kinds(Mapping[str, Kind]):
    def __getitem__(self, word: str) -> Kind:
        module, name = _HOMES[word]
        kind: Kind = getattr(import_module(f"pplink.fields.{module}"), name)
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(_HOMES)

    def __len__(self) -> int:
        return len(_HOMES)


KINDS: Mapping[str, Kind] = _Kinds()
"""By the word that stands in an agreement."""
