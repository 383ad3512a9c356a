"""Encoding: a unit's list as the agreement would have it encoded, under a secret made up for the purpose.

How alike two encodings are depends on the secret by chance only, so what is measured on these holds for the real ones;
and these are worth nothing to anyone, for the secret is gone with the process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pplink.agreement.model import Terms
from pplink.encoders.columns import RECORD_ID, assign_columns
from pplink.encoders.frames import to_text
from pplink.encoders.pipeline import encode_fields
from pplink.encoders.validation import check_usable
from pplink.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BitRows = npt.NDArray[np.uint64]


def fields_of(
    frame: pd.DataFrame | pa.Table,
    terms: Terms,
    columns: Mapping[str, str] | None = None,
    *,
    ignore_extra: bool = True,
) -> Any:
    """The columns that count, as an Arrow table of text under the agreement's names. Raises DataError, UsageError.

    Of an agreement with variants nothing is measured yet: two records are then as alike as the best of many pairs.
    """
    if terms.encoding.rows > 1:
        raise UsageError(
            "the agreement has several encodings a record, of which nothing can be measured yet",
            "measure under an agreement with the same fields and no variants",
        )
    table = to_text(frame)
    names = [field.name for field in terms.fields]
    wanted = assign_columns(table.column_names, names, columns, ignore_extra)
    return table.select([wanted[name] for name in (RECORD_ID, *names)]).rename_columns([RECORD_ID, *names])


def encoded(table: Any, terms: Terms, seed: int) -> tuple[BitRows, npt.NDArray[np.bool_]]:
    """A table from `fields_of`: (n, words) and (n,): whether the row is good. Bad values of fields that may be missing
    count as missing. Raises DataError if no row can be used."""
    secret = hashlib.sha256(f"pplink evaluation {seed}".encode()).digest()
    rows, findings = encode_fields(table, terms, secret, "blank-then-skip")
    check_usable(findings.validation(), "blank-then-skip")
    return rows, ~findings.bad()
