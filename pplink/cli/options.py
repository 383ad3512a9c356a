"""Options: the ones that several commands share, each said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_HOME = "~/.pplink"


class FilePath(click.ParamType[Path]):
    """A path that the command itself opens, so that a missing file gets our error and exit code."""

    name = "file"

    def convert(self, value: Any, *_: Any) -> Path:
        return Path(value).expanduser()


FILE = FilePath()

home = click.option(
    "--home",
    type=FILE,
    envvar="PPLINK_HOME",
    default=DEFAULT_HOME,
    show_default=True,
    show_envvar=True,
    metavar="DIR",
    help="Folder of the key ring.",
)
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for another program.")


def output(what: str, *, required: bool = True) -> Callable[[Command], Command]:
    """`-o FILE`, where the result goes."""
    return click.option("-o", "--output", "target", type=FILE, required=required, metavar="FILE", help=what)
