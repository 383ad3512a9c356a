"""Positions: which bits a token sets. Drawn independently of each other; depends on the key and the token alone."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pplink.encoders.mac import Mac

_DRAWS = 1 << 32
IN_BLOCK = 8
"""Draws in one HMAC."""


def positions(mac: Mac, token: bytes, count: int, bits: int) -> list[int]:
    """`count` draws from 0 to `bits` - 1; two may coincide, as in any Bloom filter.

    Draw after draw is read as 32 bits, big-endian, from HMAC(0 || token), HMAC(1 || token) ..., the block number
    in 4 bytes big-endian. A draw at or above the greatest multiple of `bits` is thrown away, so no position is
    likelier than another. Independent draws (random hashing: Schnell and Borgs 2016) in place of double
    hashing, whose positions lie on a line: Niedermeyer, Steinmetzer, Kroll and Schnell (2014) read names off
    those lines.
    """
    limit = _DRAWS - _DRAWS % bits
    drawn: list[int] = []
    block = 0
    while len(drawn) < count:
        digest = mac.digest(block.to_bytes(4, "big") + token)
        drawn += [number % bits for number in struct.unpack(">8I", digest) if number < limit]
        block += 1
    return drawn[:count]


def positions_all(mac: Mac, tokens: Sequence[bytes], count: int, bits: int) -> npt.NDArray[np.uint32]:
    """(n, count): as `positions`, of every token. Only tokens with a draw thrown away go one at a time."""
    blocks = [block.to_bytes(4, "big") for block in range(-(-count // IN_BLOCK))]
    digests = b"".join(mac.digests(block + token for token in tokens for block in blocks))
    draws = np.frombuffer(digests, ">u4").reshape(len(tokens), len(blocks) * IN_BLOCK)
    drawn: npt.NDArray[np.uint32] = draws[:, :count].astype(np.uint32) % np.uint32(bits)
    highest = _DRAWS - _DRAWS % bits - 1
    for row in np.flatnonzero((draws > highest).any(axis=1)).tolist():
        drawn[row] = positions(mac, tokens[row], count, bits)
    return drawn
