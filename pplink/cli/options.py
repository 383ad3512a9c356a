"""Options: the ones that several commands share, each said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pplink.errors import UsageError

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
agreement = click.option(
    "-a", "--agreement", type=FILE, required=True, metavar="FILE", help="The signed agreement."
)
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for another program.")
columns = click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="HEADER=FIELD",
    help="Read column HEADER as the agreement's FIELD (or as record_id). Repeat for more.",
)
delimiter = click.option("--delimiter", default=",", show_default=True, help="Between a CSV's columns.")
text_encoding = click.option("--encoding", default="utf-8", show_default=True, help="A CSV's text encoding.")


def output(what: str, *, required: bool = True) -> Callable[[Command], Command]:
    """`-o FILE`, where the result goes."""
    return click.option("-o", "--output", "target", type=FILE, required=required, metavar="FILE", help=what)


def column_map(pairs: tuple[str, ...]) -> dict[str, str]:
    """`("surname=family_name",)` to `{"surname": "family_name"}`. Raises UsageError."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        header, sign, field = pair.rpartition("=")
        if not (header and sign and field):
            raise UsageError(f"--map {pair} is not HEADER=FIELD", "for example --map surname=family_name")
        if header in mapping or field in mapping.values():
            raise UsageError(f"--map names {header} or {field} twice", "each header and field goes once")
        mapping[header] = field
    return mapping
