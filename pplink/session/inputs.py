"""Inputs: what a unit brings to a session: its people as bits and handles, in an order that tells nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Unpack

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from pplink import canonical
from pplink.agreement import signatures
from pplink.agreement.model import Agreement
from pplink.encoders.handles import in_order, renamed
from pplink.encoders.pipeline import encode_list
from pplink.encoders.validation import Choices, Validation
from pplink.keys.ring import KeyRing
from pplink.session.blocking.keys import Keys, keys_of
from pplink.session.blocking.years import years_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


PREFIX = b"pplink-list/1\n"


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """A unit's records by handle: a handle is pseudo-random, so a row's number says nothing about the list."""

    rows: npt.NDArray[np.uint64]
    """(n * v, words): v encodings of each record, one after the other; v is 1 unless the agreement has variants, and
    who has fewer is filled up with empty ones."""
    handles: npt.NDArray[np.uint8]
    """(n, 16)."""
    confirmation: bytes
    """32 bytes: key confirmation of the linkage secret."""
    validation: Validation
    blocking: Keys | None = None
    """What long lists are blocked by, if so agreed."""
    years: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """(n,): of a date of each record, if lists are blocked by those; 0 where it is no single year."""

    def __len__(self) -> int:
        return len(self.handles)

    @property
    def told(self) -> int:
        """How many records; all learn it."""
        return len(self.handles)

    @property
    def digest(self) -> str:
        """Of rows and handles, 64 hex digits. Stays at the unit: unsalted."""
        told = hashlib.sha256(repr((self.rows.shape, self.handles.shape)).encode())
        told.update(self.rows.tobytes())
        told.update(self.handles.tobytes())
        told.update(self.years.tobytes())
        return told.hexdigest()

    def towards(self, key: bytes) -> tuple[Inputs, npt.NDArray[np.int64]]:
        """The same records for one of several other units, under names and in an order of their own; and of each the
        row here, (n,). key: KeyRing.couple_key of that unit."""
        handles = renamed(self.handles, key)
        order = in_order(handles)
        rows = self.rows.reshape(len(handles), -1, self.rows.shape[1])[order]
        years = self.years[order] if len(self.years) else self.years
        return replace(self, rows=rows.reshape(self.rows.shape), handles=handles[order], years=years), order


def commitment_of(salt: bytes, digest: str) -> str:
    """A unit's commitment to its list, 64 hex digits: SHA-256 of PREFIX, 32 salt bytes, and `Inputs.digest`."""
    return hashlib.sha256(PREFIX + salt + bytes.fromhex(digest)).hexdigest()


def prepare(
    people: pd.DataFrame | pa.Table,
    agreement: Agreement,
    ring: KeyRing,
    *,
    now: datetime,
    **choices: Unpack[Choices],
) -> Inputs:
    """Encode a list for a session. Arguments and errors as `encoders.pipeline.encode_list`."""
    outcome = encode_list(people, agreement, ring, now=now, **choices)
    dataset = outcome.dataset
    order = in_order(dataset.handle)
    blocking = None
    if agreement.terms.blocking is not UNSET:
        blocking = keys_of(agreement, ring, signatures.linkage_secret(agreement, ring))
    rows = dataset.encoding.reshape(len(order), -1, dataset.encoding.shape[1])[order]
    handles = dataset.handle[order]
    return Inputs(
        rows=rows.reshape(-1, rows.shape[2]),
        handles=handles,
        confirmation=canonical.from_base64(dataset.manifest.confirmation, 32),
        validation=outcome.validation,
        blocking=blocking,
        years=years_of(people, agreement, ring, handles, **choices),
    )
