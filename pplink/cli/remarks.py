"""Remarks: what whoever brings a list should know of it: what was left out, what matches nothing, what looks odd."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pplink.encoders.validation import Validation


def of_list(found: Validation, nothing: str) -> Iterator[str]:
    """Lines, none where all is well. nothing: what becomes of rows that say too little: they `match nothing`."""
    if found.bad_rows:
        yield f"bad rows left out {found.bad_rows:,}, the first of them: {found.first}"
    if found.blanked:
        yield f"bad values encoded as missing {found.blanked:,}"
    if found.empty:
        yield f"rows without any value {found.empty:,}: they {nothing}"
    yield from of_rows(found, nothing)


def of_rows(found: Validation, nothing: str = "match nothing") -> Iterator[str]:
    """The same of rows that are good by themselves."""
    if found.thin:
        few = found.thin - found.unnamed
        yield f"rows that {nothing}: without a name {found.unnamed:,}, with too few features {few:,}"
    for each in found.fields:
        if each.same:
            yield (
                f"{each.name} is the same in every row: is it the right column? it makes all persons more alike"
            )
