"""Hardening: what is done to filters before anyone sees them, as agreed; `encoders.hardening` does it."""

from typing import Annotated

import msgspec


class Diffusion(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="method", tag="diffusion"
):
    """Each bit shown is the exclusive or of some secretly chosen bits (Armknecht, Heng and Schnell, PoPETs 2023)."""

    bits: Annotated[int, msgspec.Meta(ge=64, le=8192, multiple_of=64)]
    """Shown."""
    taps: Annotated[int, msgspec.Meta(ge=2, le=16)]
    """Bits of the filter that each is made from."""

    def width(self, bits: int) -> int:
        """Bits shown of a filter of `bits`."""
        del bits
        return self.bits


class Balance(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="method", tag="balance"
):
    """The filter and its complement, in a secret order: every record sets half of its bits (Schnell and Borgs 2016)."""

    def width(self, bits: int) -> int:
        """Twice as many."""
        return 2 * bits


class XorFold(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="method", tag="xor-fold"
):
    """One half of the filter on the other, by exclusive or (Schnell and Borgs 2016)."""

    def width(self, bits: int) -> int:
        """Half as many."""
        return bits // 2


class Rule90(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="method", tag="rule-90"
):
    """Each bit becomes the exclusive or of its two neighbours (Schnell and Borgs 2018)."""

    def width(self, bits: int) -> int:
        """As many."""
        return bits


class Blip(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="method", tag="blip"
):
    """Each bit is turned over with a small chance (Alaggan, Gambs and Kermarrec 2012)."""

    flip: Annotated[float, msgspec.Meta(gt=0, lt=0.5)]
    """The chance, at most 3 decimals; `encoders.hardening.blip.epsilon` says what it is worth."""

    def width(self, bits: int) -> int:
        """As many."""
        return bits


class Salt(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="method", tag="salt"
):
    """Tokens of all other fields set other bits for each value of one field (Niedermeyer et al. 2014)."""

    field: Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]{0,63}\Z")]
    """Whose value salts; of a variant, its own."""
    characters: Annotated[int, msgspec.Meta(ge=1, le=64)] | msgspec.UnsetType = msgspec.UNSET
    """First characters of its normal form that count: 4 of a date are the year. Absent: all."""

    def width(self, bits: int) -> int:
        """As many."""
        return bits


class MinHash(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="method", tag="minhash"
):
    """In place of a filter, one bit of each of many smallest tabulation hashes of a record's tokens (Smith 2017)."""

    bits: Annotated[int, msgspec.Meta(ge=64, le=8192, multiple_of=64)]
    """Shown: as many hash functions."""

    def width(self, bits: int) -> int:
        """Bits shown of a filter of `bits`."""
        del bits
        return self.bits


class TwoStep(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="method", tag="two-step"
):
    """A filter as a table with a row for each hash function, and each of its columns hashed to a bit
    (Ranbaduge, Christen and Schnell 2020)."""

    functions: Annotated[int, msgspec.Meta(ge=2, le=64)]
    """Rows of the table; the filter's bits are a multiple."""
    bits: Annotated[int, msgspec.Meta(ge=64, le=8192, multiple_of=64)]
    """Shown."""

    def width(self, bits: int) -> int:
        """Bits shown of a filter of `bits`."""
        del bits
        return self.bits


Hardening = Diffusion | Balance | XorFold | Rule90 | Blip | Salt | MinHash | TwoStep

STAGES: dict[type, int] = {Salt: 0, MinHash: 1, TwoStep: 1}
"""When a way is used, earlier before later: 0, as tokens are read; 1, as they become bits; 2, all others, on bits. Of
0 and 1 there is at most one each."""


def stage(way: Hardening) -> int:
    """When the way is used, see STAGES."""
    return STAGES.get(type(way), 2)
