"""Options: the ones that several commands share, each said once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from pplink.errors import UsageError
from pplink.files import LONGEST_NAME, check_no_device

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_HOME = "~/.pplink"


def several(of: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    """A decorator: the command takes these options, and its help lists them in this order."""

    def add(command: Command) -> Command:
        for option in reversed(of):
            command = option(command)
        return command

    return add


def taken(given: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What was given of these, which are all taken out of `given`."""
    own = {name: given.pop(name) for name in names}
    return {name: value for name, value in own.items() if value not in (None, ())}


class FilePath(click.ParamType[Path]):
    """A path that the command itself opens, so that a missing file gets our error and exit code."""

    name = "file"

    def convert(self, value: Any, *_: Any) -> Path:
        if not str(value):
            raise UsageError("a file or folder has an empty name", "is a shell variable unset?")
        try:
            return Path(value).expanduser()
        except RuntimeError:  # no such user, or nobody's home is known
            raise UsageError(f"{value}: there is no such home folder", "give a path without ~") from None


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
plot = click.option("--plot", type=FILE, metavar="FILE", help="A plot: .svg, .png or .pdf.")
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for another program.")


def output(what: str, *, required: bool = True) -> Callable[[Command], Command]:
    """`-o FILE`, where the result goes."""
    return click.option("-o", "--output", "target", type=FILE, required=required, metavar="FILE", help=what)


def spare(target: Path | None, *inputs: Path | None, home: Path | None = None, folder: bool = False) -> None:
    """Raise UsageError if `target` cannot be, or writing it would destroy what the command reads, or keys that exist
    nowhere else. Better now than after an hour's work.

    inputs: files, or folders that must keep what they hold; home: where a key ring is or will be. Any other ring
    that `target` is part of is seen by its place. folder: `target` is one, not a file.
    """
    if target is None:
        return
    check_no_device(target)
    if len(os.fsencode(target.name)) > LONGEST_NAME:
        raise UsageError(
            f"cannot write {target}: its name is longer than {LONGEST_NAME} bytes", "give a shorter one"
        )
    comes = home is not None and _real(home).is_relative_to(_real(target.parent))  # with home, by `init`
    if not target.parent.is_dir() and not comes:
        raise UsageError(f"cannot write {target}: its folder does not exist", "make the folder first")
    if target.is_dir() and not folder:
        raise UsageError(f"cannot write {target}: it is a folder", "name a file, or remove the folder")
    for each in (*inputs, *(part for place in _homes(target, home) for part in _kept(place))):
        if each is not None and _real(target).is_relative_to(_real(each)):
            raise UsageError(
                f"{target} cannot be the output: {each} must stay as it is",
                "name another file for the output",
            )


def _homes(target: Path, home: Path | None) -> list[Path]:
    """The named home, and each folder around `target` that is one."""
    around = _real(target).parents[:2]
    return [*([] if home is None else [home]), *(each for each in around if (each / "ring.json").exists())]


def _kept(home: Path) -> tuple[Path, Path]:
    return home / "ring.json", home / "agreements"


def _real(path: Path) -> Path:
    """Without links, as far as they lead anywhere: `resolve` fails of some that go in a circle."""
    return Path(os.path.realpath(path))
