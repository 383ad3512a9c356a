"""Messages of blinded_broker; SPEC.md says what each field means and which checks it must pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from protocols.wire import UINT64, WORDS, Layout, Words


@dataclass(frozen=True, kw_only=True)
class Hello:
    """Unit to all: what I bring."""

    NUMBER: ClassVar[int] = 1
    STEP: ClassVar[str] = "1"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("parameters", 32), ("rows", UINT64), ("commitment", 32), ("nonce", 32))

    parameters: bytes
    rows: int
    commitment: bytes
    nonce: bytes


@dataclass(frozen=True, kw_only=True)
class Seed:
    """Dealer to a unit: what its share of the correlated randomness grows from."""

    NUMBER: ClassVar[int] = 2
    STEP: ClassVar[str] = "2"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("binding", 32), ("seed", 32))

    binding: bytes
    seed: bytes


@dataclass(frozen=True, kw_only=True)
class Records:
    """Unit to unit: a block of my records, masked."""

    NUMBER: ClassVar[int] = 3
    STEP: ClassVar[str] = "3"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("block", UINT64), ("planes", WORDS))

    block: int
    planes: Words


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Bob to the dealer: deal for this tile."""

    NUMBER: ClassVar[int] = 4
    STEP: ClassVar[str] = "4"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64),)

    tile: int


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """Dealer to Bob: his half of the tile's randomness, as far as it does not grow from his seed."""

    NUMBER: ClassVar[int] = 5
    STEP: ClassVar[str] = "5"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("planes", WORDS))

    tile: int
    planes: Words


@dataclass(frozen=True, kw_only=True)
class BobShare:
    """Bob to Alice: his summand of the masked z."""

    NUMBER: ClassVar[int] = 6
    STEP: ClassVar[str] = "6"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("planes", WORDS))

    tile: int
    planes: Words


@dataclass(frozen=True, kw_only=True)
class AliceShare:
    """Alice to Bob: her summand, and her shares of the masked values that join the digits."""

    NUMBER: ClassVar[int] = 7
    STEP: ClassVar[str] = "7"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("planes", WORDS))

    tile: int
    planes: Words


@dataclass(frozen=True, kw_only=True)
class BobOpening:
    """Bob to Alice: his shares of the masked values and, if she may know, of the result."""

    NUMBER: ClassVar[int] = 8
    STEP: ClassVar[str] = "8"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("planes", WORDS))

    tile: int
    planes: Words


@dataclass(frozen=True, kw_only=True)
class AliceResult:
    """Alice to Bob: her share of the result."""

    NUMBER: ClassVar[int] = 9
    STEP: ClassVar[str] = "9"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("planes", WORDS))

    tile: int
    planes: Words


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Unit to unit: what opens the scores of the hits, one word a hit, zeros up to the quota."""

    NUMBER: ClassVar[int] = 10
    STEP: ClassVar[str] = "10"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("words", WORDS),)

    words: Words


@dataclass(frozen=True, kw_only=True)
class Misses:
    """Unit to unit in turn, with variants: my masked shares of two levels of misses, and behind the last my share of
    the result."""

    NUMBER: ClassVar[int] = 11
    STEP: ClassVar[str] = "11"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("number", UINT64), ("planes", WORDS))

    tile: int
    number: int
    planes: Words


@dataclass(frozen=True, kw_only=True)
class Places:
    """Unit to unit, with paired blocks: how full mine are, as far as the other may know."""

    NUMBER: ClassVar[int] = 12
    STEP: ClassVar[str] = "3a"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("words", WORDS),)

    words: Words


@dataclass(frozen=True, kw_only=True)
class Names:
    """Unit to unit, with paired blocks: my person of each hit, one word a hit, zeros up to the openings."""

    NUMBER: ClassVar[int] = 13
    STEP: ClassVar[str] = "9a"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("words", WORDS),)

    words: Words


@dataclass(frozen=True, kw_only=True)
class Toss:
    """Alice to Bob, with sets: a commitment to my half of a tile's coin."""

    NUMBER: ClassVar[int] = 14
    STEP: ClassVar[str] = "4a"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("commitment", 32))

    tile: int
    commitment: bytes


@dataclass(frozen=True, kw_only=True)
class Sets:
    """Dealer to both units, with sets: the marks of a tile's sets."""

    NUMBER: ClassVar[int] = 15
    STEP: ClassVar[str] = "4b"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("marks", WORDS))

    tile: int
    marks: Words


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Bob to Alice, with sets: which sets I was told of, and my half of the coin."""

    NUMBER: ClassVar[int] = 16
    STEP: ClassVar[str] = "4c"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("sets", 32), ("nonce", 32))

    tile: int
    sets: bytes
    nonce: bytes


@dataclass(frozen=True, kw_only=True)
class Coin:
    """Alice to Bob, with sets: which I was told of, my half of the coin, and my seeds of all sets but the drawn one."""

    NUMBER: ClassVar[int] = 17
    STEP: ClassVar[str] = "4d"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("sets", 32), ("nonce", 32), ("seeds", WORDS))

    tile: int
    sets: bytes
    nonce: bytes
    seeds: Words


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Bob to Alice, with sets: my seeds of all sets but the drawn one."""

    NUMBER: ClassVar[int] = 18
    STEP: ClassVar[str] = "4e"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("seeds", WORDS))

    tile: int
    seeds: Words


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Bob to the dealer, with sets: which was drawn."""

    NUMBER: ClassVar[int] = 19
    STEP: ClassVar[str] = "4f"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("tile", UINT64), ("which", UINT64))

    tile: int
    which: int


MESSAGES: dict[int, type] = {
    kind.NUMBER: kind
    for kind in (
        Hello,
        Seed,
        Records,
        Ask,
        Corrections,
        BobShare,
        AliceShare,
        BobOpening,
        AliceResult,
        Scores,
        Misses,
        Places,
        Names,
        Toss,
        Sets,
        Answer,
        Coin,
        Opened,
        Choice,
    )
}
