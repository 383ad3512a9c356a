"""Messages of ecdh_psi_sum; SPEC.md says what each field means and which checks it must pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from protocols.masked_lists import Hello
from protocols.wire import UINT64, WORDS, Layout, Words


@dataclass(frozen=True, kw_only=True)
class Masked:
    """A block of Alice's items and dummies as elements, times her scalar, shuffled."""

    NUMBER: ClassVar[int] = 2
    STEP: ClassVar[str] = "2"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("block", UINT64), ("elements", WORDS))

    block: int
    elements: Words


@dataclass(frozen=True, kw_only=True)
class Valued:
    """A block of Bob's items and dummies, likewise, each with a cipher text of its numbers."""

    NUMBER: ClassVar[int] = 3
    STEP: ClassVar[str] = "2"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("block", UINT64), ("rows", WORDS))

    block: int
    rows: Words


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A block of Alice's elements, times Bob's scalar too, cut to 16 bytes, in an order that tells nothing."""

    NUMBER: ClassVar[int] = 4
    STEP: ClassVar[str] = "3"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("block", UINT64), ("tags", WORDS))

    block: int
    tags: Words


@dataclass(frozen=True, kw_only=True)
class Added:
    """How many items are common, and a cipher text of the sums of their numbers; zero and none if they are too few."""

    NUMBER: ClassVar[int] = 5
    STEP: ClassVar[str] = "4"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("size", UINT64), ("cipher", WORDS))

    size: int
    cipher: Words


@dataclass(frozen=True, kw_only=True)
class Told:
    """The sums, for a unit that may know."""

    NUMBER: ClassVar[int] = 6
    STEP: ClassVar[str] = "5"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("numbers", WORDS),)

    numbers: Words


MESSAGES: dict[int, type] = {kind.NUMBER: kind for kind in (Hello, Masked, Valued, Returned, Added, Told)}
