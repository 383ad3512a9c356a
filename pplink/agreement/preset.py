"""Preset: a named set of fields and parameters, from which a proposal starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pplink.agreement.exact import Exact, Watchlist
from pplink.agreement.field import Field, Kind
from pplink.agreement.hardening import Hardening
from pplink.agreement.model import Encoding
from pplink.agreement.stats import Stats

VALUED = 10
"""Hashes of an encoding whose fields are `valued`: weights go up to 100."""

Score = Literal["none", "rounded", "exact", "graded"]
Protocol = Literal["broker_clk", "blinded_broker", "ecdh_psi", "oprf_hit", "paillier_stats"]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What a proposal takes over unless told otherwise."""

    fields: tuple[Field, ...]
    encoding: Encoding
    threshold: float
    assignment: Literal["one-to-one", "many-to-many"] = "one-to-one"
    solver: Literal["greedy", "optimal"] = "greedy"
    score: Score = "rounded"
    decimals: int = 2
    protocol: Protocol = "blinded_broker"
    measure: Literal["dice", "hamming"] = "dice"
    source: str
    """Where the numbers come from."""
    exact: Exact | None = None
    """Of `ecdh_psi`."""
    watchlist: Watchlist | None = None
    """Of `oprf_hit`; the holder is named by whoever proposes."""
    stats: Stats | None = None
    """Of `paillier_stats`; what is counted is said by whoever proposes."""


def unencoded(**own: Any) -> Preset:
    """Of a protocol that compares no encodings: what is said of those has the one value that it may have there."""
    same: dict[str, Any] = {"assignment": "many-to-many", "score": "none", "decimals": 0}
    return Preset(encoding=clk(hashes=1), threshold=1.0, **same, **own)


def clk(
    hashes: int,
    bits: int = 1024,
    variants: int | UnsetType = UNSET,
    hardening: tuple[Hardening, ...] | UnsetType = UNSET,
    floor: int | UnsetType = UNSET,
    aliases: Literal["united"] | UnsetType = UNSET,
    needs: tuple[str, ...] | UnsetType = UNSET,
) -> Encoding:
    """A filter over padded bigrams."""
    return Encoding(
        scheme="clk",
        bits=bits,
        q=2,
        hashes=hashes,
        padded=True,
        hashing="random",
        mac="hmac-sha256",
        variants=variants,
        hardening=hardening,
        floor=floor,
        aliases=aliases,
        needs=needs,
    )


def field(name: str, kind: Kind, weight: float = 1.0, *, key: str | None = None) -> Field:
    """A field that may be missing."""
    return Field(name=name, kind=kind, weight=weight, key=key or name, required=False)


def valued(name: str, kind: Kind, bits: int, *, key: str | None = None) -> Field:
    """A field that may be missing, of which a value sets so many bits, however long; with VALUED hashes."""
    return replace(field(name, kind, bits / VALUED, key=key), bits_of="value")
