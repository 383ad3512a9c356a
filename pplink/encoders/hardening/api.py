"""API: filters through the agreement's hardenings, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.agreement.hardening import (
    Balance,
    Blip,
    Diffusion,
    Hardening,
    MinHash,
    Rule90,
    Salt,
    TwoStep,
    XorFold,
)
from pplink.encoders.hardening import balance, blip, diffusion, rule_90, two_step, xor_fold
from pplink.keys.derive import Label, derive

BitRows = npt.NDArray[np.uint64]

WAYS: dict[type, Callable[[BitRows, Any, bytes], BitRows]] = {
    Diffusion: diffusion.apply,
    Balance: balance.apply,
    XorFold: xor_fold.apply,
    Rule90: rule_90.apply,
    Blip: blip.apply,
    TwoStep: two_step.apply,
}
"""(n, words) rows, the hardening as agreed, 32 bytes of key: the rows as they are shown."""

EARLIER = (Salt, MinHash)
"""Done where tokens become bits: `salting` and `minhash`."""


def key_of(secret: bytes, place: int) -> bytes:
    """32 bytes for the hardening at that place among those agreed. secret: the linkage secret."""
    return derive(secret, Label.HARDENING_KEY, context=str(place))


def harden(rows: BitRows, ways: Sequence[Hardening], secret: bytes, *, protecting: bool = True) -> BitRows:
    """(n, words) as shown. Rows without a bit set stay so: a record that says nothing must match nothing.

    secret: the linkage secret; each step has a key of its own. Raises RefusedError where a way would not
    protect, unless it need not (protecting: False), for rows that nobody is shown.
    """
    empty = ~rows.any(axis=1)
    for place, way in enumerate(ways):
        if protecting and isinstance(way, Diffusion):
            diffusion.check_fill(rows)
        if not isinstance(way, EARLIER):
            rows = WAYS[type(way)](rows, way, key_of(secret, place))
    if ways:
        rows[empty] = 0
    return rows
