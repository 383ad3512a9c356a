"""Gathering: three units or more meet two by two: one party's side of all its couples' sessions, run at the same time.

Each couple is a session of its own, with its own secret, joins, transcript and record, dealt by the same broker. All of
a party's couples wait at once, each in a thread: a unit that is not there holds up nobody but itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pplink import canonical
from pplink.agreement import text
from pplink.agreement.model import Agreement
from pplink.audit.events import read_time, write_time
from pplink.audit.folder import AGREEMENT, CHECKPOINT, LOG
from pplink.audit.session_events import couple_name, couples_of
from pplink.errors import AgreementError, PplinkError, UnavailableError, UsageError
from pplink.files import read_bytes
from pplink.keys.ring import KeyRing
from pplink.memory import Budget
from pplink.session.party import RECORD, SALT, SECRET, Party
from pplink.session.post import SECONDS
from pplink.session.transcript import LIMIT, UNITS, Transcript, opened
from pplink.session.transports.interface import Transport

BEGUN = "begun"
"""What a party keeps for all of its couples, besides the agreement, UNITS and, of a unit, the digest of its inputs and
the salt of its commitment."""
Act = Callable[[Party], Any]
Outcome = TypeVar("Outcome")


@dataclass(kw_only=True)
class Gathering:
    """One party's means: who it is, with whom, by which ways."""

    agreement: Agreement
    ring: KeyRing
    units: tuple[str, ...]
    """All that meet two by two, in order of names."""
    transcript: Transcript
    """What is kept for all couples; each couple's own transcript is in a folder in it."""
    way: Callable[[str], AbstractContextManager[Transport]]
    """To a couple's exchange, by the couple's name."""
    seconds: float = SECONDS
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    random: Callable[[int], bytes] = os.urandom
    budget: Budget = field(default_factory=Budget)
    progress: Callable[[int, int], None] | None = None
    note: Callable[[str], None] = lambda _: None
    """See `Party`; told of each couple, with its name."""

    def begin(self) -> None:
        """Keep what holds for all couples. Raises UsageError where this side was begun otherwise."""
        own, units = text.write(self.agreement), canonical.to_bytes(list(self.units))
        keep = self.transcript
        if keep.known(AGREEMENT) not in (None, own):  # before anything is kept: that side must go on
            raise UsageError(
                "this session was begun with another agreement", "give that one, or another --session"
            )
        if keep.known(SECRET) is not None or keep.remember(UNITS, lambda: units) != units:
            raise UsageError(
                "this side was begun with other units",
                "name the same ones, or another --session and exchange",
            )
        keep.remember(AGREEMENT, lambda: own)

    def begun(self) -> datetime:
        """When this side began: now, or as it was kept."""
        return read_time(self.transcript.remember(BEGUN, lambda: write_time(self.now()).encode()).decode())

    @property
    def salt(self) -> bytes:
        """32 bytes that hide a unit's list behind its commitment."""
        return self.transcript.remember(SALT, lambda: self.random(32))

    @property
    def couples(self) -> tuple[tuple[str, str], ...]:
        """This party's, in order of names; the broker has a part in all. Raises AgreementError if there are none."""
        found = couples_of(self.units, self.agreement.terms.learns.hits_to)
        own = tuple(each for each in found if self.ring.role == "broker" or self.ring.name in each)
        if not own:
            raise AgreementError(
                f"of {', '.join(self.units)} nobody who meets {self.ring.name} is to learn hits",
                "name other units",
            )
        return own

    def run(self, act: Act, met: Callable[[str], Callable[[Mapping[str, Any]], None]] | None = None) -> Any:
        """Of each couple, by name, what `act` gives or the error of ours that it ends with, named by the couple.

        met: gives what looks at a couple's joins; see `Party`.
        """
        told = _Sum(self.progress)

        def task(couple: tuple[str, str]) -> Any:
            name = couple_name(couple)
            with named(name), opened(self.transcript.folder / name) as transcript, self.way(name) as way:
                party = Party(
                    agreement=self.agreement,
                    ring=self.ring,
                    units=couple,
                    among=self.units,
                    transcript=transcript,
                    transport=way,
                    seconds=self.seconds,
                    now=self.now,
                    random=self.random,
                    budget=self.budget,
                    progress=told.part(name),
                    note=lambda text: self.note(f"couple {name}: {text}"),
                )
                if met is not None:
                    party.met = met(name)
                try:
                    return act(party)
                finally:
                    self.budget.give(name)

        return at_once({couple_name(each): lambda each=each: task(each) for each in self.couples})  # type: ignore[misc]

    def show(self, name: str, record: Path) -> Path:
        """Put a couple's record beside the others', where all may be taken from."""
        documents = {
            each: read_bytes(record / each, "the session's file", LIMIT)
            for each in (AGREEMENT, LOG, CHECKPOINT)
        }
        (self.transcript.folder / RECORD).mkdir(exist_ok=True)
        return self.transcript.keep_folder(f"{RECORD}/{name}", documents).parent


def at_once(tasks: Mapping[str, Callable[[], Outcome]]) -> dict[str, Outcome | PplinkError]:
    """Each task in a thread of its own; what came of each, an error of ours included. Any other error is raised, and
    so is an interruption, at once: what a thread has not kept by then, it does again when the session goes on."""
    outcomes: dict[str, Any] = {}

    def one(name: str, task: Callable[[], Outcome]) -> None:
        try:
            outcomes[name] = task()
        except BaseException as error:  # noqa: BLE001  it is raised or given back below
            outcomes[name] = error

    threads = [threading.Thread(target=one, args=each, daemon=True) for each in tasks.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for outcome in outcomes.values():
        if isinstance(outcome, BaseException) and not isinstance(outcome, PplinkError):
            raise outcome
    return {name: outcomes[name] for name in tasks}


@contextmanager
def named(couple: str) -> Iterator[None]:
    """Errors of ours say of which couple they are."""
    try:
        yield
    except PplinkError as error:
        raise type(error)(f"couple {couple}: {error.message}", error.hint) from None


def first_of(failed: Mapping[str, PplinkError]) -> PplinkError:
    """What to say of several errors: one for which trying again does not help, if there is one, and of how many more
    couples there is something to say."""
    worst = sorted(failed.values(), key=lambda each: isinstance(each, UnavailableError))[0]
    others = [name for name, error in failed.items() if error is not worst]
    if not others:
        return worst
    return type(worst)(f"{worst.message} (and {len(others)} more: {', '.join(others)})", worst.hint)


class _Sum:
    """Progress of all couples together."""

    def __init__(self, told: Callable[[int, int], None] | None) -> None:
        self._told = told
        self._parts: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def part(self, name: str) -> Callable[[int, int], None]:
        """What one couple calls."""

        def advance(done: int, total: int) -> None:
            with self._lock:
                self._parts[name] = (done, total)
                sums = [sum(each) for each in zip(*self._parts.values(), strict=True)]
                if self._told is not None:
                    self._told(sums[0], sums[1])

        return advance
