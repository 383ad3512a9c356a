"""Field: one attribute of a person, of a known kind; how its values become tokens and how many bits they have."""

from fractions import Fraction
from typing import Annotated, Literal

import msgspec

from pplink.canonical import Json
from pplink.fields.catalogue import KINDS
from pplink.fields.kind import Kind as Reader

FieldName = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]{0,63}\Z")]
Kind = Literal[
    "name",
    "text",
    "date",
    "day",
    "number",
    "category",
    "person_name",
    "life_date",
    "document",
    "country",
    "phone",
    "sex",
]


class Tolerance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How near two numbers may be to be alike (Vatsalan and Christen 2016)."""

    distance: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    """Numbers so far apart, or more, have nothing in common."""
    resolution: Annotated[int, msgspec.Meta(ge=1, le=64)]
    """A number has 2 `resolution` + 1 tokens; the nearer two are, the more they share."""


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One attribute of a person."""

    name: FieldName
    """Column that a unit's list must have, or be mapped to. `record_id` is taken: it names the row."""
    kind: Kind
    """How values are normalised and cut into tokens."""
    weight: Annotated[float, msgspec.Meta(gt=0, le=100)]
    """Share of the field in the encoding, at most 3 decimals; see `positions`."""
    key: FieldName
    """What the field's HMAC key is derived for. Fields with the same key set the same bits for the same token, so
    that swapped values, such as given and family name, still match; else a field has its own name here."""
    required: bool
    """Whether a record without it is refused."""
    tolerance: Tolerance | msgspec.UnsetType = msgspec.UNSET
    """For numbers: near ones are alike. Absent: numbers are alike by their digits."""
    bits_of: Literal["value"] | msgspec.UnsetType = msgspec.UNSET
    """value: weight times `hashes` are the bits of a whole value, parted among its tokens, so that a long value says no
    more than a short one and how much a field says is agreed (clkhash's linkage schema: `bitsPerFeature`; after Durham
    et al. 2014, "Composite Bloom filters for secure record linkage"). Absent: they are the bits of each token."""

    @property
    def by_value(self) -> bool:
        """Whether a value's tokens part its bits among them."""
        return self.bits_of is not msgspec.UNSET

    @property
    def reader(self) -> Reader:
        """What normalises values and cuts them into tokens."""
        if self.tolerance is msgspec.UNSET:
            return KINDS[self.kind]
        from pplink.fields.numbers import NearNumber

        return NearNumber(self.tolerance.distance, self.tolerance.resolution)

    def positions(self, hashes: int, share: int = 1, whole: int = 1) -> int:
        """Bits set for each token: weight times `hashes` times `share`, to the nearest, halves to even; at least 1.

        share: the token's own, in kinds whose tokens are unlike in importance; whole: if the bits are of a value, what
        the shares of all its tokens come to, and then that part of it. Counted in exact fractions of the decimal as
        written, so that any implementation gets the same.
        """
        return max(1, round(Fraction(repr(self.weight)) * hashes * share / whole))

    def to_json(self) -> dict[str, Json]:
        """As it stands in a file."""
        return dict(msgspec.to_builtins(self))
