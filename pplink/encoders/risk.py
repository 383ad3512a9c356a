"""Risk: whether a list may be encoded at all, by what attacks on it found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import UNSET

from pplink import canonical
from pplink.agreement.model import Agreement
from pplink.dataset.manifest import Risk
from pplink.dataset.risk import RiskReport
from pplink.errors import RefusedError
from pplink.fields.strings import from_arrow

HINT = "attack this list with `pplink unit risk`, and give its report with `--risk`"


def digest_of(table: Any) -> str:
    """SHA-256, 64 hex digits, of a table of text: its columns' names, then all values; a missing one as empty."""

    def parts() -> Iterator[bytes | memoryview]:
        yield f"{table.num_rows} {table.column_names}".encode()
        for column in table.columns:
            strings = from_arrow(column.combine_chunks())
            yield strings.offsets.view(np.uint8).data
            yield strings.data.data

    return canonical.sha256(parts())


def check_risk(report: RiskReport | None, agreement: Agreement, table: Any) -> Risk | None:
    """What the manifest says of the risk; None if there is no report. Raises RefusedError if the agreement has a bound
    and the report is missing, of another list or agreement, or beyond the bound.
    """
    bound = agreement.terms.max_reidentification
    if report is None:
        if bound is UNSET:
            return None
        raise RefusedError(f"the agreement asks for a risk report within {bound:g}", HINT)
    if report.agreement != agreement.id:
        raise RefusedError("the risk report is of another agreement", HINT)
    if report.list != digest_of(table):
        raise RefusedError("the risk report is of another list, or of this one before it was changed", HINT)
    if bound is not UNSET and report.reidentified > bound:
        raise RefusedError(
            f"attacks may tell up to {report.reidentified:.1%} of the persons from their encodings; the agreement"
            f" allows {bound:.1%}",
            "agree on a protocol that shows no encodings, on a hardened encoding, or on another bound",
        )
    return Risk(report=report.digest, reidentified=round(report.reidentified, 4))
