"""Strings: a column of byte strings as two arrays, the form that all vectorised paths work on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Offsets = npt.NDArray[np.int64]

BLOCK = 1 << 13
"""Strings worked on at a time where what is made of them is wider than they are."""

_FACTORS = np.array([0x9E3779B97F4A7C15 ** (2 * i + 1) % (1 << 64) for i in range(8)], np.uint64)
"""Odd and far apart, so that two texts seldom have the same sum; nothing depends on it but time."""
_FIRST = np.array([(1 << 8 * i) - 1 for i in range(9)], "<u8")
"""The first i bytes of a word of eight."""


class Strings(msgspec.Struct, frozen=True, kw_only=True):
    """n byte strings, end to end."""

    data: Bytes
    """All bytes; string i is data[offsets[i]:offsets[i + 1]]."""
    offsets: Offsets
    """(n + 1,), rising from 0 to len(data)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Offsets:
        """(n,) bytes in each string."""
        return np.diff(self.offsets)

    @property
    def starts(self) -> Bools:
        """(len(data),): whether the byte is the first of its string."""
        return _marks(self.offsets[:-1][self.lengths > 0], len(self.data))

    @property
    def ends(self) -> Bools:
        """(len(data),): whether the byte is the last of its string."""
        return _marks(self.offsets[1:][self.lengths > 0] - 1, len(self.data))

    @property
    def digits(self) -> Bools:
        """(len(data),): whether the byte is a digit, 0 to 9."""
        return self.data - np.uint8(ord("0")) < 10

    def keeping(self, keep: Bools) -> Strings:
        """The bytes marked in `keep`, (len(data),); there are as many strings as before."""
        kept = np.zeros(len(keep) + 1, np.int64)
        np.cumsum(keep, out=kept[1:])
        return Strings(data=self.data[keep], offsets=kept[self.offsets])

    def mapped(self, table: bytes) -> Strings:
        """Each byte through a table of 256."""
        return Strings(
            data=np.frombuffer(self.data.tobytes().translate(table), np.uint8), offsets=self.offsets
        )

    def holds(self, marked: Bools) -> Bools:
        """(n,): whether any byte of the string is marked in `marked`, (len(data),)."""
        hits = np.zeros(len(self), np.bool_)
        hits[np.searchsorted(self.offsets, np.flatnonzero(marked), side="right") - 1] = True
        return hits

    def blanking(self, blank: Bools) -> Strings:
        """The same strings, empty where `blank`, (n,), says so."""
        if not blank.any():
            return self
        return self.keeping(np.repeat(~blank, self.lengths))

    @property
    def common(self) -> bytes | None:
        """What every string is; None if two differ, or there are none."""
        sizes = self.lengths
        if not len(sizes) or (sizes != sizes[0]).any():
            return None
        rows = self.data.reshape(len(sizes), sizes[0])
        return rows[0].tobytes() if (rows == rows[0]).all() else None

    @property
    def differ(self) -> bool:
        """Whether all strings differ, as sums over their words of eight bytes tell sooner than looking for equal ones
        would. Where two sums are the same, or strings are long, False: then it is not known."""
        sizes, sums = self.lengths, np.zeros(len(self), np.uint64)
        words = -(-int(sizes.max(initial=0)) // 8)
        if words > len(_FACTORS):
            return False
        end = np.zeros(8 * words + 8, np.uint8)
        for start in range(0, len(self), BLOCK):
            part, edges = slice(start, start + BLOCK), self.offsets[start : start + BLOCK + 1]
            eights = sliding_window_view(np.append(self.data[edges[0] : edges[-1]], end), 8)
            for word in range(words):
                cells = eights[edges[:-1] - edges[0] + 8 * word].view("<u8")[:, 0]
                sums[part] += (cells & _FIRST[np.clip(sizes[part] - 8 * word, 0, 8)]) * _FACTORS[word]
        sums.sort()
        return bool((sums[1:] != sums[:-1]).all())

    def to_list(self) -> list[bytes]:
        """One bytes object a string. Where none holds a NUL they are cut at NULs put between: a fifth of the time."""
        if not self.data.all():
            whole, edges = self.data.tobytes(), self.offsets.tolist()
            return [whole[start:end] for start, end in pairwise(edges)]
        inside = np.ones(len(self.data) + len(self), np.bool_)
        inside[self.offsets[1:] + np.arange(len(self))] = False
        spaced = np.zeros(len(inside), np.uint8)
        spaced[inside] = self.data
        return spaced.tobytes().split(b"\0")[:-1]


def from_list(values: Sequence[bytes]) -> Strings:
    """Byte strings as arrays."""
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum([len(value) for value in values], out=offsets[1:])
    return Strings(data=np.frombuffer(b"".join(values), np.uint8), offsets=offsets)


def from_arrow(column: Any) -> Strings:
    """A pyarrow string or large_string array as UTF-8 bytes, not copied where possible; a null has none."""
    wide = str(column.type).startswith("large")
    _, edges, data = column.buffers()
    width = np.dtype(np.int64 if wide else np.int32)
    if len(column) == 0 or edges is None:
        return Strings(data=np.zeros(0, np.uint8), offsets=np.zeros(len(column) + 1, np.int64))
    offsets = np.frombuffer(edges, width, len(column) + 1, column.offset * width.itemsize).astype(np.int64)
    whole = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    return Strings(data=whole[offsets[0] : offsets[-1]], offsets=offsets - offsets[0])


def stripped(values: Strings) -> Strings:
    """Without ASCII white space at either end."""
    white = (values.data == ord(" ")) | (values.data - np.uint8(9) < 5)
    if not white.any():
        return values
    solid = ~white
    seen = np.zeros(len(solid) + 1, np.int64)
    np.cumsum(solid, out=seen[1:])
    first, last = seen[values.offsets[:-1]], seen[values.offsets[1:]]
    inside = np.repeat(first, values.lengths) < seen[1:]
    return values.keeping(inside & (seen[:-1] < np.repeat(last, values.lengths)))


def _marks(where: Offsets, size: int) -> Bools:
    marks = np.zeros(size, np.bool_)
    marks[where] = True
    return marks
