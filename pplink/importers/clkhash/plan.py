"""Plan: the fields and the encoding here that come nearest to a clkhash schema, and each thing that differs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from pplink.agreement.field import Field, Kind, Tolerance
from pplink.agreement.hardening import XorFold
from pplink.agreement.model import Encoding
from pplink.errors import DataError
from pplink.importers.clkhash.schema import Feature, Format, Hashing, MissingValue, Schema

HASHES = 10
"""Bits of a token at weight 1: weights then are tenths of clkhash's bits a token."""

MOST_BITS, MOST_FOLDS = 8192, 4


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Something in the schema, and what it is here."""

    of: str
    """A feature's identifier, or `all`."""
    clkhash: str
    here: str
    same: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an agreement takes over."""

    fields: tuple[Field, ...]
    encoding: Encoding
    columns: dict[str, str]
    """{identifier: field} for those that cannot be called the same."""
    dates: dict[str, str]
    """{identifier: format}, for `--date-format`."""
    differences: tuple[Difference, ...]


def plan(schema: Schema) -> Plan:
    """Raises DataError if a schema has nothing that could be a field, or two features of one identifier."""
    used = [feature for feature in schema.features if not feature.ignored]
    names = _names(used)
    q = _q(used)
    encoding, of_all = _encoding(schema, q)
    fields, differences = [], list(of_all)
    for feature in schema.features:
        if feature.ignored or feature.format is None or feature.hashing is None:
            differences.append(
                Difference(of=feature.identifier, clkhash="ignored", here="not a field", same=True)
            )
            continue
        field = _field(names[feature.identifier], feature.format, feature.hashing)
        fields.append(field)
        differences += _differences(feature.identifier, feature.format, feature.hashing, field, q)
    return Plan(
        fields=tuple(fields),
        encoding=encoding,
        columns={feature: name for feature, name in names.items() if feature != name},
        dates={
            each.identifier: each.format.format for each in used if each.format and each.format.type == "date"
        },
        differences=tuple(differences),
    )


def _names(used: list[Feature]) -> dict[str, str]:
    """Identifiers as names of fields: small letters, digits and `_`, `record_id` left free."""
    found: dict[str, str] = {}
    for feature in used:
        name = re.sub(r"[^a-z0-9]+", "_", feature.identifier.lower()).strip("_")[:60] or "field"
        name = name if name[0].isalpha() and name != "record_id" else f"field_{name}"
        if feature.identifier in found or name in found.values():
            raise DataError(
                "two features of the schema have the same identifier, but for case or marks", "rename one"
            )
        found[feature.identifier] = name
    if not 1 <= len(found) <= 64:
        raise DataError(
            "a schema needs 1 to 64 features that are not ignored to become an agreement",
            "is it the right file?",
        )
    return found


def _q(used: list[Feature]) -> int:
    """The length of q-grams that most features have; one holds for all fields here."""
    lengths = Counter(each.hashing.comparison.n for each in used if each.hashing and _is_cut(each))
    return min(4, lengths.most_common(1)[0][0]) if lengths else 2


def _is_cut(feature: Feature) -> bool:
    return bool(
        feature.hashing
        and feature.format
        and feature.hashing.comparison.type == "ngram"
        and feature.format.type in ("string", "integer")
    )


def _encoding(schema: Schema, q: int) -> tuple[Encoding, Iterator[Difference]]:
    config = schema.config
    folds = min(config.folds, MOST_FOLDS)
    bits = min(MOST_BITS, -(-(config.length << folds) // 64) * 64)
    hardening: tuple[XorFold, ...] | UnsetType = (XorFold(),) * folds or UNSET
    encoding = Encoding(
        scheme="clk",
        bits=bits,
        q=q,
        hashes=HASHES,
        padded=True,
        hashing="random",
        mac="hmac-sha256",
        hardening=hardening,
    )
    return encoding, _of_all(schema, encoding)


def _of_all(schema: Schema, encoding: Encoding) -> Iterator[Difference]:
    config = schema.config
    length, folds = f"{config.length:,} bits after {config.folds} folds", len(encoding.ways)
    yield Difference(
        of="all",
        clkhash=length,
        here=f"{encoding.width:,} bits after {folds} folds",
        same=(config.length, config.folds) == (encoding.width, folds),
    )
    yield Difference(
        of="all",
        clkhash=f"keys from one secret that somebody types, {config.kdf.type} {config.kdf.hash}, salt and info",
        here="keys from shares of all units, HKDF SHA256, by field and agreement",
    )
    hashes = {
        feature.hashing.hash.type for feature in schema.features if feature.hashing and not feature.ignored
    }
    yield Difference(
        of="all",
        clkhash=f"positions by {' and '.join(sorted(hashes)) or 'blakeHash'}",
        here="positions drawn independently by HMAC-SHA256",
    )


def _field(name: str, form: Format, hashing: Hashing) -> Field:
    kind, tolerance = _kind(form, hashing)
    bits = hashing.strategy.token or hashing.strategy.feature or 1
    return Field(
        name=name,
        kind=kind,
        weight=min(100.0, bits / HASHES),
        key=name,
        required=False,
        tolerance=tolerance,
        bits_of=UNSET if hashing.strategy.token else "value",
    )


def _kind(form: Format, hashing: Hashing) -> tuple[Kind, Tolerance | UnsetType]:
    comparison = hashing.comparison
    if comparison.type == "exact" or form.type == "enum":
        return "category", UNSET
    if comparison.type == "numeric":
        distance = max(1, min(10**9, round(comparison.distance)))
        return "number", Tolerance(distance=distance, resolution=comparison.resolution)
    kinds: dict[str, Kind] = {"date": "date", "integer": "number", "string": "text"}
    return kinds[form.type], UNSET


def _differences(of: str, form: Format, hashing: Hashing, field: Field, q: int) -> Iterator[Difference]:
    yield Difference(of=of, clkhash=_format(form), here=f"{field.kind}: {_NORMAL[field.kind]}")
    yield _comparison(of, hashing, field, q)
    bits = hashing.strategy.token or hashing.strategy.feature
    positions, each = field.positions(HASHES), "value" if field.by_value else "token"
    yield Difference(
        of=of, clkhash=f"{bits} bits a {each}", here=f"{positions} bits a {each}", same=bits == positions
    )
    if hashing.missing:
        yield _missing(of, hashing.missing)


_NORMAL = {
    "text": "letters and digits, small, transliterated",
    "category": "letters and digits, small, as one token",
    "date": "a day, YYYY-MM-DD or as `--date-format` says",
    "number": "digits",
}


def _format(form: Format) -> str:
    limits = [
        f"{what} {value}"
        for what, value in (
            ("case", form.case if form.case != "mixed" else None),
            ("pattern", form.pattern),
            ("from", form.minimum),
            ("to", form.maximum),
            ("at least", form.min_length),
            ("at most", form.max_length),
            ("format", form.format or None),
            ("values", len(form.values) or None),
        )
        if value is not None
    ]
    return ", ".join([f"{form.type}, as written", *limits])


def _comparison(of: str, hashing: Hashing, field: Field, q: int) -> Difference:
    comparison = hashing.comparison
    if comparison.type == "exact":
        return Difference(of=of, clkhash="exact", here="the whole value is one token", same=True)
    if comparison.type == "numeric":
        there = f"near within {comparison.distance:g}, resolution {comparison.resolution}"
        same = field.tolerance is not UNSET and comparison.distance == field.tolerance.distance
        decimals = comparison.fractional_precision
        there += f", {decimals} decimals" if decimals else ""
        near = (
            ""
            if field.tolerance is UNSET
            else f"near within {field.tolerance.distance}, {field.tolerance.resolution}"
        )
        return Difference(
            of=of, clkhash=there, here=f"{near} to a side, whole numbers", same=same and not decimals
        )
    there = f"{'places of ' if comparison.positional else ''}{comparison.n}-grams"
    here = {"date": "digits by place", "category": "the whole value is one token"}.get(
        field.kind, f"{q}-grams, padded"
    )
    return Difference(of=of, clkhash=there, here=here, same=here.startswith(there))


def _missing(of: str, missing: MissingValue) -> Difference:
    there = f"a text of {len(missing.sentinel)} characters is missing"
    there += "" if missing.replace is None else ", and hashed as another"
    return Difference(of=of, clkhash=there, here="an empty value is missing, and sets no bit: write it so")
