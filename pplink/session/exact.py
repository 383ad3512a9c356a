"""Exact: what a unit brings to a session that compares keys: its people's keys and handles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Unpack

import numpy as np
import numpy.typing as npt

from pplink.agreement import signatures
from pplink.agreement.exact import Exact
from pplink.agreement.model import Agreement, Terms
from pplink.encoders.exact import record_keys
from pplink.encoders.handles import handles_of, in_order
from pplink.encoders.validation import Choices, Validation
from pplink.errors import AgreementError, DataError
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True, eq=False)
class ExactInputs:
    """A unit's records by handle, and their keys."""

    handles: npt.NDArray[np.uint8]
    """(records, 16), rising: a handle is pseudo-random, so a row's number says nothing about the list."""
    items: tuple[bytes, ...]
    """(n,): keys, by record."""
    record: npt.NDArray[np.int64]
    """(n,): of which record each is, as a row of `handles`."""
    which: npt.NDArray[np.int64]
    """(n,): which of the agreement's keys."""
    told: int
    """Elements that the unit sends: its different keys, filled up as agreed."""
    confirmation: bytes
    """32 bytes: key confirmation of the linkage secret."""
    validation: Validation

    def __len__(self) -> int:
        return len(self.handles)

    @property
    def digest(self) -> str:
        """Of keys and handles, 64 hex digits. Stays at the unit: unsalted."""
        told = hashlib.sha256(repr((len(self.items), self.handles.shape, self.told)).encode())
        for item in self.items:
            told.update(len(item).to_bytes(8, "little") + item)
        told.update(self.record.tobytes())
        told.update(self.handles.tobytes())
        return told.hexdigest()


def exact_of(terms: Terms) -> Exact:
    """The terms on keys. Raises AgreementError if there are none."""
    if not isinstance(terms.exact, Exact):
        raise AgreementError("the agreement has no terms on keys", "propose with --preset documents-exact")
    return terms.exact


def filled(exact: Exact, keys: int) -> int:
    """So many different keys, filled up to the agreed step. Raises DataError for more than agreed."""
    told = -(-keys // exact.step) * exact.step
    if told > exact.capacity:
        raise DataError(
            f"the list has more than the {exact.capacity:,} keys that were agreed",
            "agree on a larger capacity",
        )
    return told


def prepare(
    people: pd.DataFrame | pa.Table,
    agreement: Agreement,
    ring: KeyRing,
    *,
    now: datetime,
    **choices: Unpack[Choices],
) -> ExactInputs:
    """A list's keys for a session. Arguments and errors as `encoders.pipeline.encode_list`, and DataError for more keys
    than agreed."""
    signatures.check(agreement, now.astimezone(UTC).date())
    secret, exact = signatures.linkage_secret(agreement, ring), exact_of(agreement.terms)
    found = record_keys(
        people,
        agreement.terms,
        exact.keys,
        today=now.astimezone(UTC).date(),
        **choices,
    )
    handles = handles_of(found.ids, ring.handle_key(agreement.id))
    order = in_order(handles)
    place = np.argsort(order)[found.record]
    by_handle = np.argsort(place, kind="stable")
    return ExactInputs(
        handles=handles[order],
        items=tuple(found.items[row] for row in by_handle.tolist()),
        record=place[by_handle],
        which=found.which[by_handle],
        told=filled(exact, len(set(found.items))),
        confirmation=derive(secret, Label.KEY_CONFIRMATION),
        validation=found.validation,
    )
