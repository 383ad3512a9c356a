"""Quota: how many pairs a session of `blinded_broker` may find under an agreement's terms."""

from __future__ import annotations

from msgspec import UNSET

from pplink.agreement.model import Terms

LEAST = 1000
"""Pairs that are allowed whatever the lists' sizes, where no quota is agreed."""


def quota_of(terms: Terms, smaller: int) -> int:
    """Pairs that a session may find; one that finds more ends without any. smaller: records of the smaller list."""
    return usual_quota(smaller) if terms.quota is UNSET else terms.quota


def usual_quota(smaller: int) -> int:
    """The same where none is agreed. Two units have at most one true hit for each record of the smaller list, or some
    more with aliases: it is twice that, and LEAST."""
    return 2 * smaller + LEAST
