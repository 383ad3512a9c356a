"""Trial: a short real run of a protocol, all its roles in this process, with its processor time and its bytes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pplink.session.driver import NUMBER
from protocols.loopback import run
from protocols.role import Frame, Role

REPEATS = 2
SESSION = bytes(32)
"""Of trials alone: what goes in them goes nowhere."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What an estimate is for."""

    rows: int
    """Records of one unit; of oprf_hit, on the list."""
    other: int
    """Of the other."""
    cells: int = 64
    """Of a table that is added up."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One part of what a protocol takes."""

    what: str
    """The whole, or such as a query."""
    seconds: float
    """Of one processor core, all roles together."""
    bytes: int
    """That go between all parties, before they are sealed."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a trial took."""

    seconds: float
    bytes: int
    by_message: Mapping[int, int]
    """The same bytes by the message's number."""


def seed(name: str) -> bytes:
    """32 bytes, of trials alone."""
    return name.encode().ljust(32, b".")


def timed(act: Callable[[], object], repeats: int) -> float:
    """Processor seconds of this process, the least of so many: what else the machine does only adds, and so does
    what is made ready at the first."""
    found = []
    for _ in range(repeats):
        began = time.process_time()
        act()
        found.append(time.process_time() - began)
    return min(found)


def beyond(more: float, once: float) -> float:
    """Seconds of what a longer trial does beyond a shorter one; all of the longer where noise hides the difference."""
    return more - once if more > once else more


def spent(make: Callable[[], Sequence[Role]], repeats: int | None = None) -> Spent:
    """Run fresh roles to the end, `REPEATS` times unless it is said how often."""
    sizes, times = Counter[int](), REPEATS if repeats is None else repeats

    def counted(frame: Frame) -> tuple[Frame]:
        sizes[int.from_bytes(frame.data[NUMBER], "little")] += len(frame.data)
        return (frame,)

    ready = iter([make() for _ in range(times)])
    seconds = timed(lambda: run(next(ready), network=counted, keep=False), times)
    each = {number: size // times for number, size in sizes.items()}
    return Spent(seconds=seconds, bytes=sum(each.values()), by_message=each)
