"""Alice: finds out which of Bob's elements are common, not knowing of what, and adds up their cipher texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from protocols.ecdh_psi_sum.messages import Added, Masked, Returned, Told, Valued
from protocols.ecdh_psi_sum.parameters import ALICE, BOB, ELEMENT, Parameters
from protocols.ecdh_psi_sum.result import Sums
from protocols.ecdh_psi_sum.unit import Unit
from protocols.errors import RefusedError
from protocols.masked_lists import Hello
from protocols.primitives import paillier
from protocols.primitives.masking import SIZE, Tags, read
from protocols.primitives.ristretto import Rows, Spread
from protocols.role import DONE, Send, Table


class Alice(Unit):
    """Alice's role."""

    NAME, PEER = ALICE, BOB

    def __init__(
        self,
        *,
        session: bytes,
        parameters: Parameters,
        items: Sequence[bytes],
        seed: bytes,
        spent: set[bytes],
        spread: Spread = map,
    ) -> None:
        """items: normalised keys of persons, in any order; equal ones are one.

        seed: 32 fresh random bytes. spent: marks of seeds that were used, kept by the caller for good. spread: the map
        of a pool of threads, which then share the work. Raises MisuseError for more items than agreed.
        """
        super().__init__(
            session=session,
            parameters=parameters,
            different=tuple(dict.fromkeys(items)),
            seed=seed,
            spent=spent,
            spread=spread,
        )
        self._ciphers: list[int] = []
        self._ours: list[Tags] = []
        self._size_found = 0
        self.result: Sums | None = None

    def _list(self, rows: Rows) -> list[Send]:
        return [Send(BOB, Masked(block=n, elements=block)) for n, block in self._blocks(rows)]

    def on_valued(self, message: Valued) -> list[Send]:
        """Step 3, as far as this block goes."""
        p = self.parameters
        size = self._due(message.block, len(self._theirs), self._expected, "2", "C4")
        if len(message.rows) != size * (ELEMENT + p.width):
            self.fail(BOB, "2", "C5", "another number of elements than the block has")
        rows = message.rows.reshape(size, -1)
        ciphers = paillier.from_words(p.modulus, np.ascontiguousarray(rows[:, ELEMENT:]).reshape(-1))
        if ciphers is None:
            self.fail(BOB, "2", "C7", "what is no cipher text")
        self._take(rows[:, :ELEMENT])
        self._ciphers += ciphers
        return self._add_up()

    def on_returned(self, message: Returned) -> list[Send]:
        """Step 4, as far as this block goes."""
        size = self._due(message.block, len(self._ours), self._size, "3", "C9")
        if len(message.tags) != size * SIZE // 8:
            self.fail(BOB, "3", "C10", "another number of tags than the block has")
        self._ours.append(read(message.tags))
        return self._add_up()

    def _add_up(self) -> list[Send]:
        """Step 4, once all is there."""
        p = self.parameters
        if not self._all_theirs() or sum(map(len, self._ours)) < self._size:
            return []
        ours = np.concatenate(self._ours)
        if (ours[1:] <= ours[:-1]).any():
            self.fail(BOB, "3", "C11", "a tag twice, or tags in an order that tells something")
        common = np.flatnonzero(np.isin(np.concatenate(self._theirs), ours)).tolist()
        if len(common) > p.quota:
            raise RefusedError("more common items than agreed")
        self._size_found = len(common)
        if len(common) < p.least:
            return self._ended(None, Added(size=0, cipher=np.zeros(0, np.uint64)))
        cipher = paillier.total(p.modulus, (self._fresh(), *(self._ciphers[place] for place in common)))
        added = Added(size=len(common), cipher=paillier.to_words(p.modulus, (cipher,)))
        if p.reveal != "both":
            return self._ended(None, added)
        self.state = "waiting"
        return [Send(BOB, added)]

    def _fresh(self) -> int:
        """A cipher text of 0, which hides whose cipher texts it is multiplied by."""
        modulus = self.parameters.modulus
        (random,) = paillier.nonces(self._secret("nonce of the sum"), modulus, 1)
        return paillier.encrypt(modulus, 0, random)

    def _ended(self, sums: tuple[int, ...] | None, *last: Added) -> list[Send]:
        self.result = Sums(size=self._size_found, sums=sums)
        self._ciphers = []
        self.state = DONE
        return [Send(BOB, each) for each in last]

    def on_told(self, message: Told) -> list[Send]:
        """Step 5."""
        p = self.parameters
        whole = len(message.numbers) == 2 * p.sums
        pairs = message.numbers.reshape(-1, 2).tolist() if whole else []
        numbers = tuple(low | high << 64 for low, high in pairs)
        if not whole or max(numbers) > p.most(self._size_found):
            self.fail(BOB, "5", "C14", "another number of sums, or what no sum can be")
        return self._ended(numbers)

    TABLE: ClassVar[Table] = {
        ("greeting", BOB, Hello): Unit.on_hello,
        ("exchanging", BOB, Valued): on_valued,
        ("exchanging", BOB, Returned): on_returned,
        ("waiting", BOB, Told): on_told,
    }
