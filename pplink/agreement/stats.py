"""Stats: terms of protocols that count: by what units' lists are tabulated, and what is withheld."""

from fractions import Fraction
from itertools import product
from math import prod
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from pplink.agreement.exact import Key, Part, Place
from pplink.canonical import Json
from pplink.keys.signing import NAME

Decimal = Annotated[float, msgspec.Meta(gt=0, le=1000)]
Value = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Axis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field by which is counted."""

    field: Place
    """Of the agreement's fields."""
    form: Literal["exact", "year"]
    """What of its normal form; see `fields.forms`."""
    values: Annotated[tuple[Value, ...], msgspec.Meta(min_length=1, max_length=4096)]
    """What is counted, as normalised, in order; a record with another value is counted nowhere."""


class Noise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What hides single persons in what is released: differential privacy, of each unit's table."""

    epsilon: Decimal
    """What a session costs each person, at most 3 decimals."""
    budget: Decimal
    """What all sessions under this agreement may cost together; a unit keeps the account, and stops."""
    touches: Annotated[int, msgspec.Meta(ge=1, le=1 << 16)]
    """Cells in which a person is counted at most; those beyond are left out."""
    most: Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]
    """Noise on a count lies from minus this to this, on a sum `largest` times as far; what is beyond is cut."""


class Stats(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of `paillier_stats`."""

    axes: Annotated[tuple[Axis, ...], msgspec.Meta(min_length=1, max_length=4)]
    """A cell is one value of each; the last axis runs fastest."""
    sums: Annotated[tuple[Place, ...], msgspec.Meta(max_length=8)]
    """Fields of whole numbers that are added up in each cell, beside the count of persons."""
    largest: Annotated[int, msgspec.Meta(ge=1, le=1 << 32)]
    """What one person adds to a sum at most; more is cut to it."""
    threshold: Annotated[int, msgspec.Meta(ge=1, le=1024)]
    """A cell with fewer persons is not released: nobody ever sees its numbers."""
    counted: Literal["others", "all"]
    """Whose persons must be so many: for each unit those of the others, since it can subtract its own; or of all."""
    keeper: Annotated[str, msgspec.Meta(pattern=NAME)]
    """The auditor that has the secret key, and sees sums under masks alone."""
    modulus: Annotated[str, msgspec.Meta(pattern=r"\A[1-9a-f][0-9a-f]{767,2047}\Z")]
    """The keeper's public key (Paillier 1999), in hex: 3,072 bits or more."""
    noise: Noise | UnsetType = UNSET
    """Absent: what is released is exact."""

    @property
    def cells(self) -> int:
        """How many."""
        return prod(len(axis.values) for axis in self.axes)

    @property
    def key(self) -> Key:
        """What places a record."""
        return tuple(Part(field=axis.field, form=axis.form) for axis in self.axes)

    @property
    def labels(self) -> list[tuple[str, ...]]:
        """Of each cell, its values."""
        return list(product(*(axis.values for axis in self.axes)))

    @property
    def touches(self) -> int:
        """Cells in which a person is counted at most."""
        return self.cells if self.noise is UNSET else self.noise.touches


def exactly(number: float) -> Fraction:
    """The decimal as it is written."""
    return Fraction(repr(number))


def stats_json(stats: Stats) -> dict[str, Json]:
    """As it stands in a file."""
    return dict(msgspec.to_builtins(stats))
