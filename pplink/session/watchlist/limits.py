"""Limits: which queries a holder answers: so many a day, as agreed, so many a minute, and on what legal basis."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from pplink.audit.watchlist_events import Asked, Refusal
from pplink.session.watchlist.register import Register

MINUTE = timedelta(minutes=1)
REASONS: Mapping[Refusal, str] = {
    "daily-quota": "more queries than agreed for a day",
    "too-fast": "more queries than it takes in a minute",
    "basis": "not on this legal basis",
}
"""In words."""


class Limits:
    """Of one service. Whoever may ask may guess, so that there are limits, and a log, is all that is between."""

    def __init__(self, daily: int, per_minute: int, bases: Collection[str] = ()) -> None:
        """bases: legal bases that are answered for; any if there are none."""
        self._daily, self._per_minute, self._bases = daily, per_minute, frozenset(bases)
        self._recent: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def refusal(self, unit: str, event: Asked, register: Register, now: datetime) -> Refusal | None:
        """Why a query that stands in the register already is not answered; None if it is."""
        recent = self._recent[unit]
        while recent and now - recent[0] > MINUTE:
            recent.popleft()
        if self._bases and event.legal_basis not in self._bases:
            return "basis"
        if register.answered(unit, event.at[:10]) > self._daily:
            return "daily-quota"
        if len(recent) >= self._per_minute:
            return "too-fast"
        recent.append(now)
        return None
