"""Keeping: what a join found is put by as it goes, so that a join that was broken off goes on where it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from pplink.canonical import Json
from pplink.join.backends.interface import Found, Place, together
from pplink.join.lsh.tally import Tally

START = Place(0, 0)
MOST = 2**20
"""Pairs after which a piece is put by, due or not. It has at most what one step gives more."""


class Piece(NamedTuple):
    """All that a join found since the piece before it."""

    until: Place
    """What is whole once it is taken."""
    last: bool
    """Nothing comes after it."""
    tally: dict[str, Json]
    """As it stood at the end."""
    found: Found


class Keeper(Protocol):
    """Where pieces are put by."""

    def kept(self, shape: str) -> Iterator[Piece]:
        """The pieces of a join of this shape, in their order, as far as they are whole.

        Raises IntegrityError for pieces of another shape.
        """
        ...

    def due(self) -> bool:
        """Whether so much time has gone by that what was found should be put by."""
        ...

    def keep(self, shape: str, piece: Piece) -> None:
        """Put a piece by, whole or not at all."""
        ...


def kept(
    keeper: Keeper, shape: str, begin: Place, tally: Tally, parts: Iterable[tuple[Found, Place]]
) -> Iterator[Found]:
    """Pass on what is found, and put it by when it is due.

    parts: what is found, and what is whole once it is taken. A step may come in several parts, and is whole
    with the last: only then is it put by, or what it found before would be found again. So is the first step of
    a band, before which the place has moved on to 0 steps of the band.
    """
    whole, gathered, pairs = begin, list[Found](), 0
    for found, until in parts:
        yield found
        gathered.append(found)
        pairs += len(found.common)
        if until.steps and until > whole and (pairs >= MOST or keeper.due()):
            keeper.keep(shape, Piece(until, False, tally.to_json(), together(gathered)))
            gathered, pairs = [], 0
        whole = until
    if keeper.due():
        keeper.keep(shape, Piece(whole, True, tally.to_json(), together(gathered)))
