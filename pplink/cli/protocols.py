"""`pplink unit protocols`: what may be agreed, and what each party then learns."""

from __future__ import annotations

import click

from pplink.cli import options, output


@click.command()
@options.as_json
def protocols(json_: bool) -> None:
    """Show the protocols that an agreement may name, and what each of them tells whom; the default comes first."""
    from dataclasses import asdict

    from pplink.agreement.protocols import PROTOCOLS

    if json_:
        output.as_json({name: asdict(each) for name, each in PROTOCOLS.items()})
        return
    for name, each in PROTOCOLS.items():
        rows = [
            ("how", each.does),
            ("a unit learns", each.unit),
            ("the broker learns", each.broker),
            ("attacks on that", each.attacked),
        ]
        output.table(name, ("", ""), rows)
