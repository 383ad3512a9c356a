"""`pplink unit`: what an analyst at a unit types."""

from __future__ import annotations

import click

from pplink.cli import keys
from pplink.cli.late import LateGroup

HOMES = {
    "protocols": "pplink.cli.protocols:protocols",
    "keeper-key": "pplink.cli.keeping:keeper_key",
    "propose": "pplink.cli.agreements:propose",
    "agree": "pplink.cli.agreements:agree",
    "merge": "pplink.cli.agreements:merge",
    "calibrate": "pplink.cli.calibrate:calibrate",
    "risk": "pplink.cli.risk:risk",
    "import": "pplink.cli.importing:import_",
    "encode": "pplink.cli.datasets:encode",
    "inspect": "pplink.cli.datasets:inspect",
    "hits": "pplink.cli.hits:hits",
    "link": "pplink.cli.sessions:link",
    "audit": "pplink.cli.sessions:audit",
    "watchlist": "pplink.cli.watchlists:watchlist",
    "ask": "pplink.cli.asking:ask",
}


@click.group(cls=LateGroup, homes=HOMES)
def unit() -> None:
    """Unit: sign agreements, link your list, read your hits."""


unit.add_command(keys.init_for("unit"))
