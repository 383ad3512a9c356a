"""Stats describe: what a signer must see of protocols that count."""

from __future__ import annotations

from msgspec import UNSET

from pplink.agreement.model import Agreement
from pplink.agreement.stats import Axis, Stats

Row = tuple[str, str]
SHOWN = 12
"""Values of an axis that are written out; of more, the first and the last."""
RECORD = (
    "the session's record: who took part and when, how many records each unit has, and a digest of each message that"
    " tells nothing of it; no number of any table"
)


def stats_rows(agreement: Agreement, stats: Stats) -> list[Row]:
    """(what, value) from what is counted on."""
    whose = "persons of the other units" if stats.counted == "others" else "persons"
    learned = "of each released cell the totals of all units; which cells are withheld"
    if len(agreement.units) == 2:
        learned += "; of two units each subtracts its own and has the other's released cells"
    return [
        *(("counted by", _axis(axis)) for axis in stats.axes),
        *(("added up", f"{name}, of a person at most {stats.largest:,}") for name in stats.sums),
        ("table", f"{stats.cells:,} cells"),
        ("withheld", f"each cell with fewer than {stats.threshold} {whose}, before anything is decrypted"),
        ("noise", _noise(stats)),
        *(("learns", f"unit {unit}: {learned}") for unit in agreement.units),
        ("learns", f"keeper {stats.keeper}: which cells are released; of others, for how many units the others' count"
                   " is small; no number. THIS HOLDS ONLY if it does not share what it knows with the broker:"
                   " together the two read every unit's table"),
        ("learns", f"broker {agreement.broker.name}: how many records each unit has, which cells are released; no"
                   " number, unless together with the keeper"),
        ("learns", f"auditors, and whoever is given the record: {RECORD}"),
        ("beware", "exact tables of lists that differ in one person show that person by their differences: one table a"
                   " purpose, or noise"),
    ]  # fmt: skip


def _axis(axis: Axis) -> str:
    values = axis.values
    shown = (
        ", ".join(values) if len(values) <= SHOWN else f"{values[0]} ... {values[-1]}, {len(values):,} values"
    )
    return f"{axis.field}{' (the year)' if axis.form == 'year' else ''}: {shown}"


def _noise(stats: Stats) -> str:
    noise = stats.noise
    if noise is UNSET:
        return "none: what is released is exact"
    return (
        f"each unit's, epsilon {noise.epsilon:g} a session and at most {noise.budget:g} under this agreement, a person"
        f" counted in {noise.touches:,} cells at most, cut at {noise.most:,}"
    )
