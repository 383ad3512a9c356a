"""Messages of broker_clk; SPEC.md says what each field means and which checks it must pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from protocols.wire import UINT64, WORDS, Layout, Words


@dataclass(frozen=True, kw_only=True)
class Hello:
    """Unit to broker: what was agreed, how many rows come, what binds us to them, and a nonce."""

    NUMBER: ClassVar[int] = 1
    STEP: ClassVar[str] = "1"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("parameters", 32), ("rows", UINT64), ("commitment", 32), ("nonce", 32))

    parameters: bytes
    rows: int
    commitment: bytes
    nonce: bytes


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Broker to unit: all hellos, nine words each: rows, commitment, nonce."""

    NUMBER: ClassVar[int] = 2
    STEP: ClassVar[str] = "2"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("hellos", WORDS),)

    hellos: Words


@dataclass(frozen=True, kw_only=True)
class Encodings:
    """Unit to broker: a block of our encodings, shuffled, in the clear."""

    NUMBER: ClassVar[int] = 3
    STEP: ClassVar[str] = "3"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("block", UINT64), ("rows", WORDS))

    block: int
    rows: Words


@dataclass(frozen=True, kw_only=True)
class Hits:
    """Broker to unit: hits with one other unit, three words each: place here, place there, score."""

    NUMBER: ClassVar[int] = 4
    STEP: ClassVar[str] = "4"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("other", UINT64), ("hits", WORDS))

    other: int
    hits: Words


MESSAGES: dict[int, type] = {kind.NUMBER: kind for kind in (Hello, Roster, Encodings, Hits)}
