"""Stream: pseudo-random words, AES-256 in counter mode (NIST SP 800-38A)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols.errors import RefusedError

Words = npt.NDArray[np.uint64]

ZEROS = np.zeros(1 << 18, np.uint8)
ZEROS.setflags(write=False)


class Stream:
    """Words under one key, in numbered runs; run n begins at counter block n * 2**64."""

    def __init__(self, key: bytes) -> None:
        self._cipher = algorithms.AES256(key)

    def __repr__(self) -> str:
        return "Stream()"

    def words(self, run: int, count: int) -> Words:
        """(count,) uint64, read-only: the start of a run."""
        start = run.to_bytes(8, "big") + bytes(8)
        cipher = Cipher(self._cipher, modes.CTR(start)).encryptor()
        room = np.empty(8 * count + 16, np.uint8)
        for at in range(0, 8 * count, len(ZEROS)):
            size = min(len(ZEROS), 8 * count - at)
            cipher.update_into(ZEROS[:size].data, room[at:].data)
        found: Words = room[: 8 * count].view(np.uint64)
        found.setflags(write=False)
        return found


class OneTimeStream(Stream):
    """A stream whose runs are masks: each may be asked for once, and only in rising order."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        self._next = 0

    def words(self, run: int, count: int) -> Words:
        """As Stream's. Raises RefusedError for a run at or before one that was given out."""
        if run < self._next:
            raise RefusedError("a mask was asked for a second time")
        self._next = run + 1
        return super().words(run, count)
