"""Output: the only file that prints. Results go to standard output, all about them to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from pplink.errors import PplinkError


def result(text: str) -> None:
    """A line of the command's result."""
    print(text)


def raw(data: bytes) -> None:
    """The command's result as it is, without a line end of our own."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def as_json(value: Any) -> None:
    """The command's result for another program."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """A line about the result, not part of it."""
    print(text, file=sys.stderr)


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as part of the result: numbers to the right, and no wider than the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    grid = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_header=any(header))
    cells = [[_cell(value) for value in row] for row in rows]
    for column, name in enumerate(header):
        numeric = bool(cells) and all(row[column][1] for row in cells)
        grid.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        grid.add_row(*(text for text, _ in row))
    width = None if sys.stdout.isatty() else 110
    Console(highlight=False, markup=False, emoji=False, width=width).print(grid)


def _cell(value: object) -> tuple[str, bool]:
    if isinstance(value, bool):
        return ("yes" if value else "no", False)
    if isinstance(value, int):
        return (f"{value:,}", True)
    if isinstance(value, float):
        return (f"{value:.4f}", True)
    return (str(value), False)


def failure(error: PplinkError) -> None:
    """What went wrong and what to do about it."""
    print(f"pplink: error: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"pplink: hint: {error.hint}", file=sys.stderr)
