"""Replay: a unit's side of a session done again from its list, its secret and what it received, and compared.

A unit that ran the session with other people than it shows cannot make the messages that both ends signed for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from msgspec import UNSET

from pplink import canonical
from pplink.agreement import text
from pplink.agreement.model import Agreement
from pplink.audit.folder import LOG
from pplink.audit.log import Log
from pplink.audit.session_events import Joined, couple_name
from pplink.audit.verification import verify
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, PeerError, PplinkError, RefusedError, UsageError
from pplink.files import read_bytes
from pplink.keys.ring import KeyRing
from pplink.session.cast import inputs_as
from pplink.session.gathering import Gathering, named
from pplink.session.inputs import Inputs, commitment_of
from pplink.session.joining import joined_of
from pplink.session.legs import JOIN, Leg, broken
from pplink.session.party import AGREEMENT, RECORD, SALT, Linked, Party, link
from pplink.session.plan import Brought
from pplink.session.signed import DAMAGED, signed_of
from pplink.session.transcript import UNITS, Sent, Transcript
from pplink.session.transports.interface import ANY

OTHER_LIST = "it was joined with a commitment to another list than this"
HINT = "keep the session's folder as it is, and ask who ran it with what"


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A session that was done again, with the same outcome."""

    session: str
    sent: int
    received: int
    """Messages, joins not counted."""
    rows: int
    commitment: str


class _Kept(Transcript):
    """A transcript that is read and never written."""

    replaying = True

    def remember(self, name: str, _: Callable[[], bytes]) -> bytes:
        data = self.known(name)
        if data is None:
            raise UsageError(f"{self.folder} has no {name}: the session did not get so far")
        return data

    def add_received(self, *_: object) -> NoReturn:
        raise IntegrityError("more messages are due than were received", HINT)

    def add_sent(self, line: Sent) -> NoReturn:
        raise IntegrityError(f"message {line.sequence} to {line.to} (step {line.step}) was never sent", HINT)

    def fail(self, _: str) -> None:
        return

    def keep_folder(self, name: str, _: Mapping[str, bytes]) -> Path:
        return self.folder / name


class _Closed:
    """The way to nobody."""

    most = ANY
    keeps = True

    def claim(self, _: str) -> NoReturn:
        raise UsageError("this session was never begun")

    def put(self, *_: object) -> None:
        return

    def wait(self, _: str, due: Mapping[str, int], *__: object) -> NoReturn:
        raise IntegrityError(f"a message from {' or '.join(sorted(due))} is due and was not received", HINT)

    def taken(self, *_: object) -> None:
        return

    def sweep(self, *_: object) -> None:
        return


def agreement_of(folder: Path) -> Agreement:
    """What a session was run under. Raises UsageError if there is no session in the folder."""
    return text.read(read_bytes(folder / AGREEMENT, "the session's agreement", 1 << 24))


def kept(folder: Path, ring: KeyRing) -> Party:
    """A unit's side, to be done again. Raises UsageError if there is none of a session that stands by itself."""
    transcript, joined = _begun(folder)
    if joined.among is not UNSET:
        raise UsageError(f"{folder} is of one of several couples", "name the folder that all of them are in")
    return _party(transcript, ring, joined)


def kept_couples(folder: Path, ring: KeyRing) -> Gathering | None:
    """A unit's side where units meet two by two, to be done again; None if the folder has no such side."""
    transcript = _Kept(folder)
    units = transcript.known(UNITS)
    if units is None:
        return None
    try:
        names = tuple(canonical.exactly(units))
    except MalformedError as error:
        raise IntegrityError(f"what was kept of the session is damaged: {UNITS} {error}", DAMAGED) from None
    return Gathering(
        agreement=agreement_of(folder),
        ring=ring,
        units=names,
        transcript=transcript,
        way=lambda _: nullcontext(_Closed()),
    )


def replay_couples(
    gathering: Gathering, inputs: Brought, told: Callable[[str, Replayed], None] = lambda *_: None
) -> dict[str, Replayed]:
    """Do all kept couples again, in their order: by name. told: called with each that goes as it went, at once.

    Raises, after all of them, what `replay` does, naming each couple that did not go as it went, never began or did not
    end; and IntegrityError if a couple was joined with a commitment to another list than this.
    """
    inputs = inputs_as(Inputs, inputs)
    commitment = commitment_of(gathering.salt, inputs.digest)
    done: dict[str, Replayed] = {}
    failed: list[PplinkError] = []
    for couple in gathering.couples:
        name = couple_name(couple)
        try:
            with named(name):
                done[name] = _replay_couple(gathering, couple, inputs, commitment)
        except PplinkError as error:
            failed.append(error)
        else:
            told(name, done[name])
    if failed:
        raise _all_of(failed)
    return done


def _replay_couple(
    gathering: Gathering, couple: tuple[str, str], inputs: Inputs, commitment: str
) -> Replayed:
    transcript, joined = _begun(gathering.transcript.folder / couple_name(couple))
    if joined.commitment != commitment or joined.among != gathering.units:
        raise IntegrityError(OTHER_LIST, HINT)
    peer = next(each for each in couple if each != gathering.ring.name)
    mine, _ = inputs.towards(gathering.ring.couple_key(gathering.agreement.id, peer))
    return replay(_party(transcript, gathering.ring, joined), mine)


def _all_of(failed: Sequence[PplinkError]) -> PplinkError:
    """One that says all: first what was found out, if anything, then couples that failed or never began."""
    first, *others = sorted(failed, key=lambda each: not isinstance(each, IntegrityError))
    return type(first)("; ".join(each.message for each in (first, *others)), first.hint)


def _begun(folder: Path) -> tuple[Transcript, Joined]:
    transcript = _Kept(folder)
    join = transcript.known(JOIN)
    if join is None:
        raise UsageError(f"{folder} has no session", "name the folder that `pplink unit link` told of")
    return transcript, joined_of(signed_of(join))


def _party(transcript: Transcript, ring: KeyRing, joined: Joined) -> Party:
    return Party(
        agreement=agreement_of(transcript.folder),
        ring=ring,
        units=joined.units,
        transcript=transcript,
        transport=_Closed(),
    )


def replay(party: Party, inputs: Brought) -> Replayed:
    """Do a kept side again. Raises IntegrityError naming the first message that is another one, or what does not
    verify; UsageError if the list is not the one whose digest was kept.
    """
    folder = party.transcript.folder
    failure = verify(folder / RECORD, agreement_id=party.agreement.id).first_failure
    if failure is not None:
        raise IntegrityError(f"the session's record: {failure.name}: {failure.detail}", HINT)
    try:
        linked = link(party, inputs)
    except (RefusedError, PeerError) as error:
        raise IntegrityError(
            f"done again, the session does not go as it went: {error.message}", HINT
        ) from None
    _compare(linked, party, folder)
    _check_commitment(party, inputs)
    body = linked.end.body
    sent = sum(len(each["digests"]) for each in body["links"] if each["sender"] == party.ring.name)
    total = sum(len(each["digests"]) for each in body["links"])
    return Replayed(
        session=linked.session,
        sent=sent,
        received=total - sent,
        rows=body["rows"],
        commitment=body["commitment"],
    )


def _check_commitment(party: Party, inputs: Brought) -> None:
    """Of a session that stands by itself; `replay_couples` looks at those of couples."""
    joined = joined_of(signed_of(party.transcript.known(JOIN)))
    if joined.among is not UNSET or joined.commitment is UNSET:
        return
    if joined.commitment != commitment_of(party.transcript.known(SALT) or b"", inputs.digest):
        raise IntegrityError(OTHER_LIST, HINT)


def _compare(linked: Linked, party: Party, folder: Path) -> None:
    log = Log.from_bytes(read_bytes(folder / RECORD / LOG, "the session's log", 1 << 24))
    if linked.end not in log.entries():
        raise IntegrityError("the log has another end of this unit than the session done again gives", HINT)
    entries = log.entries()
    for number in range(party.transcript.legs()):
        if broken(party, Leg(number=number, transcript=party.transcript.leg(number))) not in entries:
            raise IntegrityError("the log has another end of a leg than this unit kept", HINT)
