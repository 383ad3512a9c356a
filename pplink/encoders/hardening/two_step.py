"""Two-step hash: each hash function has a row of its own, and each column of these rows is hashed to one number.

Ranbaduge, Christen and Schnell, "Secure and accurate two-step hash encoding for privacy-preserving record linkage",
PAKDD 2020. The first step makes a Bloom filter of one hash function for each row of a table; the second makes of every
column that is not empty a number by a keyed hash of the column's place and bits, so that a single bit of the filter is
never seen. A record is the set of its numbers, compared by the Jaccard coefficient; here numbers are places among
`bits`, and the Dice coefficient orders pairs as Jaccard's does (d = 2 j / (1 + j)). With few bits numbers coincide.

Parameters: `functions` rows of the table, the filter's `bits` over `functions` columns. More functions hide more and
make two spellings of a name share fewer columns.
"""

from __future__ import annotations

import numpy as np

from pplink.agreement.hardening import TwoStep
from pplink.encoders.hardening.packing import BitRows, Bits, by_bits
from pplink.encoders.mac import Mac
from pplink.encoders.positions import positions_all


def apply(rows: BitRows, way: TwoStep, key: bytes) -> BitRows:
    """(n, way.bits / 64). Bit f * columns + c of a filter is row f, column c of its table."""
    mac = Mac(key)

    def change(bits: Bits) -> Bits:
        columns = bits.shape[1] // way.functions
        codes = np.zeros((len(bits), columns), np.uint64)
        for turn in range(way.functions):
            codes |= bits[:, turn * columns : (turn + 1) * columns].astype(np.uint64) << np.uint64(turn)
        row, column = np.nonzero(codes)
        seen = np.stack((column.astype(np.uint64), codes[row, column]), axis=1)
        kinds, which = np.unique(seen, axis=0, return_inverse=True)
        tokens = [kind.astype(">u8").tobytes() for kind in kinds]
        shown = np.zeros((len(bits), way.bits), np.uint8)
        if tokens:
            shown[row, positions_all(mac, tokens, 1, way.bits)[:, 0][which.ravel()]] = 1
        return shown

    return by_bits(rows, way.bits, change)
