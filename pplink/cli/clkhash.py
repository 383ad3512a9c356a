"""Clkhash: an existing project's schema as an agreement's fields and encoding, with all that differs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pplink.cli import output
from pplink.errors import UsageError

if TYPE_CHECKING:
    from pplink.agreement.preset import Preset
    from pplink.importers.clkhash.plan import Plan


def preset_of(schema: Path | None, preset: str | None, threshold: float | None) -> Preset | None:
    """What comes nearest to a schema, after saying all that differs; None without one. Raises UsageError, DataError."""
    if schema is None:
        return None
    if preset is not None or threshold is None:
        raise UsageError(
            "--clkhash-schema goes with --threshold and without --preset",
            "a schema has no threshold: `pplink unit calibrate` finds one",
        )
    from pplink.agreement.preset import Preset
    from pplink.importers.clkhash.plan import plan
    from pplink.importers.clkhash.schema import read_schema

    made = plan(read_schema(schema))
    _show(schema, made)
    return Preset(
        fields=made.fields, encoding=made.encoding, threshold=threshold, source="a linkage schema of clkhash"
    )


def _show(schema: Path, made: Plan) -> None:
    rows = [
        (each.of, each.clkhash, each.here, "as there" if each.same else "differs")
        for each in made.differences
    ]
    output.table(f"{schema.name}, as the agreement has it", ("of", "clkhash", "here", ""), rows)
    given = [f"--map {header}={field}" for header, field in made.columns.items()]
    given += [f"--date-format {header}={form}" for header, form in made.dates.items()]
    output.result(
        "CLKs that clkhash made cannot be compared with encodings under this agreement: every unit encodes anew"
    )
    output.result(
        f"options for this schema's lists: --ignore-extra --map ID=record_id {' '.join(given)}".rstrip()
    )
