"""Messages of ecdh_psi; SPEC.md says what each field means and which checks it must pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from protocols.masked_lists import Hello
from protocols.wire import UINT64, WORDS, Layout, Words


@dataclass(frozen=True, kw_only=True)
class Masked:
    """A block of our items and dummies as elements, times our scalar, shuffled."""

    NUMBER: ClassVar[int] = 2
    STEP: ClassVar[str] = "2"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("block", UINT64), ("elements", WORDS))

    block: int
    elements: Words


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A block of the other's elements, times our scalar too, cut to 16 bytes."""

    NUMBER: ClassVar[int] = 3
    STEP: ClassVar[str] = "3"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("block", UINT64), ("tags", WORDS))

    block: int
    tags: Words


MESSAGES: dict[int, type] = {kind.NUMBER: kind for kind in (Hello, Masked, Returned)}
