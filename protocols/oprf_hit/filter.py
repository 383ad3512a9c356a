"""Filter: the list as a set of short numbers, as it travels: Golomb-Rice coded (Golomb 1966, Rice 1979), as in BIP 158.

A value is cut from a digest of the OPRF's output and of what the run is bound to, so nobody without the
holder's answer can compute one, and two sessions' filters have nothing in common.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from protocols.oprf_hit.oprf import OUTPUT, Outputs
from protocols.primitives.compiled import given, kernel
from protocols.primitives.hashing import PREFIX
from protocols.primitives.stream import OneTimeStream

Values = npt.NDArray[np.uint64]
"""(n,): numbers; in a filter rising and none twice."""
Words = npt.NDArray[np.uint64]


def values(outputs: Outputs, bound: bytes, bits: int) -> Values:
    """(n,): the lowest bits of digest("oprf_hit value", bound, output) of each output, read little-endian."""
    started = hashlib.sha256()
    for part in (PREFIX + b"oprf_hit value", bound):
        started.update(len(part).to_bytes(8, "little") + part)
    started.update(OUTPUT.to_bytes(8, "little"))
    data = np.ascontiguousarray(outputs).tobytes()
    found = b"".join(_eight(started.copy(), data[at : at + OUTPUT]) for at in range(0, len(data), OUTPUT))
    return np.frombuffer(found, "<u8") & np.uint64((1 << bits) - 1)


def _eight(told: hashlib._Hash, output: bytes) -> bytes:
    told.update(output)
    return told.digest()[:8]


def among(numbers: Values | np.uint64, rising: Values) -> npt.NDArray[np.bool_]:
    """(n,): which numbers, (n,), are among rising ones."""
    if not len(rising):
        return np.zeros(np.shape(numbers), bool)
    at = np.minimum(np.searchsorted(rising, numbers), len(rising) - 1)
    return np.equal(rising[at], numbers)


def fresh(
    random: OneTimeStream, rounds: Iterator[int], count: int, bits: int, taken: Sequence[Values]
) -> Values:
    """(count,): numbers that are in none of `taken`, each rising, in the order in which they come.

    A round takes as many words of the stream's next run as are missing, and drops what is taken or came before.
    """
    found = np.zeros(0, np.uint64)
    while (missing := count - len(found)) > 0:
        drawn = random.words(next(rounds), missing) & np.uint64((1 << bits) - 1)
        drawn = drawn[np.sort(np.unique(drawn, return_index=True)[1])]
        for rising in (*taken, np.sort(found)):
            drawn = drawn[~among(drawn, rising)]
        found = np.concatenate((found, drawn))
    return found


def rest_bits(bits: int, count: int) -> int:
    """Of how many bits the rest of a gap is, where `count` numbers of `bits` bits lie: log2 of the mean gap, down."""
    return ((1 << bits) // count).bit_length() - 1


def most_words(bits: int, least: int, most: int, chunk: int) -> int:
    """Words that a chunk of a filter of `least` to `most` numbers may have.

    The highest bits of all gaps of a filter of n numbers add up to 2 n at most.
    """
    return -(-(min(chunk, most) * (rest_bits(bits, least) + 1) + (1 << (bits - rest_bits(bits, most)))) // 64)


def encode(numbers: Values, below: int, rest: int) -> Words:
    """(words,): a chunk of rising numbers, as under "The filter" in SPEC.md. numbers: (n,). below: the one before the
    first, or -1. rest: bits of a gap that stand as they are."""
    gaps = np.diff(np.concatenate(([below], numbers.astype(np.int64)))) - 1
    size = int((gaps >> rest).sum()) + len(gaps) * (rest + 1)
    words = np.zeros(-(-size // 64), np.uint64)
    _write(given(gaps), rest, words)
    return words


def decode(words: Words, count: int, below: int, rest: int, bits: int) -> Values | None:
    """(count,): the numbers of a chunk; None if the words are no such chunk, to the last bit."""
    found = np.empty(count, np.uint64)
    used = _read(given(words), below, rest, 1 << bits, found)
    if used < 0 or len(words) != -(-used // 64) or (used % 64 and words[-1] >> np.uint64(used % 64)):
        return None
    return found


@kernel
def _write(gaps: npt.NDArray[np.int64], rest: int, words: Words) -> None:
    at = 0
    for gap in gaps:
        for _ in range(gap >> rest):
            words[at >> 6] |= np.uint64(1) << np.uint64(at & 63)
            at += 1
        at += 1
        for bit in range(rest):
            words[at >> 6] |= np.uint64((gap >> bit) & 1) << np.uint64(at & 63)
            at += 1


@kernel
def _read(words: Words, below: int, rest: int, top: int, found: Values) -> int:
    """Bits read; -1 if they end too early, or a number is not below top."""
    at, size, number = 0, 64 * len(words), below
    for n in range(len(found)):
        high = 0
        while at < size and (words[at >> 6] >> np.uint64(at & 63)) & np.uint64(1):
            high += 1
            at += 1
        if at + 1 + rest > size or high > top >> rest:
            return -1
        at += 1
        gap = high << rest
        for bit in range(rest):
            gap |= int((words[at >> 6] >> np.uint64(at & 63)) & np.uint64(1)) << bit
            at += 1
        if gap >= top - number - 1:
            return -1
        number += 1 + gap
        found[n] = number
    return at
