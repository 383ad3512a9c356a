"""Holder: has the list, and answers whoever asks without learning about whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from protocols.errors import MisuseError, RefusedError
from protocols.oprf_hit.entries import Entries, checked_size
from protocols.oprf_hit.filter import encode, rest_bits
from protocols.oprf_hit.messages import Answer, Ask, AskerHello, Close, Filter, HolderHello, Update
from protocols.oprf_hit.oprf import Outputs, prove
from protocols.oprf_hit.parameters import ASKER, HOLDER, Parameters
from protocols.oprf_hit.party import Party, binding
from protocols.oprf_hit.purpose import Purpose, unpacked
from protocols.oprf_hit.watchlist import Watchlist
from protocols.primitives import ristretto
from protocols.primitives.hashing import commit, derive, digest
from protocols.primitives.ristretto import Rows, Spread
from protocols.role import DONE, Frame, Send, Table, spend

Permit = Callable[[Purpose], bool]


class Holder(Party):
    """The holder's role. `asked` grows by the purpose of each query; `result` is all of them at the end."""

    def __init__(
        self,
        *,
        session: bytes,
        parameters: Parameters,
        watchlist: Watchlist,
        seed: bytes,
        spent: set[bytes],
        permits: Permit = lambda _: True,
    ) -> None:
        """permits: whether a purpose is one to answer for. Raises MisuseError if the list does not fit."""
        super().__init__(HOLDER, session, parameters, seed, spent)
        if parameters.verifiable != watchlist.verifiable or (
            parameters.verifiable and parameters.public_key != watchlist.public_key
        ):
            raise MisuseError("the list was prepared with another key, or for the other mode")
        self._size = checked_size(parameters, len(watchlist))
        self.watchlist = watchlist
        self._permits = permits
        self._entries: Entries
        self._updates = 0
        self.asked: list[Purpose] = []
        self.result: tuple[Purpose, ...] | None = None

    @property
    def commitment(self) -> bytes:
        """What binds us to the list that we begin with; commitment_salt opens it."""
        return commit(self.commitment_salt, self.watchlist.outputs.reshape(-1).data)

    @property
    def commitment_salt(self) -> bytes:
        """Secret until an auditor asks."""
        return derive(self._seed, "oprf_hit holder salt", self.session)

    def opening(self) -> list[Send]:
        """Step 1."""
        spend(self._seed, self._spent)
        self.state = "greeting"
        self._committed = self.commitment
        hello = HolderHello(
            parameters=self.parameters.digest(),
            entries=self._size,
            commitment=self._committed,
            nonce=self._nonce,
        )
        return [Send(ASKER, hello)]

    def on_hello(self, message: AskerHello) -> list[Send]:
        """Steps 1 and 2."""
        p = self.parameters
        if message.parameters != p.digest():
            self.fail(ASKER, "1", "C1", "other parameters")
        mine = (self._nonce, self._size, self._committed)
        self.bound = binding(p.digest(), self.session, message.nonce, mine)
        self._entries = Entries(p, self.watchlist, self.bound, self._secret("dummies"))
        numbers = self._entries.numbers
        rest, below, sends = rest_bits(p.bits, len(numbers)), -1, []
        for chunk, start in enumerate(range(0, len(numbers), p.chunk)):
            part = numbers[start : start + p.chunk]
            sends.append(Send(ASKER, Filter(chunk=chunk, code=encode(part, below, rest))))
            below = int(part[-1])
        self.state = "serving"
        return sends

    def on_ask(self, message: Ask) -> list[Send]:
        """Steps 3 and 4. Raises RefusedError for a query beyond the quota, or a purpose that is not permitted."""
        if message.number != len(self.asked):
            self.fail(ASKER, "3", "C5", "a query came twice or out of order")
        if len(self.asked) >= self.parameters.quota:
            raise RefusedError("more queries than agreed for a session")
        purpose = unpacked(message.case, message.basis)
        if purpose is None:
            self.fail(ASKER, "3", "C6", "a case or basis that is no text, or none")
        if not self._permits(purpose):
            raise RefusedError("this purpose is not one to answer for")
        blinded = message.elements.view(np.uint8)
        if len(blinded) != self.parameters.keys * ristretto.SIZE:
            self.fail(ASKER, "3", "C7", "another number of elements than agreed")
        blinded = blinded.reshape(-1, ristretto.SIZE)
        try:
            evaluated = ristretto.multiply(blinded, self.watchlist.secret)
        except ristretto.OutsideError:
            self.fail(ASKER, "3", "C8", "an element outside the group, or the identity")
        self.asked.append(purpose)
        words = evaluated.reshape(-1).view(np.uint64)
        answer = Answer(number=message.number, proof=self._proof(blinded, evaluated), elements=words)
        return [Send(ASKER, answer)]

    def _proof(self, blinded: Rows, evaluated: Rows) -> bytes:
        if not self.parameters.verifiable:
            return bytes(2 * ristretto.SIZE)
        told = digest("oprf_hit proven", blinded.tobytes(), evaluated.tobytes())
        random = ristretto.reduced(
            self._secret("proof", told, 64)
        )  # of what is proven: none serves two proofs
        return prove(self.watchlist.secret, self.parameters.public_key, blinded, evaluated, random)

    def update(
        self, add: Sequence[bytes] = (), remove: Sequence[bytes] = (), spread: Spread = map
    ) -> list[Frame]:
        """Step 6: keys come onto the list and go, as in `Watchlist.changed`; `watchlist` is then the new one.

        Raises MisuseError, and changes nothing, if the list does not fit or the session does not serve.
        """
        if self.state != "serving":
            raise MisuseError("an update comes while queries are answered")
        return self._swap(*self.watchlist.swapped(add, remove, spread))

    def exchange(self, watchlist: Watchlist) -> list[Frame]:
        """Step 6, when the list was prepared anew, with the same secret. Raises as `update`."""
        if self.state != "serving" or watchlist.secret != self.watchlist.secret:
            raise MisuseError("a list is exchanged while queries are answered, for one with the same secret")
        return self._swap(watchlist, *watchlist.since(self.watchlist))

    def _swap(self, watchlist: Watchlist, less: Outputs, more: Outputs) -> list[Frame]:
        gone, come = self._entries.change(len(watchlist), less, more)
        self.watchlist = watchlist
        update = Update(number=self._updates, gone=len(gone), numbers=np.concatenate((gone, come)))
        self._updates += 1
        return self._step(lambda: [Send(ASKER, update)])

    def on_close(self, message: Close) -> list[Send]:
        """Step 7."""
        if message.asked != len(self.asked):
            self.fail(ASKER, "7", "C13", "another number of queries")
        self.result, self.state = tuple(self.asked), DONE
        return []

    TABLE: ClassVar[Table] = {
        ("greeting", ASKER, AskerHello): on_hello,
        ("serving", ASKER, Ask): on_ask,
        ("serving", ASKER, Close): on_close,
    }
