"""Account: what noisy tables have cost a unit's persons under one agreement; kept for good, so that epsilons add up."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, RefusedError
from pplink.files import alone, write_atomically
from pplink.keys.ring import KeyRing
from pplink.keys.store import read_private
from pplink.keys.strict import read_strict

FOLDER = "epsilon"
"""In the folder of a unit's key ring; a file an agreement."""
Session = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Cost = Annotated[str, msgspec.Meta(pattern=r"\A[1-9][0-9]*(/[1-9][0-9]*)?\Z")]


class _Spent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["pplink-epsilon/1"]
    sessions: dict[Session, Cost]


def place(ring: KeyRing, agreement: str) -> Path:
    """Where a unit keeps the account of an agreement, by the agreement's id."""
    return ring.home / FOLDER / f"{agreement}.json"


def charge(file: Path, session: str, epsilon: Fraction, budget: Fraction) -> Fraction:
    """Note what a session costs, once, before anything of it goes out; what the others cost.

    Raises RefusedError, and notes nothing, if it is more than is left; IntegrityError for a damaged account.
    """
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with alone(file):
        spent = _read(file)
        others = sum((cost for name, cost in spent.items() if name != session), Fraction(0))
        if session in spent:
            return others
        if others + epsilon > budget:
            raise RefusedError(
                f"the budget for noisy tables is spent: {float(others):g} of {float(budget):g}, and this session"
                f" costs {float(epsilon):g}",
                "sign another agreement: its budget says what that means for the persons",
            )
        told = {name: str(cost) for name, cost in sorted((spent | {session: epsilon}).items())}
        write_atomically(
            file, canonical.to_bytes({"format": "pplink-epsilon/1", "sessions": told}), private=True
        )
    return others


def _read(file: Path) -> dict[str, Fraction]:
    if not file.exists():
        return {}
    try:
        kept = read_strict(canonical.exactly(read_private(file, "the account of noisy tables")), _Spent)
    except MalformedError as error:
        raise IntegrityError(
            f"the account of noisy tables: {error}",
            "restore it from a copy: without it nobody knows what is left",
        ) from None
    return {name: Fraction(cost) for name, cost in kept.sessions.items()}
