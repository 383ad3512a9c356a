"""Exact presets: those of protocols that compare keys, and how a proposal changes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace as changed

from pplink.agreement.exact import Exact, Key, Part, Watchlist
from pplink.agreement.preset import Preset, clk, field
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
    "documents-exact": Preset(
        fields=_PAPERS,
        encoding=clk(hashes=1),
        threshold=1.0,
        assignment="many-to-many",
        score="none",
        decimals=0,
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
    "watchlist": Preset(
        fields=_PAPERS,
        encoding=clk(hashes=1),
        threshold=1.0,
        assignment="many-to-many",
        score="none",
        decimals=0,
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
    strange = other.keys() - set(own.__struct_fields__)
    if strange:
        raise UsageError(f"{', '.join(sorted(strange))}: not among the terms of {preset.protocol}")
    own = changed(own, **other)
    if isinstance(own, Watchlist) and own.holder == _NOBODY:
        raise UsageError("a watchlist has a holder", "name the unit with `--holder UNIT`")
    used = {part.field for key in own.keys for part in key}
    sums = () if isinstance(own, Watchlist) or own.sums is UNSET else own.sums.fields
    preset = replace(preset, fields=(*preset.fields, *(field(name, "number") for name in sums)))
    used |= {*sums}
    unknown = used - {each.name for each in preset.fields}
    if unknown:
        raise UsageError(
            f"the preset has no field {', '.join(sorted(unknown))}",
            f"fields are: {', '.join(each.name for each in preset.fields)}",
        )
    fields = tuple(each for each in preset.fields if each.name in used)
    if isinstance(own, Watchlist):
        return replace(preset, fields=fields, watchlist=own)
    return replace(preset, fields=fields, exact=own)


def parse_key(text: str) -> Key:
    """`name:sound+birth_date` as a key; a part without a form is exact. Raises UsageError."""
    parts = []
    for word in text.split("+"):
        field, _, form = word.partition(":")
        if form not in ("", *RULES):
            raise UsageError(f"a key has no form {form}", f"forms are: {', '.join(RULES)}")
        parts.append(Part(field=field, form=form or "exact"))  # type: ignore[arg-type]
    return tuple(parts)
