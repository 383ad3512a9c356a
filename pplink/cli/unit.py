"""`pplink unit`: what an analyst at a unit types."""

from __future__ import annotations

import click

from pplink.cli import (
    agreements,
    asking,
    calibrate,
    datasets,
    hits,
    importing,
    keys,
    protocols,
    risk,
    sessions,
    watchlists,
)


@click.group()
def unit() -> None:
    """A unit: agree, encode, and read your own hits."""


unit.add_command(keys.init_for("unit"))
unit.add_command(protocols.protocols)
unit.add_command(agreements.propose)
unit.add_command(agreements.agree)
unit.add_command(agreements.merge)
unit.add_command(calibrate.calibrate)
unit.add_command(risk.risk)
unit.add_command(importing.import_)
unit.add_command(datasets.encode)
unit.add_command(datasets.inspect)
unit.add_command(hits.hits)
unit.add_command(sessions.link)
unit.add_command(sessions.audit)
unit.add_command(watchlists.watchlist)
unit.add_command(asking.ask)
