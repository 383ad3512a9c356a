"""Tabulating: what a unit brings to a session that counts: its list as a table, and noise if that was agreed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from pplink import canonical
from pplink.agreement import signatures
from pplink.agreement.exact import Part, key_name
from pplink.agreement.model import Agreement, Terms
from pplink.agreement.stats import Stats
from pplink.encoders.exact import RecordKeys, record_keys
from pplink.encoders.handles import handles_of
from pplink.encoders.validation import Choices, Validation
from pplink.errors import AgreementError
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing
from pplink.session import account
from pplink.session.noise import drawn
from pplink.session.plan import Remember
from protocols.paillier_stats import Parameters

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

NOISE = "noise"
"""What a transcript keeps of it, so that a session goes on, and is done again, with the same."""
Rows = list[list[int]]
"""Of each cell its count and its sums."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TableInputs:
    """A unit's table."""

    table: Rows
    noise: Rows | None
    account: Path
    """Where it keeps what noisy tables have cost."""
    handles: npt.NDArray[np.uint8]
    """(records, 16)."""
    confirmation: bytes
    """32 bytes: key confirmation of the linkage secret."""
    validation: Validation

    def __len__(self) -> int:
        return len(self.handles)

    @property
    def told(self) -> int:
        """How many records; all learn it."""
        return len(self.handles)

    @property
    def digest(self) -> str:
        """Of table and noise, 64 hex digits. Stays at the unit: unsalted."""
        return hashlib.sha256(canonical.to_bytes([self.table, self.noise or []])).hexdigest()


def stats_of(terms: Terms) -> Stats:
    """The terms on counting. Raises AgreementError if there are none."""
    if not isinstance(terms.stats, Stats):
        raise AgreementError(
            "the agreement has no terms on counting", "propose with --protocol paillier_stats"
        )
    return terms.stats


def prepare(
    people: pd.DataFrame | pa.Table,
    agreement: Agreement,
    ring: KeyRing,
    *,
    parameters: Parameters,
    remember: Remember,
    now: datetime,
    **choices: Unpack[Choices],
) -> TableInputs:
    """A list's table for a session. Arguments and errors as `encoders.pipeline.encode_list`; remember: keeps noise
    that is drawn, and gives it again."""
    today = now.astimezone(UTC).date()
    signatures.check(agreement, today)
    secret, stats = signatures.linkage_secret(agreement, ring), stats_of(agreement.terms)
    keys = (stats.key, *((Part(field=name, form="exact"),) for name in stats.sums))
    found = record_keys(people, agreement.terms, keys, today=today, **choices)
    noise = None if stats.noise is UNSET else _noise(parameters, remember)
    return TableInputs(
        table=tabulate(found, stats),
        noise=noise,
        account=account.place(ring, agreement.id),
        handles=handles_of(found.ids, ring.handle_key(agreement.id)),
        confirmation=derive(secret, Label.KEY_CONFIRMATION),
        validation=found.validation,
    )


def tabulate(found: RecordKeys, stats: Stats) -> Rows:
    """(cells, 1 + sums). A person is counted once in each of its cells, of which the first `touches` count; a number
    that has several values is its largest, and at most `largest`."""
    names = {_item(stats, labels): place for place, labels in enumerate(stats.labels)}
    cells: dict[int, set[int]] = defaultdict(set)
    numbers: dict[tuple[int, int], int] = defaultdict(int)
    for record, which, item in zip(found.record.tolist(), found.which.tolist(), found.items, strict=True):
        if which == 0:
            cells[record] |= {names[item]} if item in names else set()
        else:
            value = int(item.partition(b"\0")[2])
            numbers[record, which] = min(max(numbers[record, which], value), stats.largest)
    table = [[0] * (1 + len(stats.sums)) for _ in range(stats.cells)]
    for record, cell in _touched(cells, stats.touches):
        table[cell][0] += 1
        for which in range(1, 1 + len(stats.sums)):
            table[cell][which] += numbers[record, which]
    return table


def _touched(cells: Mapping[int, set[int]], most: int) -> Iterator[tuple[int, int]]:
    for record, touched in cells.items():
        for cell in sorted(touched)[:most]:
            yield record, cell


def _item(stats: Stats, labels: tuple[str, ...]) -> bytes:
    """A cell's key, as `encoders.exact` makes it of a record."""
    return "\0".join((key_name(stats.key), *labels)).encode()


def _noise(parameters: Parameters, remember: Remember) -> Rows:
    kept = remember(NOISE, lambda: canonical.to_bytes(drawn(parameters)))
    found: Rows = canonical.exactly(kept)
    return found
