"""Stats checks: what must hold of terms of protocols that count."""

from __future__ import annotations

from msgspec import UNSET

from pplink.agreement.model import Terms
from pplink.agreement.problems import Problems, repeated
from pplink.agreement.stats import Axis, Stats, exactly
from pplink.fields.forms import fits


def stats_problems(terms: Terms, stats: Stats) -> Problems:
    """All that is wrong there."""
    yield from _axes(terms, stats)
    yield from _sums(terms, stats)
    yield from _noise(stats)
    auditors = {party.name for party in terms.parties if party.role == "auditor"}
    if stats.keeper not in auditors:
        yield ".stats.keeper", "is no auditor of this agreement"
    if set(terms.learns.hits_to) != set(terms.units):
        yield ".learns.hits_to", "must be all units: each learns the totals"
    if not int(stats.modulus, 16) % 2:
        yield ".stats.modulus", "is even, and so no key"


def _axes(terms: Terms, stats: Stats) -> Problems:
    kinds, names = terms.kinds, [axis.field for axis in stats.axes]
    for i, axis in enumerate(stats.axes):
        path = f".stats.axes[{i}]"
        if axis.field not in kinds:
            yield f"{path}.field", "is no field of this agreement"
        elif not fits(axis.form, kinds[axis.field]):
            yield f"{path}.form", "is no form of that kind of field"
        if axis.field in names[:i]:
            yield f"{path}.field", "stands here a second time"
        yield from _values(axis, path)
    if set(kinds) - {*names, *stats.sums}:
        yield ".fields", "has one that nothing is counted by"


def _values(axis: Axis, path: str) -> Problems:
    yield from repeated(axis.values, path + ".values[{}]")
    for i, value in enumerate(axis.values):
        if not value.isprintable():
            yield f"{path}.values[{i}]", "has characters that steer a screen"


def _sums(terms: Terms, stats: Stats) -> Problems:
    for i, name in enumerate(stats.sums):
        if terms.kinds.get(name) != "number":
            yield f".stats.sums[{i}]", "is no field of numbers"
        if name in stats.sums[:i] or name in {axis.field for axis in stats.axes}:
            yield f".stats.sums[{i}]", "stands here a second time"
    if not stats.sums and stats.largest != 1:
        yield ".stats.largest", "must be 1 where nothing is added up"
    if stats.cells * (1 + len(stats.sums)) > 1 << 16:
        yield ".stats.axes", "make more than 65,536 numbers"


def _noise(stats: Stats) -> Problems:
    noise = stats.noise
    if noise is UNSET:
        return
    for name in ("epsilon", "budget"):
        if 1000 % exactly(getattr(noise, name)).denominator:
            yield f".stats.noise.{name}", "has more than 3 decimals"
    if noise.budget < noise.epsilon:
        yield ".stats.noise.budget", "is less than what a session costs"
    if noise.touches > stats.cells:
        yield ".stats.noise.touches", "is more than there are cells"
