"""`pplink unit watchlist build | update | serve`: a list about whose persons other units may ask."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output
from pplink.cli.reading import Reading, validated
from pplink.errors import UsageError

if TYPE_CHECKING:
    from pplink.session.watchlist.lists import Stored

LIST = click.argument("folder", type=options.FILE, metavar="LIST")


@click.group()
def watchlist() -> None:
    """Watch list: let other units ask about one person at a time.

    They learn hit or no hit, and nothing else.
    """


@watchlist.command()
@click.argument("people", type=options.FILE)
@options.agreement
@options.output("The list's folder, kept private, which must not exist yet.")
@options.home
@validated
def build(people: Path, agreement: Path, target: Path, home: Path, reading: Reading) -> None:
    """Make a list of PEOPLE.

    It holds no values, only outputs of a secret function of them.
    """
    from pplink.agreement import text
    from pplink.keys import ring
    from pplink.session.watchlist import lists

    options.spare(target, people, agreement, home=home, folder=True)
    signed = text.load(agreement)
    made = lists.build(
        target, reading.table(people), signed, ring.load(home), now=datetime.now(UTC), **reading.choices
    )
    _note(made, target)


@watchlist.command()
@LIST
@click.option("--add", type=options.FILE, metavar="FILE", help="People to add, or whose values change.")
@click.option(
    "--remove", type=options.FILE, metavar="FILE", help="People to remove; only column record_id is read."
)
@options.home
@validated
def update(folder: Path, add: Path | None, remove: Path | None, home: Path, reading: Reading) -> None:
    """Change a LIST in place. A running service picks it up within seconds; sessions continue."""
    from pplink.keys import ring
    from pplink.session.watchlist import lists

    if add is None and remove is None:
        raise UsageError("nothing is to be changed", "give --add or --remove, or both")
    frame = None if add is None else reading.table(add)
    gone = [] if remove is None else reading.record_ids(remove)
    made = lists.update(
        folder, ring.load(home), add=frame, remove=gone, now=datetime.now(UTC), **reading.choices
    )
    _note(made, folder)


@watchlist.command()
@LIST
@click.option("--listen", required=True, metavar="HOST:PORT", help="Address for queries.")
@click.option("--tls-cert", type=options.FILE, required=True, metavar="FILE", help="The certificate, in PEM.")
@click.option("--tls-key", type=options.FILE, required=True, metavar="FILE", help="Its key, in PEM.")
@click.option(
    "--per-minute",
    type=click.IntRange(1),
    default=600,
    show_default=True,
    help="Queries of a unit answered in a minute at most; how many a day was agreed.",
)
@click.option(
    "--legal-basis",
    "bases",
    multiple=True,
    metavar="TEXT",
    help="Answer only for this legal basis, to the letter [default: any]. Repeat for more.",
)
@options.home
def serve(
    folder: Path,
    listen: str,
    tls_cert: Path,
    tls_key: Path,
    per_minute: int,
    bases: tuple[str, ...],
    home: Path,
) -> None:
    """Answer queries about a LIST over TLS until Ctrl-C.

    Each query goes into the log in LIST/record, for auditors.
    """
    from pplink.cli.exchanges import address_of
    from pplink.keys import ring
    from pplink.session.transports.server import tls
    from pplink.session.watchlist import lists
    from pplink.session.watchlist.desk import Desk
    from pplink.session.watchlist.limits import Limits
    from pplink.session.watchlist.register import opened
    from pplink.session.watchlist.server import serving, watch
    from pplink.session.watchlist.terms import watchlist_of

    stored, keys = lists.load(folder), ring.load(home)
    limits = Limits(watchlist_of(stored.agreement.terms).daily, per_minute, bases)
    with opened(folder, stored.agreement, keys) as register:
        desk = Desk(stored, register, keys, limits)
        host, port = address_of(listen)
        with serving((host, port), tls(tls_cert, tls_key), desk) as bound:
            output.note(f"units ask at https://{host}:{bound}; the log, for auditors: {folder / 'record'}")
            try:
                watch(folder, stored.version, desk.exchange, threading.Event())
            except KeyboardInterrupt:
                output.note("the service has ended; all sessions are closed")


def _note(made: Stored, folder: Path) -> None:
    output.note(
        f"version {made.version} of the list in {folder}: {made.records:,} persons,"
        f" {len(made.watchlist):,} keys; askers see {made.entries:,}, filled up"
    )
