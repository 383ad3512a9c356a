"""`pplink unit`: what an analyst at a unit types."""

from __future__ import annotations

import click

from pplink.cli import agreements, keys


@click.group()
def unit() -> None:
    """A unit: make a key ring, propose an agreement, sign it."""


unit.add_command(keys.init_for("unit"))
unit.add_command(agreements.propose)
unit.add_command(agreements.agree)
unit.add_command(agreements.merge)
