"""Crew: who makes tables and compares them: the cores of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from pplink.join.backends.interface import Part
from pplink.join.lsh.bands import Band
from pplink.join.measures import Ints
from pplink.join.rows import Counts

Advance = Callable[[float], None]
"""Told the share of a band that is done."""


class Order(NamedTuple):
    """The order of a side's rows."""

    counts: Counts
    origin: Ints
    """As in `Side`."""


class Crew(Protocol):
    """The same parts from each, but for how a table with very many matches is cut in blocks."""

    @property
    def left(self) -> Order:
        """Of left rows."""
        ...

    @property
    def right(self) -> Order:
        """Of right rows."""
        ...

    def compare(self, band: Band, begin: int, advance: Advance) -> Iterator[Part]:
        """What each table of a band finds first, from a table on; a step is a table. The tally is kept up to date."""
        ...
