"""Decoys: encodings of nobody, that hide how many variants a person has."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.encoders.bloom import BitRows
from pplink.encoders.variants import Numbers, filled

BLOCK = 1024
"""Decoys made at a time."""


def padded(rows: BitRows, record: Numbers, count: int) -> BitRows:
    """(records * count, words): each record's encodings and, up to `count`, decoys, in an order that tells nothing.

    rows: (n, words), at most `count` a record; record: (n,), 0 to records - 1, each at least once. A decoy has as many
    bits as one of its record's encodings and half of them, the same half for all its decoys, as names of one birth
    date have; the rest lie anywhere.
    """
    records = int(record.max()) + 1 if len(record) else 0
    held = np.bincount(record, minlength=records)
    made = filled(rows, record, count).reshape(records, count, rows.shape[1])
    missing = np.arange(count) >= held[:, None]
    which, at = np.nonzero(missing)
    halves = _random((records, rows.shape[1]))
    for start in range(0, len(which), BLOCK):
        part = slice(start, start + BLOCK)
        model = made[which[part], at[part] % held[which[part]]]
        made[which[part], at[part]] = _decoys(model, halves[which[part]])
    shuffled = np.argsort(_random((records, count)), axis=1)
    return np.take_along_axis(made, shuffled[:, :, None], axis=1).reshape(records * count, -1)


def _decoys(models: BitRows, halves: BitRows) -> BitRows:
    """(n, words): as many bits as each model has, those of the half and others at random."""
    made = models & halves
    wanted = np.bitwise_count(models).sum(axis=1, dtype=np.int64)
    _fill(made, wanted, _random((len(made), 32 * made.shape[1]), np.uint16))
    return made


@kernel
def _fill(rows: BitRows, wanted: Numbers, lots: npt.NDArray[np.uint16]) -> None:
    """Set bits of each row till `wanted` are, by lot; when lots run out, the next free ones."""
    bits = 64 * rows.shape[1]
    for row in range(len(rows)):
        held = 0
        for place in range(bits):
            held += (rows[row, place // 64] >> np.uint64(place % 64)) & np.uint64(1)
        turn = place = 0
        while held < wanted[row]:
            place = np.int64(lots[row, turn]) % bits if turn < lots.shape[1] else (place + 1) % bits
            turn += 1
            mark = np.uint64(1) << np.uint64(place % 64)
            if not rows[row, place // 64] & mark:
                rows[row, place // 64] |= mark
                held += 1


def _random(shape: tuple[int, ...], kind: type[np.uint64 | np.uint16] = np.uint64) -> npt.NDArray[Any]:
    """From the system's source: what decoys are like must not be foreseen."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    return np.frombuffer(secrets.token_bytes(size), kind).reshape(shape)
