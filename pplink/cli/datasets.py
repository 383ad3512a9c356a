"""`pplink unit encode | inspect`: from people to a dataset that the broker may have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output

if TYPE_CHECKING:
    from pplink.encoders.pipeline import Validation


@click.command()
@click.argument("people", type=options.FILE)
@options.agreement
@options.output("The encoded dataset.")
@options.home
@options.columns
@options.delimiter
@options.text_encoding
@click.option("--ignore-extra", is_flag=True, help="Leave out columns that the agreement does not name.")
@click.option("--skip-bad-rows", is_flag=True, help="Leave out bad rows, and list them in a rejects file.")
@click.option("--blank-bad-values", is_flag=True, help="Encode a bad value as missing where the field may be.")
@options.as_json
def encode(
    people: Path,
    agreement: Path,
    output: Path,
    home: Path,
    columns: tuple[str, ...],
    delimiter: str,
    encoding: str,
    ignore_extra: bool,
    skip_bad_rows: bool,
    blank_bad_values: bool,
    json_: bool,
) -> None:
    """Check people's records and encode them, with keys that the broker does not have."""
    raise SystemExit("waiting for the encoders room")
