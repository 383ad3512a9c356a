"""Exact checks: what must hold of terms of protocols that compare keys, and must not be there in others."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from pplink.agreement.exact import Exact, Keys, Sums, Watchlist
from pplink.agreement.model import Terms
from pplink.agreement.problems import Problems
from pplink.agreement.stats_checks import stats_problems
from pplink.fields.forms import fits

OWN = {"exact": "ecdh_psi", "watchlist": "oprf_hit", "stats": "paillier_stats"}
"""By name of the optional terms: the protocol that they are of."""
NEUTRAL: tuple[tuple[str, Any], ...] = (("threshold", 1), ("assignment", "many-to-many"), ("measure", "dice"))
"""What has no meaning where keys are compared to the letter, and so has one value."""


def exact_problems(terms: Terms) -> Problems:
    """All that is wrong there."""
    for name, protocol in OWN.items():
        there = getattr(terms, name) is not UNSET
        if there != (terms.protocol == protocol):
            yield (
                f".{name}",
                f"is for {protocol} alone"
                if there
                else f"is not there, and {protocol} needs it: a preset with keys has it",
            )
    if terms.protocol not in OWN.values():
        return
    yield from _neutral(terms)
    if terms.exact is not UNSET:
        yield from _exact(terms, terms.exact)
    if terms.watchlist is not UNSET:
        yield from _watchlist(terms, terms.watchlist)
    if terms.stats is not UNSET:
        yield from stats_problems(terms, terms.stats)


def _neutral(terms: Terms) -> Problems:
    for name, value in NEUTRAL:
        if getattr(terms, name) != value:
            yield f".{name}", f"must be {value}: keys are compared to the letter"
    if terms.learns.score != "none":
        yield ".learns.score", "must be none: keys are compared to the letter"
    if terms.encoding.ways or terms.encoding.most > 1 or terms.max_reidentification is not UNSET:
        yield ".encoding", "cannot be hardened or have variants, nor attacks a bound: nothing is encoded"


def _exact(terms: Terms, exact: Exact) -> Problems:
    yield from _sums(terms, exact)
    yield from _keys(terms, exact.keys, ".exact.keys", () if exact.sums is UNSET else exact.sums.fields)
    if exact.capacity % exact.step:
        yield ".exact.capacity", "is no multiple of step"
    if set(terms.learns.hits_to) != set(terms.units) and len(terms.units) != 2:
        yield ".learns.hits_to", "must be all units: of more than two, each learns what is common"


def _watchlist(terms: Terms, watchlist: Watchlist) -> Problems:
    yield from _keys(terms, watchlist.keys, ".watchlist.keys")
    if watchlist.capacity % watchlist.step:
        yield ".watchlist.capacity", "is no multiple of step"
    if watchlist.false_bits + (watchlist.capacity - 1).bit_length() > 62:
        yield ".watchlist.false_bits", "is more than 62 less the bits of capacity"
    if watchlist.holder not in terms.units:
        yield ".watchlist.holder", "is no unit of this agreement"
    if set(terms.learns.hits_to) != {*terms.units} - {watchlist.holder}:
        yield ".learns.hits_to", "must be all units but the holder, who learns of no hit"


def _sums(terms: Terms, exact: Exact) -> Problems:
    if (exact.reveal == "sums") != (exact.sums is not UNSET):
        yield ".exact.sums", "must be there if sums are revealed, and only then"
    if exact.sums is UNSET:
        return
    if len(exact.keys) > 1:
        yield ".exact.keys", "must be one where sums are revealed: a person with two would count twice"
    yield from _summed(terms, exact, exact.sums)
    if len(terms.units) != 2:
        yield ".parties", "must have two units where sums are revealed"
    if exact.sums.holder not in {*terms.learns.hits_to} & {*terms.units}:
        yield ".exact.sums.holder", "is no unit that learns something"
    if not int(exact.sums.modulus, 16) % 2:
        yield ".exact.sums.modulus", "is even, and so no key"


def _summed(terms: Terms, exact: Exact, sums: Sums) -> Problems:
    keyed = {part.field for key in exact.keys for part in key}
    for i, name in enumerate(sums.fields):
        if terms.kinds.get(name) != "number":
            yield f".exact.sums.fields[{i}]", "is no field of numbers"
        if name in sums.fields[:i] or name in keyed:
            yield f".exact.sums.fields[{i}]", "stands here a second time"


def _keys(terms: Terms, keys: Keys, path: str, others: tuple[str, ...] = ()) -> Problems:
    kinds, used = terms.kinds, {*others}
    for i, key in enumerate(keys):
        if key in keys[:i]:
            yield f"{path}[{i}]", "stands here a second time"
        for j, part in enumerate(key):
            used.add(part.field)
            if part.field not in kinds:
                yield f"{path}[{i}][{j}].field", "is no field of this agreement"
            elif not fits(part.form, kinds[part.field]):
                yield f"{path}[{i}][{j}].form", "is no form of that kind of field"
            if part.field in {each.field for each in key[:j]}:
                yield f"{path}[{i}][{j}].field", "stands here a second time"
    if kinds.keys() - used:
        yield ".fields", "has one that is part of no key"
