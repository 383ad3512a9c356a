"""The kernel of the GPU backend; imported only where there is a device, as loading CUDA takes time."""

from __future__ import annotations

from typing import Any

from numba import cuda, uint64

SIDE = 16
"""Probes and partners of a block, and words of a row that it looks at together: one of each a thread."""
SHARED = (SIDE, SIDE + 1)
"""Rows and words in shared memory; one word more than is used, so that no two threads meet in a bank."""


@cuda.jit  # type: ignore[untyped-decorator]
def meet(
    probes: Any, ones: Any, first: int, last: int,
    partners: Any, others: Any, begin: int, end: int,
    start: Any, stop: Any, reach: Any, product: bool, many: Any,
    probe_out: Any, partner_out: Any, common_out: Any,
) -> None:  # fmt: skip
    """Count the bits in common of probes [first, last) and partners [begin, end), and give those that match.

    A block copies words of its rows into shared memory, each once for all who need it. many: (1,) int64, gets
    the number of matches; the first of them, as many as there is room for, go to the three columns.
    """
    one = cuda.shared.array(SHARED, uint64)
    two = cuda.shared.array(SHARED, uint64)
    column, row = cuda.threadIdx.x, cuda.threadIdx.y
    probe, partner = first + cuda.blockIdx.y * SIDE + row, begin + cuda.blockIdx.x * SIDE + column
    other = begin + cuda.blockIdx.x * SIDE + row
    words, common = probes.shape[1], 0
    for base in range(0, words, SIDE):
        word = base + column
        one[row, column] = probes[probe, word] if probe < last and word < words else uint64(0)
        two[row, column] = partners[other, word] if other < end and word < words else uint64(0)
        cuda.syncthreads()
        for at in range(SIDE):
            common += cuda.popc(one[row, at] & two[column, at])
        cuda.syncthreads()
    if probe < last and partner < end and start[probe] <= partner and partner < stop[probe]:
        a, b = ones[probe], others[partner]
        key = a * b if product else a + b
        if key <= reach[common]:
            place = cuda.atomic.add(many, 0, 1)
            if place < probe_out.shape[0]:
                probe_out[place], partner_out[place], common_out[place] = probe, partner, common
