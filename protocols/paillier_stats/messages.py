"""Messages of paillier_stats; SPEC.md says what each field means and which checks it must pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from protocols.wire import WORDS, Layout, Words


@dataclass(frozen=True, kw_only=True)
class Hello:
    """Unit or keeper to broker: what was agreed, what binds a unit to its table, and a nonce."""

    NUMBER: ClassVar[int] = 1
    STEP: ClassVar[str] = "1"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("parameters", 32), ("commitment", 32), ("nonce", 32))

    parameters: bytes
    commitment: bytes
    nonce: bytes


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Broker to all: all hellos, eight words each: commitment, nonce."""

    NUMBER: ClassVar[int] = 2
    STEP: ClassVar[str] = "2"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("hellos", WORDS),)

    hellos: Words


@dataclass(frozen=True, kw_only=True)
class Table:
    """Unit to broker: its table under the keeper's key."""

    NUMBER: ClassVar[int] = 3
    STEP: ClassVar[str] = "3"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("ciphers", WORDS),)

    ciphers: Words


@dataclass(frozen=True, kw_only=True)
class Masked:
    """Broker to keeper: sums of tables, each number under a mask."""

    NUMBER: ClassVar[int] = 4
    STEP: ClassVar[str] = "4"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("ciphers", WORDS),)

    ciphers: Words


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Broker to keeper: what masked counts are if they are small, as elements times the broker's scalar."""

    NUMBER: ClassVar[int] = 5
    STEP: ClassVar[str] = "4"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("elements", WORDS),)

    elements: Words


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Keeper to broker: masked counts, as elements times the keeper's scalar."""

    NUMBER: ClassVar[int] = 6
    STEP: ClassVar[str] = "5"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("elements", WORDS),)

    elements: Words


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Broker to keeper: these elements times the broker's scalar too."""

    NUMBER: ClassVar[int] = 7
    STEP: ClassVar[str] = "6"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("elements", WORDS),)

    elements: Words


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Keeper to broker: which cells are released, a bit each."""

    NUMBER: ClassVar[int] = 8
    STEP: ClassVar[str] = "7"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("bits", WORDS),)

    bits: Words


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Keeper to unit: which cells are released, and their masked numbers."""

    NUMBER: ClassVar[int] = 9
    STEP: ClassVar[str] = "7"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("bits_and_numbers", WORDS),)

    bits_and_numbers: Words


@dataclass(frozen=True, kw_only=True)
class Masks:
    """Broker to unit: which cells are released, and their masks."""

    NUMBER: ClassVar[int] = 10
    STEP: ClassVar[str] = "8"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("bits_and_masks", WORDS),)

    bits_and_masks: Words


MESSAGES: dict[int, type] = {
    kind.NUMBER: kind
    for kind in (Hello, Roster, Table, Masked, Limits, Asked, Answered, Verdict, Parts, Masks)
}
