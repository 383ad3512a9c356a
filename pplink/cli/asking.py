"""`pplink unit ask`: is this person on the other unit's list? With a case number and a legal basis, signed."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pplink.cli import options, output
from pplink.cli.reading import Reading, validated
from pplink.errors import UsageError

if TYPE_CHECKING:
    from pplink.agreement.model import Agreement
    from pplink.session.watchlist.asking import Reply

TYPED = 1 << 16
"""Bytes of one person on standard input, at most."""


@click.command()
@options.agreement
@click.option("--at", "address", required=True, metavar="URL", help="The holder's: https://HOST:PORT.")
@click.option("--case", required=True, metavar="NUMBER", help="This unit's case, at most 64 bytes.")
@click.option(
    "--legal-basis", "basis", required=True, metavar="TEXT", help="What allows it, at most 192 bytes."
)
@click.option(
    "--person",
    "values",
    multiple=True,
    metavar="FIELD=VALUE",
    help="The person's values, each once; several of one field with `;` between. `-` reads them from standard input,"
    " a line each, where no other user of this machine and no shell's history sees them.",
)
@click.option(
    "--people", type=options.FILE, metavar="FILE", help="Or a list of persons, asked about one by one."
)
@options.output("Write a CSV file here instead of printing it.", required=False)
@options.home
@click.option(
    "--ca", type=options.FILE, metavar="FILE", help="CA certificate for the address [default: the system's]."
)
@click.option("--new-key", is_flag=True, help="The list was built anew: take its new key.")
@click.option(
    "--timeout", "seconds", type=click.FloatRange(0.1, 86_400), default=60, show_default=True, metavar="SECONDS",
    help="How long to try to reach the holder.",
)  # fmt: skip
@validated
@options.as_json
def ask(
    agreement: Path,
    address: str,
    case: str,
    basis: str,
    values: tuple[str, ...],
    people: Path | None,
    target: Path | None,
    home: Path,
    ca: Path | None,
    new_key: bool,
    seconds: float,
    json_: bool,
    reading: Reading,
) -> None:
    """Ask whether a person is on another unit's list.

    The list's holder does not learn whom you ask about. Every query is signed with its case and legal basis, and
    stands in the holder's log.
    """
    from pplink.agreement import text
    from pplink.keys import ring
    from pplink.session.watchlist import asking
    from pplink.session.watchlist.channel import HttpsChannel
    from pplink.session.watchlist.memory import opened
    from pplink.session.watchlist.terms import watchlist_of

    options.spare(target, people, agreement, ca, home=home)
    signed, keys = text.load(agreement), ring.load(home)
    terms = watchlist_of(signed.terms)
    if (people is None) == (not values):
        raise UsageError("it is not clear who is asked about", "give --person, or --people with a list")
    if people is None:
        asked = asking.persons(_one(values, signed), signed)
    else:
        asked = asking.persons(reading.table(people), signed, **reading.choices)
    with closing(HttpsChannel(address, ca=ca, seconds=seconds)) as way, opened(keys, signed) as shelf:
        replies = list(asking.ask(asked, shelf, signed, keys, way, case=case, basis=basis, new_key=new_key))
    _show(replies, target, json_, one=people is None)
    hits = sum(bool(reply.keys) for reply in replies)
    output.note(f"{len(replies):,} asked about, {hits:,} on the list of unit {terms.holder}")


def _one(values: tuple[str, ...], agreement: Agreement) -> Any:
    """A list of one person. Raises UsageError."""
    import pandas as pd

    values = _typed() if values == ("-",) else values

    names = [field.name for field in agreement.terms.fields]
    row: dict[str, str | None] = {"record_id": "1", **dict.fromkeys(names)}
    for value in values:
        name, sign, text = value.partition("=")
        if not sign or name not in names:
            raise UsageError(
                "--person is FIELD=VALUE, with a field of the agreement", f"fields are: {', '.join(names)}"
            )
        if row[name] is not None:
            raise UsageError(f"--person names {name} twice", "give several values with `;` between")
        row[name] = text
    return pd.DataFrame([row], dtype="string")


def _typed() -> tuple[str, ...]:
    """FIELD=VALUE, a line each, from standard input. Raises UsageError."""
    data = sys.stdin.buffer.read(TYPED + 1)
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        raise UsageError("standard input is not UTF-8", "write FIELD=VALUE, a line each, as UTF-8") from None
    if len(data) > TYPED or not lines:
        raise UsageError("standard input has no person", "write FIELD=VALUE, a line each")
    return tuple(lines)


def _show(replies: list[Reply], target: Path | None, json_: bool, *, one: bool) -> None:
    if json_:
        output.as_json(
            [{"record_id": each.record, "hit": bool(each.keys), "keys": list(each.keys)} for each in replies]
        )
        return
    if one and target is None:
        output.result(f"hit by {', '.join(replies[0].keys)}" if replies[0].keys else "no hit")
        return
    rows = ((each.record, "yes" if each.keys else "no", "; ".join(each.keys)) for each in replies)
    output.private(output.csv_of(("record_id", "hit", "keys"), rows), target)
