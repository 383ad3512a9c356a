"""`pplink unit calibrate`: what a threshold would cost, told from the unit's own list before any run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output
from pplink.cli.reading import Reading, laid_out

if TYPE_CHECKING:
    from pplink.evaluation.calibration.calibration import Calibration, Point
    from pplink.evaluation.calibration.overlap import Overlap

SHOWN = 0.02
"""Between thresholds on the screen; the file has all."""


@click.command()
@click.argument("people", type=options.FILE)
@options.agreement
@click.option(
    "--against",
    type=click.IntRange(1),
    multiple=True,
    metavar="N",
    help="Records of another list. Repeat for more.",
)
@click.option("--at-most", type=float, default=1.0, show_default=True, help="False matches to accept.")
@click.option("--recall", type=float, default=0.99, show_default=True, help="Share of true pairs to find.")
@click.option(
    "--overlap",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="SHARE",
    help="Assumed share of these records whose person is on the other list: recommends the best F1.",
)
@click.option(
    "--slips", type=float, default=0.1, show_default=True, help="Assumed share of values with an error."
)
@click.option(
    "--missing", type=float, default=0.05, show_default=True, help="Assumed share of missing values."
)
@click.option(
    "--swapped", type=float, default=0.02, show_default=True, help="Assumed share of swapped names."
)
@click.option(
    "--from-aliases",
    is_flag=True,
    help="Learn misses from this list's own aliases, in place of assumed rates; the agreement has variants.",
)
@click.option(
    "--other-report",
    type=options.FILE,
    metavar="FILE",
    help="What the other unit's `calibrate -o` wrote: false matches follow from both lists.",
)
@laid_out
@options.output("All figures, as JSON.", required=False)
@options.plot
@click.option(
    "--patch", type=options.FILE, metavar="FILE", help="The threshold as a JSON Patch for the agreement."
)
@options.as_json
def calibrate(
    people: Path,
    agreement: Path,
    against: tuple[int, ...],
    at_most: float,
    recall: float,
    overlap: float | None,
    slips: float,
    missing: float,
    swapped: float,
    from_aliases: bool,
    other_report: Path | None,
    reading: Reading,
    target: Path | None,
    plot: Path | None,
    patch: Path | None,
    json_: bool,
) -> None:
    """Predict false matches and misses, and recommend a threshold.

    PEOPLE is a list without duplicates, so every two of its records are a non-match. No keys are needed and the
    agreement need not be signed yet.
    """
    from pplink.agreement import text
    from pplink.evaluation.calibration import combining
    from pplink.evaluation.calibration.calibration import calibrate as of
    from pplink.evaluation.calibration.mistakes import Mistakes
    from pplink.files import read_bytes

    for place in (target, plot, patch):
        options.spare(place, people, agreement, *([other_report] if other_report else []))
    other = None
    if other_report is not None:
        other = combining.read(read_bytes(other_report, "report", limit=combining.REPORT))
    proposed = text.load(agreement)
    found = of(
        reading.table(people),
        proposed,
        against=against or ((other.records,) if other else ()),
        mistakes=Mistakes(slips=slips, missing=missing, swapped=swapped),
        from_aliases=from_aliases,
        at_most=at_most,
        recall=recall,
        overlap=overlap,
        columns=reading.columns,
    )
    found = found if other is None else combining.combined(found, other)
    _write(found, proposed.terms.threshold, target, plot, patch)
    if json_:
        output.as_json(found.to_json())
    else:
        _show(found, proposed.terms.threshold)


def _write(
    found: Calibration, agreed: float, target: Path | None, plot: Path | None, patch: Path | None
) -> None:
    """The files that were asked for. agreed: the threshold."""
    from pplink import canonical
    from pplink.evaluation.calibration.plot import draw
    from pplink.files import write_atomically

    if plot is not None:
        write_atomically(plot, draw(found, plot.suffix.removeprefix("."), agreed))
    if target is not None:
        write_atomically(target, found.to_bytes())
    if patch is not None:
        write_atomically(patch, canonical.to_bytes(found.patch()))


def _show(found: Calibration, agreed: float) -> None:
    output.table(
        f"{found.records:,} records against {', '.join(f'{size:,}' for size in found.against)}",
        ("threshold", "false matches", "95 %", "missed %", "95 %", ""),
        [_row(point) for point in _shown(found)],
    )
    point = found.at(agreed)
    if point is not None:
        output.result(f"as agreed, {agreed:g}: {_costs(point)}")
    for words, value in (
        (f"at most {found.at_most:g} false", found.few_false),
        (f"{found.recall:.2%} of the true pairs", found.few_missed),
    ):
        best = None if value is None else found.at(value)
        output.result(
            f"{words}: " + ("no threshold gives that" if best is None else f"{value:g}: {_costs(best)}")
        )
    if found.overlap:
        output.result(_of_overlap(found.overlap, len(found.against)))
    for remark in _remarks(found):
        output.note(remark)


def _shown(found: Calibration) -> list[Point]:
    """Every fourth threshold; not where there are hardly any false matches, and most pairs are missed."""
    step = round(SHOWN / 0.005)
    every = [point for point in found.points if round(point.threshold / 0.005) % step == 0]
    return [point for point in every if point.false_high >= found.at_most / 100 or point.missed < 0.5]


def _remarks(found: Calibration) -> Iterator[str]:
    """What the figures rest on, and what to do next."""
    from pplink.evaluation.calibration.calibration import FEWEST

    if found.few_false is None and found.records < FEWEST:
        yield f"{found.records:,} records say too little to recommend a threshold: it takes {FEWEST}"
    if found.aliases:
        yield (
            f"misses are told from {found.aliases:,} records' own aliases, as if two lists had none in common: rather"
            " too many than too few"
        )
    if found.other:
        yield (
            f"false matches are the smaller number of what this list and the other unit's report, of {found.other:,}"
            " records, predict; a list of fewer than 100 predicts none"
        )
    if found.near_duplicates:
        yield (
            f"{found.near_duplicates:,} pairs of this list score 0.95 or more: if they are one person twice, false"
            " matches are overrated"
        )
    if found.overlap and found.overlap.best:
        yield "the best F1 is for that share: if fewer persons are on both lists, its threshold is too low"
    if found.recommended is not None:
        yield f"for a new agreement: pplink unit propose ... --threshold {found.recommended:g}"


def _of_overlap(told: Overlap, lists: int) -> str:
    where = "the other list" if lists == 1 else "each other list"
    words = f"best F1, {told.assignment}, if {told.share:.2%} of these records' persons are on {where}"
    if told.best is None:
        return f"{words}: no threshold is told"
    best, lower = told.best, " or lower" if told.best.lowest else ""
    return f"{words}: {best.threshold:g}{lower}: precision {best.precision:.4f} and recall {best.recall:.4f} expected"


def _row(point: Point) -> tuple[str, ...]:
    return (
        f"{point.threshold:.2f}",
        f"{point.false:,.2f}",
        f"{point.false_low:,.2f} - {point.false_high:,.2f}",
        f"{point.missed:.2%}",
        f"{point.missed_low:.2%} - {point.missed_high:.2%}",
        "extrapolated" if point.extrapolated else "",
    )


def _costs(point: Point) -> str:
    return (
        f"{point.false:,.2f} false matches expected ({point.false_low:,.2f} to {point.false_high:,.2f}),"
        f" {point.missed:.2%} of the true pairs missed"
    )
