"""Messages of ecdh_psi_many; SPEC.md says what each field means and which checks it must pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from protocols.masked_lists import Hello
from protocols.wire import UINT64, WORDS, Layout, Words


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Broker to unit: all hellos, nine words a unit: elements, commitment, nonce."""

    NUMBER: ClassVar[int] = 2
    STEP: ClassVar[str] = "2"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("hellos", WORDS),)

    hellos: Words


@dataclass(frozen=True, kw_only=True)
class Masked:
    """Unit to broker: a block of a unit's list, our scalar on it."""

    NUMBER: ClassVar[int] = 3
    STEP: ClassVar[str] = "3"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("owner", UINT64), ("block", UINT64), ("elements", WORDS))

    owner: int
    block: int
    elements: Words


@dataclass(frozen=True, kw_only=True)
class Passed:
    """Broker to unit: a block of another unit's list, to be masked."""

    NUMBER: ClassVar[int] = 4
    STEP: ClassVar[str] = "4"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("owner", UINT64), ("block", UINT64), ("elements", WORDS))

    owner: int
    block: int
    elements: Words


@dataclass(frozen=True, kw_only=True)
class Found:
    """Broker to unit: which elements of a block of its own list all units have, a bit each; or how many all have."""

    NUMBER: ClassVar[int] = 5
    STEP: ClassVar[str] = "6"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[Layout] = (("block", UINT64), ("bits", WORDS))

    block: int
    bits: Words


MESSAGES: dict[int, type] = {kind.NUMBER: kind for kind in (Hello, Roster, Masked, Passed, Found)}
