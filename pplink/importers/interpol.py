"""Interpol: Red Notices as its public API gives them: pages (`_embedded.notices`), single notices, or lists of both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pplink.errors import DataError
from pplink.importers.lines import document_of
from pplink.importers.person import People

DEEPEST = 3
"""A list of pages of notices."""


def read(path: Path) -> People:
    """All notices. Raises DataError with the notice's number."""
    people = People()
    for number, notice in enumerate(_notices(path, document_of(path), DEEPEST), start=1):
        where = f"notice {number}"
        people.add(where, _text(where, "entity_id", notice.get("entity_id")) or where, _values(where, notice))
    return people


def _notices(path: Path, value: Any, depth: int) -> Iterator[dict[str, Any]]:
    match value:
        case list() if depth:
            for each in value:
                yield from _notices(path, each, depth - 1)
        case {"_embedded": {"notices": list(notices)}} if depth:
            yield from _notices(path, notices, depth - 1)
        case dict() if "entity_id" in value or "forename" in value or "name" in value:
            yield value
        case _:
            raise DataError(
                f"{path.name} has something that is no Red Notice", "is it the API's answer, whole?"
            )


def _values(where: str, notice: dict[str, Any]) -> Iterator[tuple[str, str]]:
    def text(key: str) -> str:
        return _text(where, key, notice.get(key))

    yield "name", f"{text('forename')} {text('name')}"
    yield "birth_date", text("date_of_birth").replace("/", "-")
    yield "sex", text("sex_id")
    yield "birth_country", text("country_of_birth_id")
    nationalities = notice.get("nationalities") or []
    if not isinstance(nationalities, list):
        raise DataError(f"{where}: nationalities is no list", "is it the API's answer, whole?")
    yield from (("nationality", _text(where, "nationalities", each)) for each in nationalities)


def _text(where: str, key: str, value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise DataError(f"{where}: {key} is no text", "is it the API's answer, whole?")
