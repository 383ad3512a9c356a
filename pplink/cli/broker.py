"""`pplink broker`: what the operator at the broker types."""

from __future__ import annotations

import click

from pplink.cli import keys


@click.group()
def broker() -> None:
    """A broker: make a key ring."""


broker.add_command(keys.init_for("broker"))
