"""Remarks: what whoever brings a list should know of it: what was left out, what matches nothing, what looks odd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pplink.encoders.validation import Validation


NOTHING = "match nothing"
"""What becomes of rows that say too little."""

KEYED: Mapping[str, str] = {"ecdh_psi": NOTHING, "paillier_stats": "count nowhere"}
"""The same of rows without any key, by protocols of sessions that go by keys."""


def of_list(found: Validation, protocol: str) -> Iterator[str]:
    """Lines, none where all is well. protocol: the agreement's."""
    nothing = KEYED.get(protocol, NOTHING)
    if found.bad_rows:
        yield f"bad rows left out {found.bad_rows:,}, the first of them: {found.first}"
    if found.blanked:
        yield f"bad values encoded as missing {found.blanked:,}"
    if found.empty:
        yield f"rows without any value {found.empty:,}: they {nothing}"
    if protocol not in KEYED:
        yield from of_rows(found)
        return
    if found.thin:
        yield f"rows without all parts of any key {found.thin:,}: they {nothing}"
    yield from _same(found)


def of_rows(found: Validation) -> Iterator[str]:
    """The same of rows that are good by themselves, where encodings are compared."""
    if found.thin:
        few = found.thin - found.unnamed
        yield f"rows that {NOTHING}: without a name {found.unnamed:,}, with too few features {few:,}"
    yield from (f"{line} it makes all persons more alike" for line in _same(found))


def _same(found: Validation) -> Iterator[str]:
    for each in found.fields:
        if each.same:
            yield f"{each.name} is the same in every row: is it the right column?"
