"""Bob: has numbers to his items, shows them under his key alone, and decrypts nothing but their sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from protocols.ecdh_psi_sum.messages import Added, Masked, Returned, Told, Valued
from protocols.ecdh_psi_sum.parameters import ALICE, BOB, Parameters
from protocols.ecdh_psi_sum.result import Sums
from protocols.ecdh_psi_sum.unit import Unit
from protocols.errors import MisuseError
from protocols.masked_lists import Hello
from protocols.primitives import paillier, ristretto
from protocols.primitives.masking import words
from protocols.primitives.paillier import SecretKey
from protocols.primitives.ristretto import Rows, Spread
from protocols.role import DONE, Send, Table

Numbers = tuple[int, ...]


class Bob(Unit):
    """Bob's role."""

    NAME, PEER = BOB, ALICE

    def __init__(
        self,
        *,
        session: bytes,
        parameters: Parameters,
        items: Sequence[tuple[bytes, Sequence[int]]],
        key: SecretKey,
        seed: bytes,
        spent: set[bytes],
        spread: Spread = map,
    ) -> None:
        """items: normalised keys of persons, in any order, each with its numbers, from 0 below 2**bits; of equal keys
        the numbers are added up. key: the agreed one. The others as Alice's.

        Raises MisuseError for more items than agreed, numbers that do not fit, or another key.
        """
        if key.modulus != parameters.modulus:
            raise MisuseError("another key than agreed")
        self._values = _values(parameters, items)
        super().__init__(
            session=session,
            parameters=parameters,
            different=tuple(self._values),
            seed=seed,
            spent=spent,
            spread=spread,
        )
        self._key = key
        self.result: Sums | None = None

    def _bound_to(self) -> bytes:
        rows = sorted(self._values.items())
        return b"".join(
            len(item).to_bytes(8, "little") + item + b"".join(each.to_bytes(8, "little") for each in numbers)
            for item, numbers in rows
        )

    def _list(self, rows: Rows) -> list[Send]:
        p = self.parameters
        plains = paillier.pack([n for each in self._values.values() for n in each], p.slot, p.sums)
        plains += [0] * (self._size - len(plains))
        random = paillier.nonces(self._secret("nonces"), p.modulus, self._size)
        ciphers = [
            paillier.encrypt_own(self._key, plains[place], each)
            for place, each in zip(self._order.tolist(), random, strict=True)
        ]
        texts = paillier.to_words(p.modulus, ciphers).reshape(self._size, -1)
        both = np.concatenate((rows.view(np.uint64), texts), axis=1)
        return [
            Send(ALICE, Valued(block=n, rows=both[at : at + p.block].reshape(-1)))
            for n, at in self._starts(self._size)
        ]

    def on_masked(self, message: Masked) -> list[Send]:
        """Step 3."""
        size = self._due(message.block, len(self._theirs), self._expected, "2", "C4")
        if len(message.elements) != size * ristretto.SIZE // 8:
            self.fail(ALICE, "2", "C5", "another number of elements than the block has")
        self._take(message.elements)
        if not self._all_theirs():
            return []
        tags, block = np.sort(np.concatenate(self._theirs)), self.parameters.block
        self.state = "waiting"
        return [
            Send(ALICE, Returned(block=n, tags=words(tags[at : at + block])))
            for n, at in self._starts(self._expected)
        ]

    def on_added(self, message: Added) -> list[Send]:
        """Steps 4 and 5."""
        p = self.parameters
        if message.size == 0 and not len(message.cipher):
            self.result, self.state = Sums(size=None, sums=None), DONE
            return []
        ciphers = paillier.from_words(p.modulus, message.cipher) or []
        fits = p.least <= message.size <= min(self._size, self._expected, p.quota)
        if not fits or len(ciphers) != 1:
            self.fail(ALICE, "4", "C12", "a size that cannot be, or no cipher text to it")
        plain = paillier.decrypt(self._key, ciphers[0])
        sums = tuple(paillier.unpack((plain,), p.slot, p.sums, p.sums))
        if plain >> p.slot * p.sums or max(sums) > p.most(message.size):
            self.fail(ALICE, "4", "C13", "what no sum can be")
        self.result, self.state = Sums(size=message.size, sums=sums), DONE
        told = np.frombuffer(b"".join(each.to_bytes(16, "little") for each in sums), np.uint64)
        return [Send(ALICE, Told(numbers=told))] if p.reveal == "both" else []

    TABLE: ClassVar[Table] = {
        ("greeting", ALICE, Hello): Unit.on_hello,
        ("exchanging", ALICE, Masked): on_masked,
        ("waiting", ALICE, Added): on_added,
    }


def _values(p: Parameters, items: Sequence[tuple[bytes, Sequence[int]]]) -> dict[bytes, Numbers]:
    """Numbers by item, in the order in which items first come. Raises MisuseError."""
    found: dict[bytes, Numbers] = {}
    for item, numbers in items:
        if len(numbers) != p.sums or min(numbers) < 0:
            raise MisuseError("an item has another number of numbers than agreed, or one below zero")
        found[item] = tuple(map(sum, zip(found.get(item, (0,) * p.sums), map(int, numbers), strict=True)))
        if max(found[item]) >> p.bits:
            raise MisuseError("a number is larger than agreed")
    return found
