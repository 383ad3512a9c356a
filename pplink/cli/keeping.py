"""`pplink auditor keeper-key | keep`: an auditor who has the key under which units' tables are added up."""

from __future__ import annotations

from pathlib import Path

import click

from pplink.cli import exchanges, options, output


@click.command("keeper-key")
@options.home
@options.output("Write the public half here, for the agreement, instead of printing it.", required=False)
@click.option("--show", is_flag=True, help="Show the existing key.")
def keeper_key(home: Path, target: Path | None, show: bool) -> None:
    """Make the Paillier key under which tables or numbers are added up.

    It has 3,072 bits; its secret half stays here.
    """
    from pplink.agreement.stats_presets import write_key
    from pplink.files import write_atomically
    from pplink.keys import ring
    from pplink.session import keeper

    options.spare(target, home / keeper.FILE, home=home)
    keys = ring.load(home)
    modulus = keeper.load(keys).key.modulus if show else keeper.make(keys)
    data = write_key(keys.name, modulus)
    if target is None:
        output.raw(data)
    else:
        write_atomically(target, data)
    output.note(f"keeper's key of {keys.name} in {home / keeper.FILE}; the secret half never leaves it")


@click.command()
@options.agreement
@exchanges.exchange
@options.home
@exchanges.ca
@exchanges.session
@exchanges.seconds
@click.option("--with", "units", multiple=True, metavar="UNIT", help="The session's units [default: all].")
def keep(
    agreement: Path,
    exchange: str,
    home: Path,
    ca: Path | None,
    session: Path | None,
    seconds: float,
    units: tuple[str, ...],
) -> None:
    """Take part in a session that adds up tables, as the keeper of the key.

    The keeper sees masked sums only, and says which cells are too small.
    """
    from pplink.agreement import text
    from pplink.keys import ring
    from pplink.session import keeper
    from pplink.session.party import link

    signed = text.load(agreement)
    keys = ring.load(home)
    meeting = exchanges.meeting_of(signed, keys, exchange, named=units, side=session, seconds=seconds, ca=ca)
    with exchanges.party_of(meeting) as party:
        exchanges.note_waiting(party, exchange)
        linked = link(party, keeper.load(keys))
    exchanges.note_record(linked.record)
