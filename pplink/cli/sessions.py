"""`pplink unit link | audit`, `pplink broker deal`: the agreement's protocol, run by three parties with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pplink.cli import options, output
from pplink.cli.datasets import POLICIES
from pplink.cli.hits import record_ids
from pplink.errors import UnavailableError

if TYPE_CHECKING:
    from pplink.agreement.model import Agreement
    from pplink.keys.ring import KeyRing
    from pplink.session.inputs import Inputs
    from pplink.session.party import Party

exchange = click.option(
    "--exchange",
    type=options.FILE,
    required=True,
    metavar="DIR",
    help="An empty folder that all three parties see, such as a mounted share; one for each session.",
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


LIST = (
    click.option("--people", type=options.FILE, required=True, metavar="FILE", help="This unit's list."),
    options.columns,
    options.delimiter,
    options.text_encoding,
    click.option("--ignore-extra", is_flag=True, help="Leave out columns that the agreement does not name."),
    click.option("--skip-bad-rows", is_flag=True, help="Leave out bad rows."),
    click.option(
        "--blank-bad-values", is_flag=True, help="Encode a bad value as missing where the field may be."
    ),
)
"""What says how a list is read; a command takes them as `**list_`."""


def listed(command: options.Command) -> options.Command:
    """A command that reads this unit's list."""
    for option in reversed(LIST):
        command = option(command)
    return command


@click.command()
@options.agreement
@exchange
@options.output("This unit's hits, as CSV.")
@options.home
@click.option("--with", "with_", metavar="UNIT", help="The other unit, if there are more than two.")
@session
@seconds
@listed
def link(
    agreement: Path,
    exchange: Path,
    target: Path,
    home: Path,
    with_: str | None,
    session: Path | None,
    seconds: float,
    **list_: Any,
) -> None:
    """Find this unit's hits with another unit, at the same time as it and the broker: nobody sees an encoding.

    Three processes: `pplink unit link` at either unit, `pplink broker deal` at the broker. The same command goes on
    where it was broken off.
    """
    from pplink.disclosure.linked import hits_of
    from pplink.disclosure.resolving import to_frame
    from pplink.files import write_atomically
    from pplink.session.party import link as run

    options.spare(target, list_["people"], agreement, exchange, session, home=home)
    signed, keys = _read(agreement, home)
    with _party(signed, keys, exchange, session, seconds, (with_,) if with_ else ()) as party:
        inputs = _inputs(party, **list_)
        linked = run(party, inputs)
    hits = hits_of(linked, keys.name, signed.terms)
    columns = options.column_map(list_["columns"])
    ids = record_ids(list_["people"], columns, list_["delimiter"], list_["encoding"])
    frame = to_frame(hits, ids, keys.handle_key(signed.id))
    write_atomically(target, frame.to_csv(index=False).encode(), private=True)
    output.note(f"{len(inputs):,} records took part, {len(frame):,} hits with {linked.peer} in {target}")
    _note_record(linked.record)


@click.command()
@click.argument("session", type=options.FILE)
@options.home
@listed
def audit(session: Path, home: Path, **list_: Any) -> None:
    """Do this unit's side of a SESSION again, from its list and its kept secret, and compare it with the record.

    SESSION is the folder that `pplink unit link` told of. Other people than these in the session are found out.
    """
    from pplink.keys import ring
    from pplink.session.replay import kept, replay

    party = kept(session, ring.load(home))
    done = replay(party, _inputs(party, **list_))
    output.result(f"session {done.session}: the record verifies")
    output.result(f"{done.rows:,} records of this list are those under commitment {done.commitment}")
    output.result(
        f"done again, this unit sends the {done.sent:,} messages that it signed for, given the {done.received:,}"
        " that it received"
    )


def _inputs(
    party: Party,
    people: Path,
    columns: tuple[str, ...],
    delimiter: str,
    encoding: str,
    ignore_extra: bool,
    skip_bad_rows: bool,
    blank_bad_values: bool,
) -> Inputs:
    from pplink.encoders.source import read_people
    from pplink.session.inputs import prepare

    return prepare(
        read_people(people, delimiter=delimiter, encoding=encoding),
        party.agreement,
        party.ring,
        columns=options.column_map(columns),
        bad_rows=POLICIES[skip_bad_rows, blank_bad_values],
        ignore_extra=ignore_extra,
        now=party.begun(),
    )


@click.command()
@options.agreement
@exchange
@options.home
@click.option("--between", nargs=2, metavar="UNIT UNIT", help="The two units, if there are more.")
@session
@seconds
def deal(
    agreement: Path,
    exchange: Path,
    home: Path,
    between: tuple[str, str] | None,
    session: Path | None,
    seconds: float,
) -> None:
    """Deal two units the randomness that hides their records from each other and from the broker."""
    from pplink.session.party import deal as run

    signed, keys = _read(agreement, home)
    with _party(signed, keys, exchange, session, seconds, between or ()) as party:
        record = run(party)
    _note_record(record)


def _read(agreement: Path, home: Path) -> tuple[Agreement, KeyRing]:
    from pplink.agreement import text
    from pplink.files import read_bytes
    from pplink.keys import ring

    return text.read(read_bytes(agreement, "agreement", limit=1 << 24)), ring.load(home)


@contextmanager
def _party(
    agreement: Agreement,
    keys: KeyRing,
    exchange: Path,
    session: Path | None,
    seconds: float,
    named: tuple[str, ...],
) -> Iterator[Party]:
    """This party's means, with the lock on its side of the session."""
    from pplink.session.catalogue import check, couple
    from pplink.session.party import RECORD, Party
    from pplink.session.transcript import opened
    from pplink.session.transports.folder import FolderTransport

    check(agreement.terms)
    units = couple(agreement, keys.name if keys.role == "unit" else None, named)
    transport = FolderTransport(exchange)
    place = session or keys.home / "sessions" / exchange.resolve().name
    place.parent.mkdir(parents=True, exist_ok=True)
    with _told(place), output.progress("tiles") as progress, opened(place) as transcript:
        means: Mapping[str, Any] = {"seconds": seconds, "progress": progress}
        if (place / RECORD).is_dir():
            output.note(
                f"the session in {place} has ended: what came of it is given once more, and nothing is sent"
            )
        yield Party(
            agreement=agreement, ring=keys, units=units, transcript=transcript, transport=transport, **means
        )


@contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, UnavailableError):
        if place.is_dir():
            output.note(f"what was done is kept in {place}; the same command goes on")
        raise


def _note_record(record: Path) -> None:
    output.note(f"the session's record, for auditors: {record}; this side of it: {record.parent}")
