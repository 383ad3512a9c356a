"""Couples: a unit's and the broker's whole side where three units or more meet two by two."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pplink import canonical
from pplink.audit.folder import CHECKPOINT, LOG
from pplink.audit.log import Log
from pplink.audit.session_checks import read_session_acts
from pplink.audit.session_events import list_of
from pplink.errors import PeerError, PplinkError
from pplink.files import read_bytes, write_atomically
from pplink.keys.signing import Signed
from pplink.session import found
from pplink.session.cast import inputs_as
from pplink.session.gathering import Gathering, first_of
from pplink.session.inputs import Inputs, commitment_of
from pplink.session.joining import joined_of
from pplink.session.party import RECORD, Party, deal, link, same_inputs
from pplink.session.plan import Brought, Couple
from pplink.session.sizes import check_own
from pplink.session.transcript import LIMIT, Transcript

LIST = "list-"
"""How what the broker keeps of a unit's list is called, before the unit's name."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Gathered:
    """What a party has of all its couples' sessions."""

    couples: tuple[Couple, ...]
    """A unit's hits, by other unit: of those with whom the session ended well. None at the broker."""
    failed: Mapping[str, PplinkError]
    """By couple's name: why there is none. What the others found is kept, and the same call goes on with these."""
    record: Path
    """Of each couple that ended well, its record in a folder of its name."""

    def check(self) -> None:
        """Raise the first error, if there is one."""
        if self.failed:
            raise first_of(self.failed)


def link_all(gathering: Gathering, inputs: Brought) -> Gathered:
    """A unit's side: the same list in each couple, under other names and in another order.

    Raises UsageError, AgreementError for what cannot be; what goes wrong in a couple is in the result.
    """
    inputs = inputs_as(Inputs, inputs)
    check_own(gathering.agreement.terms, inputs.told)
    gathering.begin()
    same_inputs(gathering.transcript, inputs)
    commitment = commitment_of(gathering.salt, inputs.digest)

    def act(party: Party) -> tuple[Couple, Path]:
        party.commitment = commitment
        return _link(party, inputs)

    outcomes = gathering.run(act)
    ended = {name: each for name, each in outcomes.items() if not isinstance(each, PplinkError)}
    for name, (_, record) in ended.items():
        gathering.show(name, record)
    return Gathered(
        couples=tuple(couple for couple, _ in ended.values()),
        failed={name: each for name, each in outcomes.items() if name not in ended},
        record=gathering.transcript.folder / RECORD,
    )


def deal_all(gathering: Gathering) -> Gathered:
    """The broker's side. Errors as `link_all`; a unit that joins couples with different lists is one of a couple."""
    gathering.begin()
    lists = Lists(gathering.transcript)

    def act(party: Party) -> Path:
        record = party.transcript.folder / RECORD
        if (record / CHECKPOINT).exists():  # it is written after all was sent
            party.met(_joins(record))
            return record
        return deal(party)

    outcomes = gathering.run(act, lists.of)
    ended = {name: each for name, each in outcomes.items() if not isinstance(each, PplinkError)}
    for name, record in ended.items():
        gathering.show(name, record)
    return Gathered(
        couples=(),
        failed={name: each for name, each in outcomes.items() if name not in ended},
        record=gathering.transcript.folder / RECORD,
    )


def _link(party: Party, inputs: Inputs) -> tuple[Couple, Path]:
    peer = next(each for each in party.units if each != party.ring.name)
    named, rows = inputs.towards(party.ring.couple_key(party.agreement.id, peer))
    place = party.transcript.folder
    if (place / RECORD / CHECKPOINT).exists() and (place / found.NAME).exists():
        same_inputs(party.transcript, named)
        return found.read(place / found.NAME, peer), place / RECORD
    linked = link(party, named)
    couple = linked.couples[0]
    own = rows[couple.rows]
    couple = replace(couple, own=inputs.handles[own], told=couple.own, rows=own)
    write_atomically(place / found.NAME, found.write(couple), private=True)
    return couple, linked.record


def _joins(record: Path) -> dict[str, Signed]:
    acts = read_session_acts(Log.from_bytes(read_bytes(record / LOG, "the session's log", LIMIT)).entries())
    return {each.signer: each for each in acts.joins}


class Lists:
    """What units said of their lists when they joined: each the same in all of its couples, or the couple that says
    otherwise is not dealt. What a unit said first is kept, so that it holds whenever the broker goes on."""

    def __init__(self, kept: Transcript) -> None:
        """kept: the broker's, of all couples."""
        self._kept = kept
        self._lock = threading.Lock()

    def of(self, couple: str) -> Callable[[Mapping[str, Signed]], None]:
        """What looks at a couple's joins. Raises PeerError."""

        def look(joins: Mapping[str, Signed]) -> None:
            for unit, joined in ((name, joined_of(join)) for name, join in joins.items()):
                if unit in joined.units:
                    self._same(unit, couple, list(list_of(joined)))

        return look

    def _same(self, unit: str, couple: str, said: list[Any]) -> None:
        with self._lock:
            told = self._kept.remember(f"{LIST}{unit}", lambda: canonical.to_bytes([couple, *said]))
        first, *before = canonical.exactly(told)
        if before != said:
            raise PeerError(
                f"{unit} joined with another list than in couple {first}",
                "nothing was dealt here; ask that unit which list it means, then begin anew",
            )
