"""Sizes: how much a unit may bring to a session, as agreed: looked at before anything is made that grows with it."""

from __future__ import annotations

from pplink.agreement.model import Terms
from pplink.audit.evidence import Wrong
from pplink.audit.session_checks import check_sizes
from pplink.audit.session_events import Joined
from pplink.errors import DataError, PeerError


def check_own(terms: Terms, told: int) -> None:
    """Raises DataError for a list of ours that is longer than agreed, so that nobody joins with it."""
    if told > terms.most_told:
        raise DataError(
            f"the list brings {told:,} records or keys, and {terms.most_told:,} at most are agreed",
            "split it, or agree on more (`--most-records`; of keys `--capacity`)",
        )


def check_peers(terms: Terms, joined: dict[str, Joined]) -> None:
    """Raises PeerError if a unit joined with more than agreed. joined: by party."""
    try:
        check_sizes(terms, joined)
    except Wrong as error:
        raise PeerError(
            f"step join: {error}",
            "nothing more was sent; agree anew on how much a unit may bring, or ask them",
        ) from None
