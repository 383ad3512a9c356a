"""`pplink unit encode | inspect`: from people to a dataset that the broker may have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output
from pplink.cli.reading import LAYOUT, Reading, blank_bad_values, ignore_extra, reads
from pplink.cli.remarks import of_rows

if TYPE_CHECKING:
    from pplink.encoders.pipeline import Outcome
    from pplink.encoders.validation import Validation


@click.command()
@click.argument("people", type=options.FILE)
@options.agreement
@options.output("The encoded dataset.")
@options.home
@reads(
    *LAYOUT,
    ignore_extra,
    click.option(
        "--skip-bad-rows", is_flag=True, help="Leave out bad rows, and list them in a rejects file."
    ),
    blank_bad_values,
)
@click.option(
    "--rejects", type=options.FILE, metavar="FILE", help="The rejects file [default: OUTPUT.rejects.csv]."
)
@click.option(
    "--risk", type=options.FILE, metavar="FILE", help="The report of `pplink unit risk` on this list."
)
@options.as_json
def encode(
    people: Path,
    agreement: Path,
    target: Path,
    home: Path,
    reading: Reading,
    rejects: Path | None,
    risk: Path | None,
    json_: bool,
) -> None:
    """Check and encode records, with keys that the broker does not have.

    PEOPLE is a CSV or Parquet file with a column record_id and one for each field of the agreement.
    """
    from pplink.agreement import text
    from pplink.agreement.shown import check_shown
    from pplink.dataset.risk import read_report
    from pplink.encoders.pipeline import encode_list
    from pplink.files import read_bytes
    from pplink.keys import ring

    place = rejects or target.parent / f"{target.name}.rejects.csv"
    options.spare(target, people, agreement, place, risk, home=home)
    options.spare(place, people, agreement, target, risk, home=home)
    keys = ring.load(home)
    signed = text.load(agreement)
    check_shown(signed)

    show = _print if json_ else _show
    outcome = encode_list(
        reading.table(people),
        signed,
        keys,
        **reading.choices,
        risk=None if risk is None else read_report(read_bytes(risk, "risk report", limit=1 << 24)),
        stopped=show,
    )
    _write(outcome, target, place)
    show(outcome.validation)
    output.note(f"{len(outcome.dataset):,} records encoded in {target}, for the broker")


def _write(outcome: Outcome, target: Path, place: Path) -> None:
    """The dataset, and beside it the rows that were left out; says so."""
    from pplink.dataset import writer
    from pplink.encoders.rejects import beside

    had = place.exists()
    with beside(place, outcome.rejects):
        writer.write(target, outcome.dataset)
    if had and not place.exists():
        output.note(f"no row was left out; {place} of an earlier run is gone")
    if outcome.rejects is not None:
        output.note(f"{outcome.validation.bad_rows:,} bad rows in {place}: people's data, which stays here")


def _print(found: Validation) -> None:
    output.as_json(found.to_json())


def _show(found: Validation) -> None:
    rows = [
        (each.name, each.kind, each.required, each.missing, each.bad, _share(each.missing, found.rows))
        for each in found.fields
    ]
    output.table(f"{found.rows:,} rows", ("field", "kind", "required", "missing", "bad", "missing %"), rows)
    lines = [
        f"repeated record ids {found.repeated_ids:,}, rows without any value {found.empty:,}",
        f"{'bad rows' if found.fill is None else 'bad rows left out'} {found.bad_rows:,},"
        f" bad values encoded as missing {found.blanked:,}",
    ]
    lines += of_rows(found)
    if found.fill is not None:
        fill = found.fill
        lines.append(f"bits set: {fill.min:.1%} to {fill.max:.1%}, on average {fill.mean:.1%}")
    output.result("\n".join(lines))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f}"


@click.command()
@click.argument("dataset", type=options.FILE)
@click.option(
    "-a",
    "--agreement",
    type=options.FILE,
    metavar="FILE",
    help="Also check the signer against this agreement.",
)
@click.option("--parquet", type=options.FILE, metavar="FILE", help="Export it for other tools.")
@options.as_json
def inspect(dataset: Path, agreement: Path | None, parquet: Path | None, json_: bool) -> None:
    """Show the manifest of an encoded dataset; it describes no single person."""
    from pplink.agreement import signatures, text
    from pplink.dataset import reader

    options.spare(parquet, dataset, agreement)
    encoded = reader.read(dataset)
    if agreement is not None:
        signed = text.load(agreement)
        signatures.check(signed, None)
        reader.verify(encoded, signed)
    manifest = encoded.manifest.to_json() | {"digest": encoded.digest}
    if json_:
        output.as_json(manifest)
    else:
        tensors = manifest.pop("tensors")
        shown = {**manifest, **{f"tensor {name}": value["sha256"] for name, value in tensors.items()}}
        output.table(dataset.name, ("", ""), ((name, str(value)) for name, value in shown.items()))
        output.result("signature checked" if agreement else "signature not checked: give --agreement")
    if parquet is not None:
        from pplink.dataset import export  # pyarrow, which others need not wait for

        export.export_parquet(parquet, encoded)
        output.note(f"exported to {parquet}")
