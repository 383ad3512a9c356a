"""Estimates: what each protocol would cost here, by the agreement's word for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from pplink.errors import UnavailableError
from pplink.session.costs import encodings, keys, tables
from pplink.session.costs.trial import Cost, Sizes

Trial = Callable[[Sizes], tuple[Cost, ...]]
TRIALS: Mapping[str, tuple[Trial, ...]] = {
    "blinded_broker": (encodings.blinded,),
    "ecdh_psi": (keys.common_keys, tables.summed),
    "oprf_hit": (keys.watchlist,),
    "paillier_stats": (tables.added_up,),
    "broker_clk": (encodings.shown,),
}
"""By the agreement's word: what is tried out of each protocol."""
MEANT = "processor time of all parties together, with what else this machine does now; what goes between them"
"""What a `Cost` counts, in words."""


def estimates(sizes: Sizes) -> dict[str, tuple[Cost, ...]]:
    """By protocol, after a short run of each, some seconds in all; nothing of what lacks a library."""
    found = {}
    for name, trials in TRIALS.items():
        costs: list[Cost] = []
        for trial in trials:
            with suppress(UnavailableError):
                costs.extend(trial(sizes))
        found[name] = tuple(costs)
    return found
