"""`pplink evaluate`: how good an agreement's linkage is, on lists whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output
from pplink.cli.reading import Reading, laid_out

if TYPE_CHECKING:
    from pplink.evaluation.labelled import Evaluation


@click.command()
@click.argument("lists", type=options.FILE, nargs=-1, required=True)
@options.agreement
@click.option("--person", required=True, metavar="HEADER", help="The column that says who a record is of.")
@laid_out
@options.output("All figures, as JSON.", required=False)
@options.plot
@options.as_json
def evaluate(
    lists: tuple[Path, ...],
    agreement: Path,
    person: str,
    reading: Reading,
    target: Path | None,
    plot: Path | None,
    json_: bool,
) -> None:
    """Link labelled lists as an agreement says, and measure quality.

    LISTS are two or more files as `pplink unit encode` takes them, with one more column, by --person. No keys are
    needed and the agreement need not be signed.
    """
    from pplink import canonical
    from pplink.agreement import text
    from pplink.evaluation import labelled, plots
    from pplink.files import write_atomically

    for place in (target, plot):
        options.spare(place, *lists, agreement)
    terms = text.load(agreement).terms
    tables = []
    for number, path in enumerate(lists, start=1):
        with labelled.of_list(number):
            tables.append(reading.table(path))
    found = labelled.evaluate(tables, terms, person, columns=reading.columns)
    if plot is not None:
        write_atomically(plot, plots.draw_evaluation(found, plot.suffix.removeprefix(".")))
    if target is not None:
        write_atomically(target, canonical.to_bytes(found.to_json()))
    if json_:
        output.as_json(found.to_json())
    else:
        _show(found)
    for number, left_out in enumerate(found.left_out, start=1):
        if left_out:
            output.note(f"list {number}: {left_out:,} rows left out, which cannot be encoded")
    if not found.steps[0].pairs.true_pairs:
        output.note("no person is on two lists: is --person the right column?")


def _show(found: Evaluation) -> None:
    sizes = " + ".join(f"{size:,}" for size in found.records)
    title = f"{sizes} records, {found.comparisons:,} pairs, {found.steps[0].pairs.true_pairs:,} of them true"
    header = (
        "threshold",
        "pairs",
        "precision",
        "completeness",
        "F1",
        "reduction",
        "1:1 precision",
        "recall",
        "F1",
    )
    rows = [
        (
            f"{step.threshold:g}" + (" agreed" if step.threshold == found.agreed else ""),
            step.pairs.found,
            step.pairs.precision,
            step.pairs.recall,
            step.pairs.f1,
            f"{step.reduction:.6f}",
            step.one_to_one.precision,
            step.one_to_one.recall,
            step.one_to_one.f1,
        )
        for step in found.steps
    ]
    output.table(title, header, rows)
    best = found.best
    output.result(f"best F1, one-to-one: {best.one_to_one.f1:.4f} at {best.threshold:g}")
    output.result(f"clusters at {found.agreed:g}, pairwise: {found.clusters}")
    output.result(f"clusters at {found.agreed:g}, whole: {found.whole}")
