"""Keeper: has the secret key, sees sums under masks alone, and says which cells are large enough to be shown."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from protocols.errors import MisuseError
from protocols.paillier_stats.comparison import large, masked_counts
from protocols.paillier_stats.messages import (
    Answered,
    Asked,
    Limits,
    Masked,
    Parts,
    Roster,
    Verdict,
)
from protocols.paillier_stats.parameters import BROKER, KEEPER, Parameters
from protocols.paillier_stats.party import Member
from protocols.paillier_stats.released import pack
from protocols.primitives import paillier, ristretto
from protocols.primitives.flags import to_words
from protocols.primitives.paillier import SecretKey
from protocols.primitives.ristretto import Rows, Spread
from protocols.role import DONE, Send, Table
from protocols.wire import Words


class Keeper(Member):
    """The keeper's role."""

    def __init__(
        self,
        *,
        session: bytes,
        parameters: Parameters,
        key: SecretKey,
        seed: bytes,
        spent: set[bytes],
        spread: Spread = map,
    ) -> None:
        """key: the agreed one. seed: 32 fresh bytes. spent: marks of seeds that were used, kept by the caller.

        spread: see `ristretto`. Raises MisuseError for another key.
        """
        super().__init__(KEEPER, session, parameters, seed, spent)
        if key.modulus != parameters.modulus:
            raise MisuseError("another key than agreed")
        self._key, self._spread = key, spread
        self._totals: list[int] = []
        self._counts: list[list[int]] = []
        self._limits: Rows
        self._scalar = b""

    def on_roster(self, message: Roster) -> list[Send]:
        """Step 2."""
        self._read_roster(message)
        self._scalar = ristretto.reduced(self._secret("scalar", self.bound, 64))
        self.state = "waiting"
        return []

    def on_masked(self, message: Masked) -> list[Send]:
        """Step 5, the numbers."""
        p = self.parameters
        ciphers = paillier.from_words(p.modulus, message.ciphers)
        sizes = [p.ciphers] + [p.count_ciphers] * (p.units if p.each else 0)
        if ciphers is None or len(ciphers) != sum(sizes):
            self.fail(BROKER, "4", "C7", "another number of cipher texts than agreed, or what is none")
        plains = [paillier.decrypt(self._key, cipher) for cipher in ciphers]
        bits, at, views = p.mask_bits + 1, 0, []
        for size in sizes:
            count = min(size * p.slots, p.numbers)
            views.append(paillier.unpack(plains[at : at + size], bits, p.slots, count))
            at += size
        self._totals, self._counts = views[0], views[1:] if p.each else views
        self.state = "masked"
        return []

    def on_limits(self, message: Limits) -> list[Send]:
        """Step 5, the elements."""
        p = self.parameters
        self._limits = self._points(message.elements, p.elements, ("4", "C8"))
        counts = masked_counts(p, self._counts, self.bound, self._scalar, self._spread)
        self.state = "comparing"
        return [Send(BROKER, Asked(elements=counts.reshape(-1).view(np.uint64)))]

    def _points(self, words: Words, count: int, at: tuple[str, str]) -> Rows:
        """Elements times our scalar."""
        points = words.view(np.uint8)
        if len(points) != count * ristretto.SIZE:
            self.fail(BROKER, *at, "another number of elements than agreed")
        try:
            return ristretto.multiply(points.reshape(-1, ristretto.SIZE), self._scalar, self._spread)
        except ristretto.OutsideError:
            self.fail(BROKER, *at, "an element outside the group, or the identity")

    def on_answered(self, message: Answered) -> list[Send]:
        """Step 7."""
        p = self.parameters
        points = message.elements.view(np.uint8)
        if len(points) != p.views * p.cells * ristretto.SIZE:
            self.fail(BROKER, "6", "C11", "another number of elements than asked")
        asked = points.reshape(-1, ristretto.SIZE)
        if not all(ristretto.holds(point.tobytes()) for point in asked):
            self.fail(BROKER, "6", "C12", "an element outside the group, or the identity")
        cells = tuple(large(p, asked, self._limits).tolist())
        parts = Parts(bits_and_numbers=pack(cells, self._totals))
        self._totals, self._counts = [], []
        self.state = DONE
        return [Send(BROKER, Verdict(bits=to_words(cells))), *(Send(name, parts) for name in p.names)]

    TABLE: ClassVar[Table] = {
        ("greeting", BROKER, Roster): on_roster,
        ("waiting", BROKER, Masked): on_masked,
        ("masked", BROKER, Limits): on_limits,
        ("comparing", BROKER, Answered): on_answered,
    }
