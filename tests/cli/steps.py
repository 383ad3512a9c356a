"""Steps: the commands with which most stories begin, run in this process and in the working folder."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from pplink.cli.main import run

UNITS = ("north", "south")
ROLES = {"hub": "broker", "officer": "auditor"}
"""Of those who are no units."""


def ok(command: str) -> None:
    """Run a command that must succeed."""
    code = run(shlex.split(command))
    assert code == 0, command


def key_rings(*names: str) -> None:
    """Of each a key ring NAME, and a card NAME.json."""
    for name in names:
        ok(f"{ROLES.get(name, 'unit')} init {name} --home {name} -o {name}.json")


def proposal(target: str, options: str, parties: Iterable[str]) -> str:
    """The command that proposes an agreement of these parties."""
    cards = " ".join(f"--party {name}.json" for name in parties)
    return f"unit propose {cards} --purpose test --legal-basis none --days 30 {options} -o {target}"


def agreed(
    target: str,
    options: str = "",
    *,
    units: tuple[str, ...] = UNITS,
    others: tuple[str, ...] = ("hub", "officer"),
) -> None:
    """An agreement of these parties in the file `target`, in place of any other, signed by the units."""
    Path(target).unlink(missing_ok=True)
    ok(proposal(target, options, (*units, *others)))
    for unit in units:
        ok(f"unit agree {target} --home {unit} --yes")
