"""Strangers: how many of a session's hits are expected to be false, as a unit's own list tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pplink.cli import output

if TYPE_CHECKING:
    from pplink.agreement.model import Agreement
    from pplink.session.plan import Brought, Couple


def note(couples: Sequence[Couple], brought: Brought, agreement: Agreement, unit: str) -> None:
    """Of each other unit's hits, where encodings were compared and the list is long enough to tell."""
    from pplink.evaluation.calibration.stating import state, strangers_of
    from pplink.session.inputs import Inputs

    terms = agreement.terms
    if not isinstance(brought, Inputs) or unit not in terms.learns.hits_to:
        return
    tail = strangers_of([brought.rows], terms.measure, variants=len(brought.rows) // max(1, len(brought)))
    for each in couples:
        stated = None if each.size is None else state(tail, terms.threshold, len(brought) * each.size)
        if stated is not None:
            output.note(
                f"matches with {each.peer} expected to be false, before each record keeps one at most: {stated};"
                f" estimated from this list alone: ask {each.peer} for its number, the smaller one is the better"
            )
