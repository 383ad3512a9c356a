"""Estimates: what each protocol would cost here, by the agreement's word for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pplink.errors import UnavailableError
from pplink.session.costs import encodings, keys, tables
from pplink.session.costs.trial import Cost, Sizes

TRIALS: Mapping[str, Callable[[Sizes], tuple[Cost, ...]]] = {
    "blinded_broker": encodings.blinded,
    "ecdh_psi": keys.common_keys,
    "oprf_hit": keys.watchlist,
    "paillier_stats": tables.added_up,
    "broker_clk": encodings.shown,
}


MEANT = "processor time of all parties together, with what else this machine does now; what goes between them"
"""What a `Cost` counts, in words."""


def estimates(sizes: Sizes) -> dict[str, tuple[Cost, ...]]:
    """By protocol, after a short run of each, some seconds in all; none for one that lacks a library."""
    found = {}
    for name, trial in TRIALS.items():
        try:
            found[name] = trial(sizes)
        except UnavailableError:
            found[name] = ()
    return found
