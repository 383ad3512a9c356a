"""Output: the only file that prints. Results go to standard output, all about them to standard error."""

from __future__ import annotations

import io
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pplink.cli import tables
from pplink.errors import PplinkError

Progress = Callable[[int, int], None]
"""Called with (done, total), in any unit of work."""

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters, except tab and line feed."""

PIPED_WIDTH = 110
"""Of tables off a terminal."""

LINE_SECONDS = 10
"""Off a terminal, a progress line comes at most this often."""


def prepare() -> None:
    """Make the standard streams fit for any text, and have all three of them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # the caller closed it, and the next file we open would take its place
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  it lives as long as we do
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def result(text: str) -> None:
    """A line of the command's result."""
    with _while_read():
        print(_visible(text), flush=True)


def raw(data: bytes) -> None:
    """The command's result as it is, without a line end of our own."""
    with _while_read():
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def as_json(value: Any) -> None:
    """The command's result for another program."""
    with _while_read():
        print(json_of(value), flush=True)


def json_of(value: Any) -> str:
    """For another program, and to be looked at."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


def csv_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV, in UTF-8."""
    import csv

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def csv_of_columns(columns: Mapping[str, Sequence[object]]) -> bytes:
    """The same of columns by their names."""
    return csv_of(list(columns), zip(*columns.values(), strict=True))


def private(data: bytes, target: Path | None) -> None:
    """People's data as a result: a file that its owner alone may read, or printed."""
    from pplink.files import write_atomically

    if target is None:
        raw(data)
    else:
        write_atomically(target, data, private=True)


def note(text: str) -> None:
    """A line about the result, not part of it. Whether anybody reads it changes nothing."""
    with suppress(OSError):
        print(_visible(text), file=sys.stderr, flush=True)


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as part of the result: numbers to the right, and no wider than the terminal."""
    on_terminal = sys.stdout.isatty()
    first, *rest = tables.lay_out(title, header, rows, _width() if on_terminal else PIPED_WIDTH)
    bold = on_terminal and os.environ.get("TERM", "dumb") != "dumb"
    with _while_read():
        print(f"\x1b[1m{first}\x1b[0m" if bold else first, *rest, sep="\n", flush=True)


def _width() -> int:
    from shutil import get_terminal_size  # late: what is piped need not wait for it

    return get_terminal_size().columns


def _visible(text: str) -> str:
    """With what would steer a terminal escaped: names of files may come from anyone."""
    return _STEERING.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


@contextmanager
def _while_read() -> Iterator[None]:
    """If the reader of our output goes away, as `| head` does, the work and its exit code still count."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def failure(error: PplinkError) -> None:
    """What went wrong and what to do about it."""
    note(f"pplink: error: {error.message}")
    note(f"pplink: hint: {error.hint or error.usual}")


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A bar with rate and time left on a terminal; elsewhere a plain line now and then."""
    if sys.stderr.isatty():
        with _bar(what) as advance:
            yield advance
    else:
        yield _lines(what)


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task, pace = bar.add_task(what, total=None, rate=""), Pace()

        def advance(done: int, total: int) -> None:
            pace.advance(done)
            bar.update(task, completed=done, total=total, rate=pace.text)

        yield advance


def _lines(what: str) -> Progress:
    pace, last = Pace(), time.monotonic()

    def advance(done: int, total: int) -> None:
        nonlocal last
        pace.advance(done)
        if time.monotonic() - last < LINE_SECONDS or not pace.rate:
            return
        last = time.monotonic()
        left = (total - done) / pace.rate
        note(f"{what}: {100 * done // max(total, 1)} %, {pace.text}, about {left:,.0f} s left")

    return advance


SETTLED = 0.3
"""Seconds before which a rate is noise: the first steps of a small match would run at billions a second."""


class Pace:
    """How fast work goes since it began or went on: what an earlier run had done already is not this one's work."""

    def __init__(self) -> None:
        self.rate = 0.0
        """Units of work a second; 0 till it can be told."""
        self._begun: tuple[float, int] | None = None

    def advance(self, done: int) -> None:
        """So much is done by now."""
        now = time.monotonic()
        if self._begun is None:
            self._begun = now, done
        elif now - self._begun[0] >= SETTLED:
            self.rate = (done - self._begun[1]) / (now - self._begun[0])

    @property
    def text(self) -> str:
        """For a person: `1.9 billion/s`."""
        for size, name in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
            if self.rate >= size:
                return f"{self.rate / size:,.1f}{name}/s"
        return f"{self.rate:,.0f}/s" if self.rate else ""
