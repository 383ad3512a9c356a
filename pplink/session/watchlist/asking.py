"""Asking: persons, one after the other, against a list: with the session that an earlier command left, or another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Unpack

from pplink.agreement.exact import key_name
from pplink.agreement.model import Agreement
from pplink.encoders.exact import record_keys
from pplink.encoders.validation import Choices
from pplink.errors import IntegrityError
from pplink.keys.ring import KeyRing
from pplink.session.watchlist.asker import Session
from pplink.session.watchlist.channel import Channel, NoSessionError
from pplink.session.watchlist.memory import Shelf
from pplink.session.watchlist.terms import watchlist_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody to ask about."""

    record: str
    keys: tuple[bytes, ...]
    names: tuple[str, ...]
    """(n,): which of the agreement's keys each is."""

    def __repr__(self) -> str:
        return f"Person({len(self.keys)} keys)"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of one."""

    record: str
    keys: tuple[str, ...]
    """By which keys the person is on the list, each once; none: is not."""


def persons(
    people: pd.DataFrame | pa.Table, agreement: Agreement, **choices: Unpack[Choices]
) -> list[Person]:
    """A list's persons. choices and errors as `encoders.exact.record_keys`."""
    terms = watchlist_of(agreement.terms)
    today = datetime.now(UTC).date()
    found = record_keys(people, agreement.terms, terms.keys, side="query", today=today, **choices)
    names = [key_name(key) for key in terms.keys]
    made = []
    for row, record in enumerate(found.ids.to_pylist()):
        places = (found.record == row).nonzero()[0].tolist()
        keys = tuple(found.items[place] for place in places)
        made.append(
            Person(record=record, keys=keys, names=tuple(names[int(found.which[place])] for place in places))
        )
    return made


def ask(
    asked: Sequence[Person],
    shelf: Shelf,
    agreement: Agreement,
    ring: KeyRing,
    channel: Channel,
    *,
    case: str,
    basis: str,
    new_key: bool = False,
) -> Iterator[Reply]:
    """Ask about one after the other. A person without any key is not asked about, and on no list; one with more keys
    than a query has takes several queries of one case, and so the holder sees roughly how many keys it has.

    new_key: take the list's key as it is now. Raises as `asker.Session.ask`.
    """
    session, most = None, watchlist_of(agreement.terms).asked
    try:
        for person in asked:
            if person.keys:
                session = session or _taken_up(shelf, agreement, ring, channel, new_key)
                try:
                    hits = _hits(session, person, most, case, basis)
                except NoSessionError:  # the holder was begun anew since
                    session = _begun(shelf, agreement, ring, channel, new_key)
                    hits = _hits(session, person, most, case, basis)
                names = [name for name, hit in zip(person.names, hits, strict=True) if hit]
            else:
                names = []
            yield Reply(record=person.record, keys=tuple(dict.fromkeys(names)))
    finally:
        if session is not None:
            shelf.keep(session.memory())


def _hits(session: Session, person: Person, most: int, case: str, basis: str) -> list[bool]:
    """Of each key."""
    parts = [person.keys[at : at + most] for at in range(0, len(person.keys), most)]
    return [hit for part in parts for hit in session.ask(part, case, basis)]


def _taken_up(shelf: Shelf, agreement: Agreement, ring: KeyRing, channel: Channel, new_key: bool) -> Session:
    memory = shelf.take()
    if memory is None:
        return _begun(shelf, agreement, ring, channel, new_key)
    if shelf.pinned != memory.public_key:
        raise IntegrityError("what was kept of the list is damaged", "ask again: another session is begun")
    session = Session(agreement, ring, channel, keep=shelf.add_head)
    session.go_on(memory)
    return session


def _begun(shelf: Shelf, agreement: Agreement, ring: KeyRing, channel: Channel, new_key: bool) -> Session:
    session = Session(agreement, ring, channel, keep=shelf.add_head)
    session.begin(None if new_key else shelf.pinned)
    shelf.pin(session.public_key)
    return session
