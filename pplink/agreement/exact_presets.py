"""Exact presets: those of protocols that compare keys, and how a proposal changes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace as changed

from pplink.agreement.exact import Exact, Key, Keys, Part, Watchlist
from pplink.agreement.field import Field
from pplink.agreement.preset import Preset, field, unencoded
from pplink.errors import UsageError
from pplink.fields.forms import RULES, Form

_PAPERS = (
    field("document", "document"),
    field("phone", "phone"),
    field("name", "person_name"),
    field("birth_date", "life_date"),
)
_NOBODY = "nobody"
"""Stands where a holder must be named."""


def _key(*parts: tuple[str, Form]) -> Key:
    return tuple(Part(field=field, form=form) for field, form in parts)


EXACT_PRESETS: dict[str, Preset] = {
    "documents-exact": unencoded(
        fields=_PAPERS,
        protocol="ecdh_psi",
        exact=Exact(
            keys=(
                _key(("document", "exact")),
                _key(("phone", "exact")),
                _key(("name", "exact"), ("birth_date", "exact")),
            ),
            reveal="hits",
            capacity=1 << 20,
            step=1 << 10,
            quota=10_000,
        ),
        source="Keys that are one person's as a rule, normalised; sizes as in protocols/ecdh_psi",
    ),
    "watchlist": unencoded(
        fields=_PAPERS,
        protocol="oprf_hit",
        watchlist=Watchlist(
            keys=(
                _key(("document", "exact")),
                _key(("phone", "exact")),
                _key(("name", "pairs"), ("birth_date", "tolerant")),
            ),
            holder=_NOBODY,
            capacity=1 << 24,
            step=1 << 16,
            false_bits=38,
            asked=16,
            daily=1000,
        ),
        source="Papers, phones, two words of a name by sound with a day or what lists have instead (fields/forms.py)",
    ),
}


def keyed(preset: Preset, other: dict[str, Any]) -> Preset:
    """With other terms on keys, and without fields that no key has. Raises UsageError."""
    own = preset.exact or preset.watchlist
    if own is None:
        if other:
            raise UsageError("this preset compares no keys", "give --preset documents-exact or watchlist")
        return preset
    own = _changed(preset, own, other)
    if isinstance(own, Watchlist):
        return replace(preset, watchlist=own, fields=_used(preset.fields, own.keys))
    sums = () if own.sums is UNSET else own.sums.fields
    fields = (*preset.fields, *(field(name, "number") for name in sums))
    return replace(preset, exact=own, fields=_used(fields, own.keys, sums))


def _changed(preset: Preset, own: Exact | Watchlist, other: dict[str, Any]) -> Exact | Watchlist:
    strange = other.keys() - set(own.__struct_fields__)
    if strange:
        raise UsageError(f"{', '.join(sorted(strange))}: not among the terms of {preset.protocol}")
    own = changed(own, **other)
    if isinstance(own, Watchlist) and own.holder == _NOBODY:
        raise UsageError("a watchlist has a holder", "name the unit with `--holder UNIT`")
    return own


def _used(fields: Sequence[Field], keys: Keys, others: Sequence[str] = ()) -> tuple[Field, ...]:
    """Those that keys have parts of, and these others."""
    used = {*others, *(part.field for key in keys for part in key)}
    unknown = used - {each.name for each in fields}
    if unknown:
        raise UsageError(
            f"the preset has no field {', '.join(sorted(unknown))}",
            f"fields are: {', '.join(each.name for each in fields)}",
        )
    return tuple(each for each in fields if each.name in used)


def parse_key(text: str) -> Key:
    """`name:sound+birth_date` as a key; a part without a form is exact. Raises UsageError."""
    parts = []
    for word in text.split("+"):
        field, _, form = word.partition(":")
        if form not in ("", *RULES):
            raise UsageError(f"a key has no form {form}", f"forms are: {', '.join(RULES)}")
        parts.append(Part(field=field, form=form or "exact"))  # type: ignore[arg-type]
    return tuple(parts)
