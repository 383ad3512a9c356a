"""Parties: those of a session in one process, each in a thread, with keys and a folder of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pplink.agreement.model import Agreement
from pplink.errors import UnavailableError
from pplink.join.api import threshold_join
from pplink.keys.ring import KeyRing
from pplink.session.party import Party, deal, link
from pplink.session.replay import Replayed, kept, replay
from pplink.session.transcript import Transcript, opened
from pplink.session.transports.memory import MemoryTransport
from pplink.solvers import assign

UNITS = ("north", "south")


@dataclass(kw_only=True)
class Parties:
    """All parties of one session, and what came of each."""

    rings: Mapping[str, KeyRing]
    agreement: Agreement
    folder: Path
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """By unit: what it brings."""
    units: tuple[str, ...] = UNITS
    others: tuple[str, ...] = ("hub",)
    transport: Any = field(default_factory=MemoryTransport)
    seconds: float = 120
    results: dict[str, Any] = field(default_factory=dict)
    """By party: what it has, or the error it ended with."""

    def home(self, name: str) -> Path:
        return self.folder / name

    def run(self, *names: str, **changes: Any) -> dict[str, Any]:
        """Run these parties, all by default, to their ends; changes: of `act`'s options, by party's name."""
        threads = [
            threading.Thread(target=self.run_one, args=(name, changes.get(name, {})), daemon=True)
            for name in names or (*self.units, *self.others)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(180)
            assert not thread.is_alive()
        return self.results

    @contextmanager
    def meanwhile(self, *names: str) -> Iterator[None]:
        """These run meanwhile, and to their ends."""
        others = threading.Thread(target=self.run, args=names)
        others.start()
        yield
        others.join()

    def run_one(self, name: str, changes: Mapping[str, Any]) -> None:
        """Run one party in this thread."""
        try:
            with opened(self.home(name)) as transcript:
                options = {
                    "agreement": self.agreement,
                    "ring": self.rings[name],
                    "units": self.units,
                    "transcript": transcript,
                    "seconds": self.seconds,
                }
                self.results[name] = self.act(name, **options | changes)
        except Exception as error:  # noqa: BLE001  the test looks at it
            self.results[name] = error

    def act(self, name: str, **options: Any) -> Any:
        """What the party does. options: of `Party`, and `inputs`."""
        inputs = options.pop("inputs", self.inputs.get(name))
        party = Party(**{"transport": self.transport} | options)
        return deal(party) if name == "hub" else link(party, inputs)

    def result(self, name: str) -> Any:
        """What a party has. Raises the error that it ended with."""
        found = self.results[name]
        if isinstance(found, Exception):
            raise found
        return found


class Stopping(MemoryTransport):
    """Fails one party's putting after so many messages, until told otherwise; what was put before stays."""

    def __init__(self, who: str, after: int) -> None:
        super().__init__()
        self.who, self.left = who, after

    def put(self, sender: str, recipient: str, number: int, data: bytes) -> None:
        if sender == self.who:
            if self.left == 0:
                raise UnavailableError("the network is gone")
            self.left -= 1
        super().put(sender, recipient, number, data)


def broken_off(table: Parties) -> Parties:
    """Run it until one party's network is gone; then that party comes back."""
    who = table.transport.who
    with table.meanwhile(*({*table.units, *table.others} - {who})):
        table.run(who)
        assert isinstance(table.results[who], UnavailableError)
        table.transport.left = -1
        table.run(who)
    return table


def pairs_of(table: Parties) -> Any:
    """All pairs at or above the threshold, by the plain join."""
    terms = table.agreement.terms
    north, south = (table.inputs[unit] for unit in UNITS)
    return threshold_join(north.rows, south.rows, terms.threshold, measure=terms.measure)


def plain(table: Parties) -> list[tuple[bytes, bytes, float]]:
    """Hits by the plain computation: handles of both units, and scores."""
    terms, pairs = table.agreement.terms, pairs_of(table)
    north, south = (table.inputs[unit] for unit in UNITS)
    kept = assign(pairs, solver=terms.solver) if terms.assignment == "one-to-one" else pairs
    return sorted(
        (north.handles[i].tobytes(), south.handles[j].tobytes(), score)
        for i, j, score in zip(kept.left, kept.right, kept.score.tolist(), strict=True)
    )


def told(linked: Any, *, turned: bool = False) -> list[tuple[bytes, bytes, float]]:
    """The same of what a unit found. turned: with the other's handles first."""
    couple = linked.couples[0]
    rows = zip(couple.own, couple.theirs, couple.score.tolist(), strict=True)
    return sorted(
        (b.tobytes(), a.tobytes(), score) if turned else (a.tobytes(), b.tobytes(), score)
        for a, b, score in rows
    )


def both_found(table: Parties) -> list[tuple[bytes, bytes, float]]:
    """What both units found; fails unless it is the same."""
    found = told(table.result("north"))
    assert found == told(table.result("south"), turned=True)
    return found


def shares(table: Parties) -> list[int]:
    """Tiles of which the second unit sent its share, in each leg."""
    top = Transcript(table.home("south"))
    return [sum(line.step == "6" for line in top.leg(n).sent) for n in range(top.legs() + 1)]


def audited(table: Parties, unit: str) -> Replayed:
    """The unit's side done again."""
    return replay(kept(table.home(unit), table.rings[unit]), table.inputs[unit])
