"""`pplink unit protocols`: what may be agreed, what each party then learns, and what it costs here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from pplink.cli import options, output

if TYPE_CHECKING:
    from pplink.agreement.protocols import Disclosure
    from pplink.session.costs.trial import Cost

HEADER = ("protocol", "a unit learns", "the broker learns", "attacks on that", "cost")
UNITS = ("B", "kB", "MB", "GB", "TB")


@click.command()
@click.option(
    "--rows", type=click.IntRange(1, 10**9), default=20_000, show_default=True, metavar="N",
    help="Records of one unit; of oprf_hit, on the list.",
)  # fmt: skip
@click.option(
    "--other", type=click.IntRange(1, 10**9), default=20_000, show_default=True, metavar="N",
    help="Records of the other unit.",
)  # fmt: skip
@click.option(
    "--cells",
    type=click.IntRange(1, 1 << 16),
    default=64,
    show_default=True,
    metavar="N",
    help="Of paillier_stats: cells of the table.",
)
@click.option("--no-costs", is_flag=True, help="Do not estimate costs.")
@options.as_json
def protocols(rows: int, other: int, cells: int, no_costs: bool, json_: bool) -> None:
    """Compare protocols: who learns what, known attacks, and costs.

    The default comes first. Costs, for lists of the given sizes, are estimated from a short run of each on this
    machine, some seconds in all.
    """
    from pplink.agreement.extensions import disclosures
    from pplink.session.costs.estimates import MEANT, estimates
    from pplink.session.costs.trial import Sizes

    told = disclosures()
    costs = {} if no_costs else estimates(Sizes(rows=rows, other=other, cells=cells))
    if json_:
        output.as_json(_json(told, costs, {"rows": rows, "other": other, "cells": cells, "cost": MEANT}))
        return
    title = "Protocols" if no_costs else f"Protocols, for {rows:,} records and {other:,}"
    header = HEADER[:-1] if no_costs else HEADER
    output.table(
        title, header, (_row(name, each, costs.get(name))[: len(header)] for name, each in told.items())
    )
    if not no_costs:
        output.note(f"cost: {MEANT}; estimated from a short run of each")


def _row(name: str, each: Disclosure, costs: tuple[Cost, ...] | None) -> tuple[str, ...]:
    attacked = each.attacked if each.source is None else f"{each.attacked}\n({each.source})"
    return f"{name}:\n{each.does}", each.unit, each.broker, attacked, "\n".join(_costs(costs or ()))


def _costs(costs: tuple[Cost, ...]) -> Iterator[str]:
    if not costs:
        yield "not known here"
    for each in costs:
        yield f"{each.what}: {_seconds(each.seconds)}, {_bytes(each.bytes)}"


def _seconds(seconds: float) -> str:
    """To two figures."""
    if seconds < 1:
        return f"{max(seconds * 1000, 0.1):.2g} ms" if seconds < 0.0995 else f"{seconds:.1f} s"
    for limit, unit, size in ((100, "s", 1), (6000, "min", 60), (360_000, "h", 3600)):
        if seconds < limit:
            return f"{float(f'{seconds / size:.2g}'):g} {unit}"
    return f"{float(f'{seconds / 86_400:.2g}'):,.0f} days"


def _bytes(size: int) -> str:
    """To two figures."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{float(f'{amount:.2g}'):g} {UNITS[unit]}"


def _json(
    told: Mapping[str, Disclosure], costs: Mapping[str, tuple[Cost, ...]], sizes: dict[str, Any]
) -> dict[str, Any]:
    from dataclasses import asdict

    import msgspec

    return {
        "sizes": sizes,
        "protocols": {
            name: msgspec.structs.asdict(each) | {"costs": [asdict(cost) for cost in costs.get(name, ())]}
            for name, each in told.items()
        },
    }
