"""Demo steps: commands of a demo, one after the other or several at a time, shown as a user would type them."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence

import click

from pplink.cli import output
from pplink.errors import UnavailableError


def together(title: str, commands: Sequence[str]) -> None:
    """Run the commands at the same time; show what the last one says. Raises UnavailableError if one fails."""
    output.result(f"\n# {title}")
    program = [sys.executable, "-m", "pplink"]
    with _without("PPLINK_HOME"):
        running = [
            subprocess.Popen([*program, *shlex.split(each)], stderr=subprocess.PIPE, text=True)
            for each in commands
        ]
    for number, (command, process) in enumerate(zip(commands, running, strict=True), 1):
        output.result(f"pplink {command}{' &' if number < len(commands) else ''}")
        told = process.communicate()[1].strip()
        if process.returncode:
            raise UnavailableError(f"`pplink {command}` failed", told.splitlines()[0] if told else None)
        if number == len(commands):
            output.note(told)


def step(title: str, commands: Sequence[str]) -> None:
    """Run the commands; show what the last one prints, for the others are its like."""
    output.result(f"\n# {title}")
    for number, command in enumerate(commands, 1):
        output.result(f"pplink {command}")
        with _quiet(number < len(commands)):
            _run(shlex.split(command))


@contextlib.contextmanager
def _quiet(active: bool) -> Iterator[None]:
    if not active:
        yield
        return
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _run(arguments: list[str]) -> None:
    program = click.get_current_context().find_root().command
    with _without("PPLINK_HOME"):  # a home named in the environment would be a real one
        program.main(args=arguments, prog_name="pplink", standalone_mode=False)


@contextlib.contextmanager
def _without(name: str) -> Iterator[None]:
    value = os.environ.pop(name, None)
    try:
        yield
    finally:
        if value is not None:
            os.environ[name] = value
