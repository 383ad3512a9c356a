"""Sum inputs: what a unit brings to a session that adds up one unit's numbers over common keys."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from msgspec import UNSET
from msgspec.structs import replace

from pplink.agreement import signatures
from pplink.agreement.exact import Part, Sums
from pplink.agreement.model import Agreement, Terms
from pplink.encoders.exact import RecordKeys, record_keys
from pplink.encoders.handles import handles_of
from pplink.encoders.validation import Choices, Validation
from pplink.errors import AgreementError
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing
from pplink.session import keeper
from pplink.session.exact import exact_of, filled
from protocols.ecdh_psi_sum import SecretKey

Item = tuple[bytes, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True, eq=False)
class SumInputs:
    """A unit's keys, and the holder's numbers to them."""

    items: tuple[Item, ...]
    """Each with its numbers; with none at the unit that is not the holder."""
    key: SecretKey | None
    """The holder's."""
    handles: npt.NDArray[np.uint8]
    """(records, 16)."""
    told: int
    """Elements that the unit sends: its different keys, filled up as agreed."""
    confirmation: bytes
    """32 bytes: key confirmation of the linkage secret."""
    validation: Validation

    def __len__(self) -> int:
        return len(self.handles)

    @property
    def digest(self) -> str:
        """Of keys and numbers, 64 hex digits. Stays at the unit: unsalted."""
        return hashlib.sha256(repr((self.told, self.items)).encode()).hexdigest()


def sums_of(terms: Terms) -> Sums:
    """The terms on sums. Raises AgreementError if there are none."""
    agreed = exact_of(terms)
    if agreed.sums is UNSET:
        raise AgreementError("the agreement reveals no sums", "propose with --reveal sums")
    return agreed.sums


def prepare(
    people: Any,
    agreement: Agreement,
    ring: KeyRing,
    *,
    now: datetime,
    **choices: Unpack[Choices],
) -> SumInputs:
    """A list's keys for a session, with numbers at the holder alone. Arguments and errors as `exact.prepare`."""
    today = now.astimezone(UTC).date()
    signatures.check(agreement, today)
    secret, agreed, sums = (
        signatures.linkage_secret(agreement, ring),
        exact_of(agreement.terms),
        sums_of(agreement.terms),
    )
    holds = ring.name == sums.holder
    numbers = sums.fields if holds else ()
    keys = (agreed.keys[0], *((Part(field=name, form="exact"),) for name in numbers))
    fields = tuple(each for each in agreement.terms.fields if holds or each.name not in sums.fields)
    if not holds:
        choices["ignore_extra"] = True
    found = record_keys(people, replace(agreement.terms, fields=fields), keys, today=today, **choices)
    items = _valued(found, sums, len(numbers))
    return SumInputs(
        items=items,
        key=keeper.load(ring).key if holds else None,
        handles=handles_of(found.ids, ring.handle_key(agreement.id)),
        told=filled(agreed, max(1, len({item for item, _ in items}))),
        confirmation=derive(secret, Label.KEY_CONFIRMATION),
        validation=found.validation,
    )


def _valued(found: RecordKeys, sums: Sums, numbers: int) -> tuple[Item, ...]:
    """Each record's key, or keys, with its numbers: of several the largest, at most `largest`; none is 0."""
    values: dict[tuple[int, int], int] = defaultdict(int)
    rows = list(zip(found.record.tolist(), found.which.tolist(), found.items, strict=True))
    for record, which, item in rows:
        if which:
            value = min(int(item.partition(b"\0")[2]), sums.largest)
            values[record, which] = max(values[record, which], value)
    return tuple(
        sorted(
            (item, tuple(values[record, which] for which in range(1, 1 + numbers)))
            for record, kind, item in rows
            if kind == 0
        )
    )
