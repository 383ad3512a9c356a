"""Reading: the options that say how a list is read, and what reads it so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pplink.cli import options
from pplink.errors import DataError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from pplink.encoders.validation import BadRows, Choices

RECORD_ID = "record_id"

POLICIES: Mapping[tuple[bool, bool], BadRows] = {
    (False, False): "stop",
    (True, False): "skip",
    (False, True): "blank",
    (True, True): "blank-then-skip",
}
"""By (--skip-bad-rows, --blank-bad-values)."""


class Reading(NamedTuple):
    """How a command was told to read lists."""

    columns: Mapping[str, str]
    """{header: field} for columns that are called otherwise."""
    dates: Mapping[str, str]
    """{header: format} for days that are written in another way."""
    delimiter: str
    encoding: str
    ignore_extra: bool
    bad_rows: BadRows

    def table(self, people: Path) -> pa.Table:
        """A list. Raises as `encoders.source.read_people`."""
        from pplink.encoders.source import read_people

        return read_people(people, delimiter=self.delimiter, encoding=self.encoding, dates=self.dates)

    @property
    def choices(self) -> Choices:
        """What else there is to be said where a table is encoded."""
        return {"columns": self.columns, "bad_rows": self.bad_rows, "ignore_extra": self.ignore_extra}

    def record_ids(self, people: Path) -> list[str]:
        """A list's record ids, each once: a repeated one was encoded at most once."""
        from pplink.encoders.frames import to_text
        from pplink.encoders.source import read_people

        header = next((name for name, field in self.columns.items() if field == RECORD_ID), RECORD_ID)
        table = read_people(people, delimiter=self.delimiter, encoding=self.encoding)
        if header not in table.column_names:
            raise DataError(f"the list has no column {RECORD_ID}", "name it with `--map HEADER=record_id`")
        column = to_text(table.select([header])).column(header)
        return list(dict.fromkeys(value for value in column.to_pylist() if value))


def _character(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """A tab is written as people write it: in most shells `\\t` comes as it is."""
    return "\t" if value == r"\t" else value


columns = click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="HEADER=FIELD",
    help="Read column HEADER as the agreement's FIELD, or as record_id. Repeat for more.",
)
date_formats = click.option(
    "--date-format",
    "dates",
    multiple=True,
    metavar="HEADER=FORMAT",
    help="How a column's dates are written, such as %d/%m/%Y. Repeat for more.",
)
delimiter = click.option(
    "--delimiter",
    default=",",
    show_default=True,
    callback=_character,
    help=r"Column separator of a CSV; \t: a tab.",
)
text_encoding = click.option("--encoding", default="utf-8", show_default=True, help="Text encoding of a CSV.")
ignore_extra = click.option(
    "--ignore-extra", is_flag=True, help="Leave out columns that the agreement does not name."
)
skip_bad_rows = click.option("--skip-bad-rows", is_flag=True, help="Leave out bad rows.")
blank_bad_values = click.option(
    "--blank-bad-values", is_flag=True, help="Encode a bad value as missing where the field may be."
)


def reads(*of: Callable[[Any], Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator: the command takes these of the options above, and is given a Reading for them."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def told(
            *,
            columns: tuple[str, ...],
            delimiter: str,
            encoding: str,
            dates: tuple[str, ...] = (),
            ignore_extra: bool = False,
            skip_bad_rows: bool = False,
            blank_bad_values: bool = False,
            **others: Any,
        ) -> None:
            reading = Reading(
                columns=_column_map(columns),
                dates=_date_map(dates),
                delimiter=delimiter,
                encoding=encoding,
                ignore_extra=ignore_extra,
                bad_rows=POLICIES[skip_bad_rows, blank_bad_values],
            )
            command(reading=reading, **others)

        command_with_options: Callable[..., None] = options.several(of)(told)
        return command_with_options

    return add


LAYOUT = (columns, date_formats, delimiter, text_encoding)
laid_out = reads(*LAYOUT)
"""A command that reads lists as they are."""
validated = reads(*LAYOUT, ignore_extra, skip_bad_rows, blank_bad_values)
"""A command that reads lists of which something may be left out."""


def _date_map(pairs: tuple[str, ...]) -> dict[str, str]:
    """`("birth=%d/%m/%Y",)` to `{"birth": "%d/%m/%Y"}`. Raises UsageError."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        from pplink.encoders.dateformats import check_format

        header, _, form = pair.partition("=")
        if not header or header in mapping:
            raise UsageError(
                "--date-format is HEADER=FORMAT, once for a header", "--date-format birth=%d/%m/%Y"
            )
        check_format(form)
        mapping[header] = form
    return mapping


def _column_map(pairs: tuple[str, ...]) -> dict[str, str]:
    """`("surname=family_name",)` to `{"surname": "family_name"}`. Raises UsageError."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        header, sign, field = pair.rpartition("=")
        if not (header and sign and field):
            raise UsageError(f"--map {pair} is not HEADER=FIELD", "for example --map surname=family_name")
        if header in mapping:
            raise UsageError(f"--map names {header} twice", "each header goes once")
        mapping[header] = field
    return mapping
