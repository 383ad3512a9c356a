"""`pplink unit risk`: attack the unit's own encodings before they leave the building."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output
from pplink.cli.reading import Reading, laid_out

if TYPE_CHECKING:
    from pplink.dataset.risk import RiskReport


@click.command()
@click.argument("people", type=options.FILE)
@options.agreement
@click.option(
    "--population",
    type=options.FILE,
    metavar="FILE",
    help="People that the attacker has, record ids as in PEOPLE [default: the persons attacked].",
)
@click.option(
    "--sample",
    type=click.IntRange(20, 5000),
    default=1000,
    show_default=True,
    help="Number of persons attacked.",
)
@laid_out
@options.output("The report, to be given to `pplink unit encode --risk`.", required=False)
@click.option("--html", type=options.FILE, metavar="FILE", help="The report as a page with plots.")
@options.as_json
def risk(
    people: Path,
    agreement: Path,
    population: Path | None,
    sample: int,
    reading: Reading,
    target: Path | None,
    html: Path | None,
    json_: bool,
) -> None:
    """Run published attacks on a list's encodings, and report re-identification.

    The attacker knows all parameters and a population, and for some attacks other persons' encodings, never the key.
    No keys are needed and the agreement need not be signed yet.
    """
    from pplink.agreement import text
    from pplink.evaluation.attacks.page import page
    from pplink.evaluation.attacks.suite import assess
    from pplink.files import write_atomically

    for place in (target, html):
        options.spare(place, people, agreement, population)
    proposed = text.load(agreement)
    with output.progress("attacking") as progress:
        report = assess(
            reading.table(people),
            proposed,
            population=None if population is None else reading.table(population),
            columns=reading.columns,
            sample=sample,
            progress=progress,
        )
    if target is not None:
        write_atomically(target, report.to_bytes())
    if html is not None:
        write_atomically(html, page(report, proposed.terms.purpose).encode())
    if json_:
        output.as_json(report.to_json())
    else:
        _show(report)


def _show(report: RiskReport) -> None:
    rows = [
        (
            each.name,
            each.known,
            each.attacked,
            f"{each.share:.1%}",
            f"{each.low:.1%} - {each.high:.1%}",
            f"{each.chance:.2%}",
            "with the key" if each.with_key else "",
        )
        for each in report.attacks
    ]
    header = ("attack", "known", "attacked", "told", "95 %", "by chance", "")
    output.table(f"{report.records:,} records", header, rows)
    output.result(
        f"without the key, up to {report.reidentified:.1%} of the persons are told from their encodings"
    )
