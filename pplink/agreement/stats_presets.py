"""Stats presets: fields that lists are tabulated by, and how a proposal says by which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, log
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET
from msgspec.structs import replace as changed

from pplink import canonical
from pplink.agreement.preset import Preset, field, unencoded
from pplink.agreement.stats import Axis, Noise, Stats, exactly
from pplink.canonical import Json, MalformedError
from pplink.errors import UsageError
from pplink.fields.catalogue import KINDS
from pplink.fields.forms import forms
from pplink.fields.problem import BadValueError
from pplink.keys.signing import NAME
from pplink.keys.strict import read_strict

THRESHOLD = 10
CUT = 1e-9
"""Chance at most that any of a unit's noise is cut, unless a limit is given."""

PATTERNS = unencoded(
    fields=(
        field("category", "category"),
        field("route", "category"),
        field("nationality", "country"),
        field("sex", "sex"),
        field("event_date", "date"),
        field("birth_date", "date"),
        field("amount", "number"),
    ),
    protocol="paillier_stats",
    source="Small cells below 10 are withheld, as statistical offices do (Hundepool et al. 2012)",
)


def tabulated(preset: Preset, given: dict[str, Any]) -> Preset:
    """With what is to be counted, and without fields that are not. given: `axes`, `keeper`, `modulus`, and what else
    is not as usual. Raises UsageError."""
    if preset.protocol != "paillier_stats":
        if given:
            raise UsageError("this preset counts nothing", "give --protocol paillier_stats")
        return preset
    needed = (("table", "axes"), ("keeper", "keeper"), ("keeper-key", "modulus"))
    missing = [f"--{name}" for name, key in needed if not given.get(key)]
    if missing:
        raise UsageError(f"paillier_stats needs {' and '.join(missing)}", "see `pplink unit propose --help`")
    kinds, sums = _kinds(preset, given), tuple(given.get("sums", ()))
    axes = tuple(_axis(kinds[name], name, form, values) for name, form, values in given["axes"])
    stats = Stats(
        axes=axes,
        sums=sums,
        largest=given.get("largest", 1),
        threshold=given.get("least", THRESHOLD),
        counted="others",
        keeper=given["keeper"],
        modulus=given["modulus"],
    )
    used = {*(axis.field for axis in axes), *sums}
    return replace(
        preset,
        fields=tuple(each for each in preset.fields if each.name in used),
        stats=changed(stats, noise=_noise(stats, given)),
    )


def _kinds(preset: Preset, given: dict[str, Any]) -> dict[str, str]:
    """Of fields, by name. Raises UsageError for a name that is none."""
    kinds: dict[str, str] = {field.name: field.kind for field in preset.fields}
    names = (*(name for name, *_ in given["axes"]), *given.get("sums", ()))
    unknown = [name for name in names if name not in kinds]
    if unknown:
        raise UsageError(f"the preset has no field {', '.join(unknown)}", f"fields are: {', '.join(kinds)}")
    return kinds


def parse_axis(text: str) -> tuple[str, str, tuple[str, ...]]:
    """`category=arms,drugs` or `birth_date:year=1950-1999`: field, form, values. Raises UsageError."""
    left, sign, right = text.partition("=")
    name, _, form = left.partition(":")
    if not (sign and name and right) or form not in ("", "exact", "year"):
        raise UsageError(
            f"--table {text} is not FIELD[:year]=VALUE,...", "for example --table birth_date:year=1950-1999"
        )
    years = _years(right) if form == "year" else ()
    return name, form or "exact", years or tuple(right.split(","))


def _years(text: str) -> tuple[str, ...]:
    """From `1950-1999` each year; none of what is no range."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and int(last) - int(first) in range(4096)):
        return ()
    return tuple(str(year) for year in range(int(first), int(last) + 1))


def _axis(kind: str, name: str, form: str, values: Sequence[str]) -> Axis:
    """Values as units' lists have them once they are normalised."""
    if form == "year":
        if not all(len(value) == 4 and value.isdecimal() for value in values):
            raise UsageError(f"the years of {name} have four digits")
        return Axis(field=name, form="year", values=tuple(values))
    found: list[str] = []
    for value in values:
        try:
            found += forms("exact", KINDS[kind].normalise(value))
        except BadValueError:
            raise UsageError(f"a value of {name} cannot be one", f"it is a field of kind {kind}") from None
    if len(set(found)) < len(values):
        raise UsageError(f"two values of {name} are the same once normalised, or one says nothing")
    return Axis(field=name, form="exact", values=tuple(found))


def _noise(stats: Stats, given: dict[str, Any]) -> Any:
    epsilon = given.get("epsilon")
    if epsilon is None:
        if given.keys() & {"budget", "touches"}:
            raise UsageError("--budget and --touches are for noise", "give --epsilon too")
        return UNSET
    touches, measures = given.get("touches", 1), 1 + len(stats.sums)
    if epsilon <= 0:
        raise UsageError("epsilon is above 0")
    scale = touches * measures / float(exactly(epsilon))
    most = ceil(scale * log(2 * stats.cells * measures / CUT))
    return Noise(epsilon=epsilon, budget=given.get("budget", epsilon), touches=touches, most=most)


class _Public(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["pplink-keeper-key/1"]
    keeper: Annotated[str, msgspec.Meta(pattern=NAME)]
    modulus: str


def write_key(keeper: str, modulus: int) -> bytes:
    """The public half of a keeper's key, as a file."""
    value: dict[str, Json] = {"format": "pplink-keeper-key/1", "keeper": keeper, "modulus": f"{modulus:x}"}
    return canonical.to_bytes(value) + b"\n"


def read_key(data: bytes) -> tuple[str, str]:
    """The keeper's name and the modulus in hex. Raises UsageError."""
    try:
        key = read_strict(canonical.exactly(data.removesuffix(b"\n")), _Public)
    except MalformedError:
        raise UsageError(
            "this is no keeper's public key", "the keeper makes one with `pplink auditor keeper-key -o FILE`"
        ) from None
    return key.keeper, key.modulus
