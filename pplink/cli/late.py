"""Late: groups of commands whose modules are imported when a command is called, so that none waits for the others."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LateGroup(click.Group):
    """A group that knows of its commands only where they live, until one is called or all are listed.

    Without it each command would first import the modules of all: a third of the time that a short one takes.
    """

    def __init__(self, *args: Any, homes: Mapping[str, str], **others: Any) -> None:
        """homes: by a command's name, `module:attribute`."""
        super().__init__(*args, **others)
        self.homes = homes

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return sorted({*super().list_commands(ctx), *self.homes})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in self.commands and cmd_name in self.homes:
            module, _, attribute = self.homes[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), attribute), cmd_name)
        return super().get_command(ctx, cmd_name)
