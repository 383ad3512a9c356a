"""Exact: terms of protocols that compare keys to the letter: what a key is, and what hides how many there are."""

from typing import Annotated, Literal

import msgspec

from pplink.canonical import Json
from pplink.fields.forms import Form
from pplink.keys.signing import NAME

Place = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]{0,63}\Z")]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one field gives to a key."""

    field: Place
    """Of the agreement's fields."""
    form: Form
    """What of its normal form; see `fields.forms`."""


Key = Annotated[tuple[Part, ...], msgspec.Meta(min_length=1, max_length=8)]
"""Parts that must all be equal; a person who lacks one has no such key."""
Keys = Annotated[tuple[Key, ...], msgspec.Meta(min_length=1, max_length=16)]
"""Of which any one equal makes a hit."""


class Sums(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one unit has to common keys, added up."""

    fields: Annotated[tuple[Place, ...], msgspec.Meta(min_length=1, max_length=8)]
    """Of whole numbers, which the holder's list has."""
    largest: Annotated[int, msgspec.Meta(ge=1, le=1 << 32)]
    """What one record adds at most; more is cut to it."""
    least: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)]
    """Of fewer common keys nothing is added up."""
    holder: Annotated[str, msgspec.Meta(pattern=NAME)]
    """The unit whose numbers they are; it has the secret key."""
    modulus: Annotated[str, msgspec.Meta(pattern=r"\A[1-9a-f][0-9a-f]{767,2047}\Z")]
    """Its public key (Paillier 1999), in hex: 3,072 bits or more."""


class Exact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of `ecdh_psi`."""

    keys: Keys
    reveal: Literal["hits", "size", "sums"]
    """hits: units learn which of their records; size: only how many keys all have; sums: so many, and what one of two
    units has to them, added up."""
    capacity: Annotated[int, msgspec.Meta(ge=1, le=1 << 28)]
    """Keys that a unit may bring at most; a multiple of `step`."""
    step: Annotated[int, msgspec.Meta(ge=1, le=1 << 28)]
    """What a unit brings is filled up to a multiple of it: nobody learns more of how many keys it has."""
    quota: Annotated[int, msgspec.Meta(ge=1, le=1 << 32)]
    """Common keys at most; a run with more stops, and tells nothing."""
    sums: Sums | msgspec.UnsetType = msgspec.UNSET
    """If `reveal` is sums, else absent."""


class Watchlist(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of `oprf_hit`."""

    keys: Keys
    holder: Annotated[str, msgspec.Meta(pattern=NAME)]
    """The unit that has the list; the others ask."""
    capacity: Annotated[int, msgspec.Meta(ge=1, le=1 << 26)]
    """Keys on the list at most; a multiple of `step`."""
    step: Annotated[int, msgspec.Meta(ge=1, le=1 << 26)]
    """The published filter is filled up to a multiple of it."""
    false_bits: Annotated[int, msgspec.Meta(ge=1, le=61)]
    """A key that is not on the list is said to be with a chance of at most 2 to the minus this."""
    asked: Annotated[int, msgspec.Meta(ge=1, le=1024)]
    """Keys in every query; that of a person with fewer is filled up, and one with more takes several queries."""
    daily: Annotated[int, msgspec.Meta(ge=1, le=1 << 32)]
    """Queries a day (UTC) that the holder answers each unit at most."""


def key_name(key: tuple[Part, ...]) -> str:
    """A key in words: `name by sound + birth_date (tolerant)` is written `name:sound+birth_date:tolerant`."""
    return "+".join(each.field if each.form == "exact" else f"{each.field}:{each.form}" for each in key)


def to_json(terms: Exact | Watchlist) -> dict[str, Json]:
    """As it stands in a file."""
    return dict(msgspec.to_builtins(terms))
