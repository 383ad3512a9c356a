"""Keys: `init`, the same for a unit, a broker and an auditor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output

if TYPE_CHECKING:
    from pplink.keys.ring import Role


def init_for(role: Role) -> click.Command:
    """The `init` command of a role."""

    @click.command("init")
    @click.argument("name")
    @options.home
    @options.output("Write the card here instead of printing it.", required=False)
    def init(name: str, home: Path, target: Path | None) -> None:
        """Make a key ring and print its public card."""
        _init(role, name, home, target)

    return init


def _init(role: Role, name: str, home: Path, target: Path | None) -> None:
    from pplink import canonical
    from pplink.errors import UnavailableError, UsageError
    from pplink.files import write_atomically
    from pplink.keys import ring

    options.spare(target, home=home)
    card = ring.create(home, name, role).card
    data = canonical.to_bytes(card.to_json()) + b"\n"
    if target is None:
        output.raw(data)
    else:
        try:
            write_atomically(target, data)
        except (UnavailableError, UsageError) as error:
            hint = f"the key ring was made, and its card is in {home / 'card.json'}: copy that file"
            raise type(error)(error.message, hint) from None
    output.note(f"key ring of {role} {name} made in {home}; the private keys never leave it")
    output.note(f"card fingerprint, to be compared by voice: {card.fingerprint}")
