"""Messages of oprf_hit; SPEC.md says what each field means and which checks it must pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from protocols.oprf_hit.purpose import BASIS, CASE
from protocols.wire import UINT64, WORDS, Layout, Words


@dataclass(frozen=True, kw_only=True)
class AskerHello:
    """Asker to holder: what was agreed, and a nonce."""

    NUMBER: ClassVar[int] = 1
    STEP: ClassVar[str] = "1"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("parameters", 32), ("nonce", 32))

    parameters: bytes
    nonce: bytes


@dataclass(frozen=True, kw_only=True)
class HolderHello:
    """Holder to asker: what was agreed, how large the filter is, what binds the holder to its list, and a nonce."""

    NUMBER: ClassVar[int] = 2
    STEP: ClassVar[str] = "1"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("parameters", 32), ("entries", UINT64), ("commitment", 32), ("nonce", 32))

    parameters: bytes
    entries: int
    commitment: bytes
    nonce: bytes


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Holder to asker: a chunk of the filter."""

    NUMBER: ClassVar[int] = 3
    STEP: ClassVar[str] = "2"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("chunk", UINT64), ("code", WORDS))

    chunk: int
    code: Words


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Asker to holder: why, and blinded keys of one person."""

    NUMBER: ClassVar[int] = 4
    STEP: ClassVar[str] = "3"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("number", UINT64), ("case", CASE), ("basis", BASIS), ("elements", WORDS))

    number: int
    case: bytes
    basis: bytes
    elements: Words


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Holder to asker: the elements times the holder's key, and a proof that it was that key."""

    NUMBER: ClassVar[int] = 5
    STEP: ClassVar[str] = "4"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("number", UINT64), ("proof", 64), ("elements", WORDS))

    number: int
    proof: bytes
    elements: Words


@dataclass(frozen=True, kw_only=True)
class Update:
    """Holder to asker: the filter's numbers that go, then those that come."""

    NUMBER: ClassVar[int] = 6
    STEP: ClassVar[str] = "6"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("number", UINT64), ("gone", UINT64), ("numbers", WORDS))

    number: int
    gone: int
    numbers: Words


@dataclass(frozen=True, kw_only=True)
class Close:
    """Asker to holder: that was all."""

    NUMBER: ClassVar[int] = 7
    STEP: ClassVar[str] = "7"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("asked", UINT64),)

    asked: int


MESSAGES: dict[int, type] = {
    kind.NUMBER: kind for kind in (AskerHello, HolderHello, Filter, Ask, Answer, Update, Close)
}
