"""`pplink unit link | audit`, `pplink broker deal`: the agreement's protocol, run by its parties with each other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import exchanges, found, options, output, strangers
from pplink.cli.reading import Reading, validated
from pplink.cli.remarks import of_list
from pplink.errors import UsageError

if TYPE_CHECKING:
    from pplink.agreement.model import Agreement
    from pplink.cli.exchanges import Meeting
    from pplink.keys.ring import KeyRing
    from pplink.session.gathering import Gathering
    from pplink.session.party import Party
    from pplink.session.plan import Brought
    from pplink.session.replay import Replayed

own_list = click.option(
    "--people", type=options.FILE, required=True, metavar="FILE", help="This unit's list."
)


@click.command()
@options.agreement
@exchanges.exchange
@options.output("This unit's hits, as CSV.")
@options.home
@click.option(
    "--with",
    "with_",
    multiple=True,
    metavar="UNIT",
    help="Another unit that takes part; repeat for each [default: all].",
)
@exchanges.ca
@exchanges.session
@exchanges.seconds
@own_list
@validated
def link(
    agreement: Path,
    exchange: str,
    target: Path,
    home: Path,
    with_: tuple[str, ...],
    ca: Path | None,
    session: Path | None,
    seconds: float,
    people: Path,
    reading: Reading,
) -> None:
    """Find this unit's hits with other units, showing nobody an encoding.

    Run it at the same time as the other units, and as `pplink broker deal` at the broker. After an interruption, or
    if a unit failed, run the same command again: it continues with what is missing.
    """
    folder = None if exchanges.is_address(exchange) else exchanges.folder_of(exchange)
    options.spare(target, people, agreement, folder, session, home=home)
    signed, keys = _read(agreement, home)
    meeting = exchanges.meeting_of(signed, keys, exchange, named=with_, side=session, seconds=seconds, ca=ca)
    (_link_couples if meeting.in_couples else _link_two)(meeting, people, reading, target)


def _link_two(meeting: Meeting, people: Path, reading: Reading, target: Path) -> None:
    from pplink.session.party import link as run

    signed, keys = meeting.agreement, meeting.keys
    with exchanges.party_of(meeting) as party:
        inputs = _inputs(party, people, reading)
        exchanges.note_waiting(party, meeting.exchange)
        linked = run(party, inputs)
    found.write(target, linked, len(inputs), signed, keys, partial(reading.record_ids, people))
    strangers.note(linked.couples, inputs, signed, keys.name)
    exchanges.note_record(linked.record)


def _link_couples(meeting: Meeting, people: Path, reading: Reading, target: Path) -> None:
    from pplink.session.couples import link_all

    signed, keys = meeting.agreement, meeting.keys
    with exchanges.gathering_of(meeting) as gathering:
        inputs = _inputs(gathering, people, reading)
        exchanges.note_waiting(gathering, meeting.exchange)
        gathered = link_all(gathering, inputs)
    if gathered.couples:
        found.write_all(target, gathered, len(inputs), signed, keys, partial(reading.record_ids, people))
        strangers.note(gathered.couples, inputs, signed, keys.name)
    exchanges.note_gathered(gathered)


@click.command()
@click.argument("session", type=options.FILE)
@options.home
@own_list
@validated
def audit(session: Path, home: Path, people: Path, reading: Reading) -> None:
    """Repeat this unit's side of a SESSION and compare it with the record.

    SESSION is the folder that `pplink unit link` named. Shows whether the session used the people in this list.
    """
    from pplink.keys import ring
    from pplink.session.replay import kept, kept_couples, replay, replay_couples

    keys = ring.load(home)
    gathering = kept_couples(session, keys)
    if gathering is not None:
        inputs = _inputs(gathering, people, reading)

        def told(name: str, done: Replayed) -> None:
            output.result(f"couple {name}:")
            _show(done, inputs)

        replay_couples(gathering, inputs, told)
        return
    party = kept(session, keys)
    inputs = _inputs(party, people, reading)
    _show(replay(party, inputs), inputs)


def _show(done: Replayed, inputs: Brought) -> None:
    output.result(f"session {done.session}: the record verifies")
    output.result(f"{len(inputs):,} records of this list are those under commitment {done.commitment}")
    output.result(
        f"done again, this unit sends the {done.sent:,} messages that it signed for, given the {done.received:,}"
        " that it received"
    )


def _inputs(party: Party | Gathering, people: Path, reading: Reading) -> Brought:
    from pplink.session.catalogue import prepare

    inputs = prepare(
        reading.table(people),
        party.agreement,
        party.ring,
        **reading.choices,
        now=party.begun(),
        remember=party.transcript.remember,
    )
    validation = getattr(inputs, "validation", None)  # a protocol of another package need not have one
    for line in of_list(validation, party.agreement.terms.protocol) if validation else ():
        output.note(line)
    return inputs


@click.command()
@options.agreement
@exchanges.exchange
@options.home
@click.option(
    "--between",
    multiple=True,
    metavar="UNIT",
    help="A unit that takes part; repeat for each [default: all].",
)
@click.option("--listen", metavar="HOST:PORT", help="Serve the exchange folder to units meanwhile, over TLS.")
@click.option("--tls-cert", type=options.FILE, metavar="FILE", help="With --listen: the certificate, in PEM.")
@click.option("--tls-key", type=options.FILE, metavar="FILE", help="With --listen: its key, in PEM.")
@exchanges.session
@exchanges.seconds
def deal(
    agreement: Path,
    exchange: str,
    home: Path,
    between: tuple[str, ...],
    listen: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    session: Path | None,
    seconds: float,
) -> None:
    """Deal the masks for the units' sessions, and keep the record.

    They hide the units' records from each other and from the broker; in ecdh_psi the broker passes on what units send
    each other.
    """
    if exchanges.is_address(exchange):
        raise UsageError(
            "the broker has the exchange folder itself", "name the folder; --listen serves it to units"
        )
    folder = exchanges.folder_of(exchange)
    signed, keys = _read(agreement, home)
    held = exchanges.held_by(listen, signed)
    meeting = exchanges.meeting_of(
        signed, keys, exchange, named=between, side=session, seconds=seconds, held=held
    )
    failed: set[str] = set()
    serving = exchanges.served(listen, tls_cert, tls_key, folder, signed, seconds, failed, held)
    if meeting.in_couples:
        _deal_couples(meeting, serving, failed)
    else:
        _deal_two(meeting, serving)


def _deal_two(meeting: Meeting, serving: AbstractContextManager[None]) -> None:
    from pplink.session.party import deal as run

    with serving, exchanges.party_of(meeting) as party:
        exchanges.note_waiting(party, meeting.exchange)
        record = run(party)
    exchanges.note_record(record)


def _deal_couples(meeting: Meeting, serving: AbstractContextManager[None], failed: set[str]) -> None:
    """failed: filled with the couples that failed, which units are told of as long as the folder is served."""
    from pplink.session.couples import deal_all

    with serving, exchanges.gathering_of(meeting) as gathering:
        exchanges.note_waiting(gathering, meeting.exchange)
        gathered = deal_all(gathering)
        failed.update(gathered.failed)
    exchanges.note_gathered(gathered)


def _read(agreement: Path, home: Path) -> tuple[Agreement, KeyRing]:
    from pplink.agreement import text
    from pplink.keys import ring

    return text.load(agreement), ring.load(home)
