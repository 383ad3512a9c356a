"""Years: of which year a date of each record is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from pplink.agreement.exact import Part
from pplink.agreement.model import Agreement
from pplink.encoders.exact import record_keys
from pplink.encoders.handles import handles_of
from pplink.encoders.validation import Choices
from pplink.keys.ring import KeyRing

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Ints = npt.NDArray[np.int64]


def years_of(
    people: pd.DataFrame | pa.Table,
    agreement: Agreement,
    ring: KeyRing,
    handles: npt.NDArray[np.uint8],
    **choices: Unpack[Choices],
) -> Ints:
    """(n,): by handle, (n, 16); 0 of a record of none or of several years. choices: as of `record_keys`.

    Raises DataError as that does: also if no record at all has a year.
    """
    blocking = agreement.terms.blocking
    if blocking is UNSET or blocking.year_of is UNSET:
        return np.zeros(0, np.int64)
    found = record_keys(people, agreement.terms, ((Part(field=blocking.year_of, form="year"),),), **choices)
    years = np.array([int(item.rpartition(b"\0")[2]) for item in found.items], np.int64)
    times = np.bincount(found.record, minlength=len(found.ids))
    single = times[found.record] == 1
    by_record = np.zeros(len(found.ids), np.int64)
    by_record[found.record[single]] = years[single]
    own = handles_of(found.ids, ring.handle_key(agreement.id))
    place = {handle.tobytes(): row for row, handle in enumerate(own)}
    rows = [place.get(handle.tobytes(), -1) for handle in handles]
    return np.where(np.array(rows, np.int64) >= 0, by_record[rows], 0)
