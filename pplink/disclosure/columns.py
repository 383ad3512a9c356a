"""Columns: one unit's hits, a million at a time: arrays with a row for each hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from pplink import canonical
from pplink.canonical import Json, MalformedError
from pplink.errors import UsageError
from pplink.keys.signing import NAME
from pplink.keys.strict import read_strict

HANDLE = 16
"""Bytes in a handle."""
CLUSTER = 8
"""Bytes in a cluster's id."""
Bytes: TypeAlias = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class Hits:
    """What one unit learns. n rows; sorted by handle, other unit, other handle once they are sealed."""

    handle: Bytes
    """(n, 16): the unit's own record, by a handle that only this unit can turn back."""
    units: tuple[str, ...]
    """Names of the other units."""
    unit: npt.NDArray[np.uint16]
    """(n,): the other unit, as an index into `units`."""
    other: Bytes
    """(n, 16): the other unit's record, by a handle that only that unit can turn back."""
    score: npt.NDArray[np.float64] | None
    """(n,): how alike, 0 to 1, never more than the true score; None if the agreement says yes or no only."""
    cluster: Bytes
    """(n, 8): hits with the same id belong to one person, as far as the match can tell."""

    def __post_init__(self) -> None:
        """Raise UsageError unless the columns fit together."""
        problem = _problem(self)
        if problem:
            raise UsageError(f"hits {problem}")

    def __len__(self) -> int:
        """How many hits."""
        return len(self.handle)

    def __repr__(self) -> str:
        """Without the handles."""
        return f"Hits({len(self)} with {', '.join(self.units) or 'nobody'})"

    def sorted(self) -> Hits:
        """The same hits by handle, other unit's name, other handle.

        The order a join gives is by score: kept, it would tell a unit that may learn yes or no only
        which of its hits are the strongest.
        """
        ranks = np.argsort(np.argsort(np.array(self.units, dtype=np.str_))).astype(np.uint16)
        low, high = words(self.handle)
        other_low, other_high = words(self.other)
        order = np.lexsort((other_low, other_high, ranks[self.unit], low, high))
        return self._take(order)

    def rounded(self, score: str, decimals: int, begins: Sequence[float] = ()) -> Hits:
        """As much of the scores as the agreement lets a unit learn: "none", "rounded" (down), "exact", or "graded":
        where its class begins, of classes that begin there, rising, the first at most any score."""
        if score == "none" or self.score is None:
            return replace(self, score=None)
        if score == "graded":
            return replace(self, score=graded(self.score, begins))
        return replace(self, score=round_down(self.score, decimals)) if score == "rounded" else self

    def _take(self, order: npt.NDArray[np.int64]) -> Hits:
        return replace(
            self,
            handle=self.handle[order],
            unit=self.unit[order],
            other=self.other[order],
            score=None if self.score is None else self.score[order],
            cluster=self.cluster[order],
        )


def round_down(score: npt.NDArray[np.float64], decimals: int) -> npt.NDArray[np.float64]:
    """(n,): for each score the largest number of so many decimals that is not above it; 0.29 to two stays 0.29.

    Down, so that a rounded score is never more than the true one. 0.29 * 100 is 28.99..., so the floor of
    the product alone would take a hundredth from a score that had no more than two decimals.
    """
    scale = 10.0**decimals
    steps = np.floor(score * scale)
    steps += (steps + 1) / scale <= score
    steps -= steps / scale > score
    return steps / scale


def graded(score: npt.NDArray[np.float64], begins: Sequence[float]) -> npt.NDArray[np.float64]:
    """(n,): for each score where its class begins. begins: rising; the first is at most any score."""
    bounds = np.asarray(begins, np.float64)
    found: npt.NDArray[np.float64] = bounds[np.searchsorted(bounds, score, side="right") - 1]
    return found


class _Wire(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    hits: Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
    units: list[Annotated[str, msgspec.Meta(pattern=NAME)]]
    handle: str
    unit: str
    other: str
    score: str | None
    cluster: str


def to_json(hits: Hits) -> Json:
    """Columns as base64 of their bytes, little-endian; see FORMAT.md."""
    return {
        "hits": len(hits),
        "units": list(hits.units),
        "handle": canonical.to_base64(hits.handle.tobytes()),
        "unit": canonical.to_base64(hits.unit.astype("<u2").tobytes()),
        "other": canonical.to_base64(hits.other.tobytes()),
        "score": None if hits.score is None else canonical.to_base64(hits.score.astype("<f8").tobytes()),
        "cluster": canonical.to_base64(hits.cluster.tobytes()),
    }


def from_json(value: Json) -> Hits:
    """What `to_json` wrote. Raises MalformedError for anything that is not one unit's hits."""
    wire = read_strict(value, _Wire)
    try:
        return Hits(
            handle=_rows(wire.handle, wire.hits, HANDLE),
            units=tuple(wire.units),
            unit=_rows(wire.unit, wire.hits, 2).view("<u2")[:, 0].astype(np.uint16),
            other=_rows(wire.other, wire.hits, HANDLE),
            score=None
            if wire.score is None
            else _rows(wire.score, wire.hits, 8).view("<f8")[:, 0].astype(np.float64),
            cluster=_rows(wire.cluster, wire.hits, CLUSTER),
        )
    except UsageError as error:
        raise MalformedError(error.message.removeprefix("hits ")) from None


def together(hits: Json, possible: Json | None = None) -> Json:
    """What `to_json` made of hits, and of possible hits if there may be any, as one value."""
    return hits if possible is None or not isinstance(hits, dict) else {**hits, "possible": possible}


def apart(value: Json) -> tuple[Hits, Hits | None]:
    """What `together` put together. Raises MalformedError."""
    if not (isinstance(value, dict) and "possible" in value):
        return from_json(value), None
    return from_json({key: each for key, each in value.items() if key != "possible"}), from_json(
        value["possible"]
    )


def _rows(text: str, rows: int, width: int) -> Bytes:
    return np.frombuffer(canonical.from_base64(text, rows * width), np.uint8).reshape(rows, width)


def words(rows: Bytes) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Keys for lexsort, least significant first, that order (n, 16) rows as bytes."""
    big = np.ascontiguousarray(rows).view(">u8").astype(np.uint64)
    return big[:, 1], big[:, 0]


def _problem(hits: Hits) -> str | None:
    rows = len(hits.handle)
    columns: dict[str, tuple[npt.NDArray[np.generic], tuple[int, ...], type[np.generic]]] = {
        "handle": (hits.handle, (rows, HANDLE), np.uint8),
        "unit": (hits.unit, (rows,), np.uint16),
        "other": (hits.other, (rows, HANDLE), np.uint8),
        "cluster": (hits.cluster, (rows, CLUSTER), np.uint8),
    }
    if hits.score is not None:
        columns["score"] = (hits.score, (rows,), np.float64)
    for name, (column, shape, kind) in columns.items():
        if column.shape != shape or column.dtype != kind:
            return f"have a column {name} that is not {kind.__name__} of shape {shape}"
    if len(set(hits.units)) != len(hits.units):
        return "name a unit twice"
    if rows and int(hits.unit.max()) >= len(hits.units):
        return "name a unit that is not listed"
    if hits.score is not None and not bool(np.all((hits.score >= 0) & (hits.score <= 1))):
        return "have a score that is not from 0 to 1"
    return None
