"""Exchanges: where the parties of a session meet, and where each keeps its own side of it."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output
from pplink.errors import PplinkError, UnavailableError, UsageError
from pplink.memory import reuse

if TYPE_CHECKING:
    from pplink.agreement.model import Agreement
    from pplink.keys.ring import KeyRing
    from pplink.session.couples import Gathered
    from pplink.session.gathering import Gathering
    from pplink.session.party import Party
    from pplink.session.transcript import Transcript
    from pplink.session.transports.held import Held
    from pplink.session.transports.interface import Transport

exchange = click.option(
    "--exchange",
    required=True,
    metavar="PLACE",
    help="An empty folder that all parties see, a new one each time; or, at a unit, the address of the"
    " broker's: https://HOST:PORT/NAME-OF-FOLDER.",
)
ca = click.option(
    "--ca",
    type=options.FILE,
    metavar="FILE",
    help="CA certificate for the broker's address [default: the system's].",
)
session = click.option(
    "--session",
    type=options.FILE,
    metavar="DIR",
    help="This party's own side, kept private [default: sessions/NAME-OF-EXCHANGE in --home].",
)
seconds = click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(1, 7 * 86_400),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another party's message.",
)


def is_address(place: str) -> bool:
    """Whether an exchange is reached over HTTP."""
    return place.startswith(("https:", "http:"))


def folder_of(place: str) -> Path:
    """An exchange that is a folder."""
    return options.FILE.convert(place, None, None)


def default_side(keys: KeyRing, place: str) -> Path:
    """Where a party's side is kept unless it says: under the exchange's own name."""
    end = place.rstrip("/").rpartition("/")[2] if is_address(place) else folder_of(place).resolve().name
    return keys.home / "sessions" / (end or "exchange")


@contextmanager
def way_to(
    place: str,
    keys: KeyRing,
    ca: Path | None,
    limit: float,
    couple: str = "",
    *,
    held: Held | None = None,
) -> Iterator[Transport]:
    """A party's way to an exchange. ca: for an address; limit: seconds that a relay may be away; couple: of whom, where
    there are several; held: see `FolderTransport`."""
    from pplink.session.transports.folder import FolderTransport
    from pplink.session.transports.http import HttpTransport

    if not is_address(place):
        yield FolderTransport(folder_of(place), couple, held)
        return
    way = HttpTransport(place, keys, ca=ca, seconds=limit, couple=couple)
    try:
        yield way
    finally:
        way.close()


@contextmanager
def served(
    listen: str | None,
    certificate: Path | None,
    key: Path | None,
    folder: Path,
    agreement: Agreement,
    limit: float,
    failed: Collection[str] = (),
    held: Held | None = None,
) -> Iterator[None]:
    """The broker's folder, served if that was asked for; failed, held: see `relay.serving`. Raises UsageError unless
    all three are given or none."""
    if listen is None and certificate is None and key is None:
        yield
        return
    if listen is None or certificate is None or key is None:
        raise UsageError("--listen, --tls-cert and --tls-key go together", "give all three, or none")
    from pplink.session.transports.relay import serving, tls

    host, port = address_of(listen)
    with serving((host, port), tls(certificate, key), folder, agreement, limit, failed, held) as bound:
        output.note(f"units reach this exchange at https://{host}:{bound}/{folder.resolve().name}")
        yield


def held_by(listen: str | None, agreement: Agreement) -> Held | None:
    """What keeps messages that are on their way through this broker: None unless it serves its folder, and the session
    goes on in another leg if it crashes."""
    from pplink.session.catalogue import offer_of
    from pplink.session.transports.held import Held

    if listen is None or offer_of(agreement.terms.protocol).resuming is None:
        return None
    return Held(agreement.broker.name)


def address_of(listen: str) -> tuple[str, int]:
    """Host and port to listen on. Raises UsageError."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise UsageError(f"{listen} is not HOST:PORT", "for example 0.0.0.0:8443")
    return host.strip("[]"), int(port)


def units_of(agreement: Agreement, keys: KeyRing, named: tuple[str, ...]) -> tuple[str, ...]:
    """Who meets. Raises UsageError, AgreementError."""
    from pplink.session.catalogue import check, members

    check(agreement.terms)
    return members(agreement, keys.name if keys.role == "unit" else None, named)


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """A session that this party takes part in, or those of its couples."""

    agreement: Agreement
    keys: KeyRing
    units: tuple[str, ...]
    """Who meet, in order of names."""
    exchange: str
    """A folder, or an address."""
    side: Path
    """Where this party keeps its own side."""
    seconds: float
    """That it waits for another's message."""
    ca: Path | None
    """For an address."""
    held: Held | None
    """Of a broker that serves the folder; see `FolderTransport`."""

    @property
    def in_couples(self) -> bool:
        """Whether units meet two by two."""
        from pplink.session.catalogue import in_couples

        return in_couples(self.agreement, self.units)

    def way(self, couple: str = "") -> AbstractContextManager[Transport]:
        """To the exchange. couple: of whom, where there are several."""
        return way_to(self.exchange, self.keys, self.ca, self.seconds, couple, held=self.held)


def meeting_of(
    agreement: Agreement,
    keys: KeyRing,
    exchange: str,
    *,
    named: tuple[str, ...],
    side: Path | None,
    seconds: float,
    ca: Path | None = None,
    held: Held | None = None,
) -> Meeting:
    """named: of the units that meet, if not all; side: if the user names one. Raises UsageError, AgreementError."""
    return Meeting(
        agreement=agreement,
        keys=keys,
        exchange=exchange,
        side=side or default_side(keys, exchange),
        units=units_of(agreement, keys, named),
        seconds=seconds,
        ca=ca,
        held=held,
    )


@contextmanager
def party_of(meeting: Meeting) -> Iterator[Party]:
    """This party's means, with the lock on its side of the session."""
    from pplink.session.party import RECORD, Party
    from pplink.session.transcript import UNITS

    place = meeting.side
    with meeting.way() as transport:
        if (place / UNITS).exists():
            raise UsageError(
                f"{place} is the side of several couples, not of one", "name another --session and exchange"
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        reuse()
        with _told(place), output.progress("tiles") as progress, _side(place) as transcript:
            if (place / RECORD).is_dir():
                output.note(
                    f"the session in {place} has ended: what came of it is given once more, and nothing is sent"
                )
            yield Party(
                agreement=meeting.agreement,
                ring=meeting.keys,
                units=meeting.units,
                transcript=transcript,
                transport=transport,
                seconds=meeting.seconds,
                progress=progress,
                note=output.note,
            )


@contextmanager
def gathering_of(meeting: Meeting) -> Iterator[Gathering]:
    """The same where units meet two by two."""
    from pplink.session.gathering import Gathering
    from pplink.session.party import RECORD

    place = meeting.side
    place.parent.mkdir(parents=True, exist_ok=True)
    reuse()
    with _told(place), output.progress("tiles") as progress, _side(place) as transcript:
        gathering = Gathering(
            agreement=meeting.agreement,
            ring=meeting.keys,
            units=meeting.units,
            transcript=transcript,
            way=meeting.way,
            seconds=meeting.seconds,
            progress=progress,
            note=output.note,
        )
        gathering.begin()
        ended = sorted(each.name for each in (place / RECORD).iterdir()) if (place / RECORD).is_dir() else []
        if ended:
            output.note(f"{', '.join(ended)} ended before: what came of it is given once more")
        yield gathering


def note_waiting(party: Party | Gathering, place: str) -> None:
    """Before a session begins: for whom it waits. Who starts first would not know whether anything goes on."""
    from pplink.session.party import RECORD

    if (party.transcript.folder / RECORD).is_dir():
        return
    others = {*party.units, party.agreement.broker.name, *party.agreement.keepers} - {party.ring.name}
    names = ", ".join(sorted(others))
    output.note(f"joining {names} in {place}; waiting up to {party.seconds:,.0f} s for each message")


def note_gathered(gathered: Gathered) -> None:
    """Where records are, and what went wrong in couples; the worst of it is raised, once all else is told."""
    note_record(gathered.record)
    failed = gathered.failed.values()
    for error in failed if len(failed) > 1 else ():
        output.note(error.message)
    if any(isinstance(each, UnavailableError) for each in failed):
        _note_kept(gathered.record.parent)
    gathered.check()


@contextmanager
def _side(place: Path) -> Iterator[Transcript]:
    """What is kept of a party's side. If nothing was told to anyone, an error leaves no trace of a new one: it is an
    agreement, a list or who takes part that is corrected next, and another would be refused."""
    from pplink.session.legs import JOIN
    from pplink.session.transcript import opened

    new = not place.exists()

    def forget() -> None:
        if new and not any(place.rglob(JOIN)):
            shutil.rmtree(place, ignore_errors=True)

    with opened(place) as transcript:
        try:
            yield transcript
        except PplinkError:
            forget()
            raise
        forget()


@contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, UnavailableError):
        _note_kept(place)
        raise


def _note_kept(place: Path) -> None:
    if place.is_dir():
        output.note(f"what was done is kept in {place}; the same command goes on")


def note_record(record: Path) -> None:
    """Where things are now."""
    if not record.is_dir():
        return
    output.note(f"the session's record, for auditors: {record}; this side of it: {record.parent}")
