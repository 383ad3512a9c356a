"""Tabulation MinHash: in place of a filter, of each of many hash functions the smallest value over a record's tokens,
and of that one bit.

Smith, "Secure pseudonymisation for privacy-preserving probabilistic record linkage", Journal of Information Security
and Applications 34, 2017. The smallest values of two records are the same with the chance of their Jaccard coefficient
J (Broder 1997); one bit of them then agrees with the chance (1 + J) / 2 (Li and Koenig 2010), which the measure
`minhash` undoes. Functions are simple tabulation (Zobrist 1970; Patrascu and Thorup 2012): eight bytes of a keyed hash
of the token choose a random number each, and these are put together by exclusive or. A token that would set k bits of a
filter counts as k tokens, so that weights mean what they mean there.

Half of the bits are set whatever the record: how much it says is judged by the filter that it would have had.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pplink.encoders.bloom import fold
from pplink.encoders.mac import Mac
from pplink.fields.vocabulary import Tokens

Hashes = npt.NDArray[np.uint32]

PARTS = 8
"""Bytes of a token's key, each with a table of its own."""
NOTHING = np.uint32(0xFFFFFFFF)
"""Above every hash."""
BLOCK = 256
"""Tokens hashed at a time."""


def tables(key: bytes, bits: int) -> Hashes:
    """(PARTS, 256, bits): random numbers from the key, HMAC in counter mode."""
    count = PARTS * 256 * bits * 4 // 32
    stream = b"".join(Mac(key).digests(b"minhash" + number.to_bytes(4, "big") for number in range(count)))
    return np.frombuffer(stream, ">u4").reshape(PARTS, 256, bits).astype(np.uint32)


def smallest(found: Tokens, mac: Mac, count: Callable[[int, int], int], numbers: Hashes) -> Hashes:
    """(n, bits): of each value the smallest hashes over its tokens, NOTHING without any. count: what a token with this
    share of a whole counts as; numbers: `tables`."""
    words, counts, ids = found.counted(count)
    hashes = np.empty((len(words), numbers.shape[2]), np.uint32)
    for each in np.unique(counts).tolist():
        some = np.flatnonzero(counts == each)
        hashes[some] = _of(mac, [found.vocabulary[word] for word in words[some].tolist()], each, numbers)
    return fold(hashes, ids, found.offsets, join=np.minimum, empty=int(NOTHING))


def lowest_bits(hashes: Hashes) -> npt.NDArray[np.uint64]:
    """(n, bits / 64): the lowest bit of each."""
    packed = np.packbits((hashes & 1).astype(np.uint8), axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(np.uint64)


def _of(mac: Mac, tokens: Sequence[bytes], count: int, numbers: Hashes) -> Hashes:
    """(n, bits): the smallest over each token's `count` keys."""
    found = np.full((len(tokens), numbers.shape[2]), NOTHING, np.uint32)
    for start in range(0, len(tokens), BLOCK):
        part = tokens[start : start + BLOCK]
        keys = _keys(mac, part, count)
        for turn in range(count):
            hashed = numbers[0, keys[:, turn, 0]]
            for place in range(1, PARTS):
                hashed ^= numbers[place, keys[:, turn, place]]
            np.minimum(found[start : start + BLOCK], hashed, out=found[start : start + BLOCK])
    return found


def _keys(mac: Mac, tokens: Sequence[bytes], count: int) -> npt.NDArray[np.uint8]:
    """(n, count, PARTS): bytes of HMAC(0 || token), HMAC(1 || token) ..., as `positions` has them."""
    blocks = [block.to_bytes(4, "big") for block in range(-(-count * PARTS // 32))]
    digests = b"".join(mac.digests(block + token for token in tokens for block in blocks))
    return np.frombuffer(digests, np.uint8).reshape(len(tokens), -1, PARTS)[:, :count]
