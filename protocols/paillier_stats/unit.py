"""Unit: brings a table, and learns all tables' totals in the cells that are not small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from protocols.errors import MisuseError
from protocols.paillier_stats.messages import Masks, Parts, Roster, Table
from protocols.paillier_stats.noise import Account
from protocols.paillier_stats.parameters import BROKER, KEEPER, Parameters
from protocols.paillier_stats.party import Member
from protocols.paillier_stats.released import Cells, read
from protocols.paillier_stats.result import Totals
from protocols.primitives import paillier
from protocols.primitives.hashing import commit, derive
from protocols.role import DONE, Send
from protocols.role import Table as Transitions
from protocols.wire import Words

Rows = Sequence[Sequence[int]]
"""Of each cell its count and its sums."""


class Unit(Member):
    """A unit's role; `result` at the end."""

    def __init__(
        self,
        name: str,
        *,
        session: bytes,
        parameters: Parameters,
        table: Rows,
        noise: Rows | None = None,
        account: Account | None = None,
        seed: bytes,
        spent: set[bytes],
    ) -> None:
        """name: one of Parameters.names. table: of each cell its count and its sums, from 0 below 2**bits.

        noise: as large, drawn as `noise.scales` says, fresh for this run, by somebody who does not keep it; and
        account: what it is charged to. Both exactly if an epsilon was agreed. seed: 32 fresh random bytes. spent:
        marks of seeds that were used, kept by the caller for good. Raises MisuseError for a table that does not fit.
        """
        super().__init__(name, session, parameters, seed, spent)
        if name not in parameters.names:
            raise MisuseError(f"a unit is one of {', '.join(parameters.names)}")
        self._account = account
        self._numbers = _numbers(parameters, table, noise, account)
        self._parts: tuple[Cells, list[int]] | None = None
        self._masks: tuple[Cells, list[int]] | None = None
        self.result: Totals | None = None

    @property
    def commitment(self) -> bytes:
        """What binds us to our table with its noise; commitment_salt opens it."""
        return commit(self.commitment_salt, b"".join(x.to_bytes(8, "little") for x in self._numbers))

    @property
    def commitment_salt(self) -> bytes:
        """Secret until an auditor asks."""
        return derive(self._seed, f"paillier_stats {self.name} salt", self.session)

    def opening(self) -> list[Send]:
        """Step 1. Raises RefusedError when the budget is spent."""
        if self._account is not None and self.parameters.epsilon is not None:
            self._account.charge(self.parameters.epsilon)
        return super().opening()

    def on_roster(self, message: Roster) -> list[Send]:
        """Steps 2 and 3."""
        p = self.parameters
        self._read_roster(message)
        plains = paillier.pack(self._numbers, p.mask_bits + 1, p.slots)
        random = paillier.nonces(self._secret("nonces", self.bound), p.modulus, len(plains))
        ciphers = [paillier.encrypt(p.modulus, *pair) for pair in zip(plains, random, strict=True)]
        self.state = "waiting"
        return [Send(BROKER, Table(ciphers=paillier.to_words(p.modulus, ciphers)))]

    def on_parts(self, message: Parts) -> list[Send]:
        """Step 9, the keeper's half."""
        if self._parts is not None:
            self.fail(KEEPER, "7", "C14", "numbers a second time")
        self._parts = self._checked(KEEPER, "7", message.bits_and_numbers)
        return self._finish()

    def on_masks(self, message: Masks) -> list[Send]:
        """Step 9, the broker's half."""
        if self._masks is not None:
            self.fail(BROKER, "8", "C14", "masks a second time")
        self._masks = self._checked(BROKER, "8", message.bits_and_masks)
        return self._finish()

    def _checked(self, sender: str, step: str, words: Words) -> tuple[Cells, list[int]]:
        found = read(self.parameters, words)
        if found is None:
            self.fail(sender, step, "C14", "another number of cells, or of numbers in them")
        return found

    def _finish(self) -> list[Send]:
        """Step 9, once both halves are there."""
        if self._parts is None or self._masks is None:
            return []
        (cells, masked), (again, masks) = self._parts, self._masks
        if cells != again:
            self.fail(BROKER, "8", "C15", "other cells than the keeper released")
        numbers = [number - mask for number, mask in zip(masked, masks, strict=True)]
        if not _can_be(self.parameters, cells, numbers):
            self.fail(KEEPER, "7", "C16", "a number that cannot be, or a small cell")
        self.result = _totals(self.parameters, cells, numbers)
        self.state = DONE
        return []

    TABLE: ClassVar[Transitions] = {
        ("greeting", BROKER, Roster): on_roster,
        ("waiting", KEEPER, Parts): on_parts,
        ("waiting", BROKER, Masks): on_masks,
    }


def _can_be(p: Parameters, cells: Cells, numbers: Sequence[int]) -> bool:
    """Check C16. numbers: of released cells, counts first."""
    counts = numbers[: sum(cells)]
    return all(0 <= number <= p.units * p.most for number in numbers) and all(n >= p.limit for n in counts)


def _totals(p: Parameters, cells: Cells, numbers: Sequence[int]) -> Totals:
    """numbers: as sent, of released cells, measure after measure; each unit had shifted its own to be positive."""
    count = sum(cells)
    columns = [
        [number - p.units * p.shift(measure) for number in numbers[measure * count :][:count]]
        for measure in range(p.measures)
    ]
    rows = iter(zip(*columns, strict=True))
    return Totals(cells=tuple(next(rows) if released else None for released in cells))


def _numbers(p: Parameters, table: Rows, noise: Rows | None, account: Account | None) -> tuple[int, ...]:
    """What a unit sends: all counts, then all first sums, and so on, made positive. Raises MisuseError."""
    if len({p.epsilon is None, noise is None, account is None}) > 1:
        raise MisuseError("noise and an account go with an epsilon, and only with one")
    values = _columns(p, "a table", table)
    shifts = _columns(p, "noise", [[0] * p.measures] * p.cells if noise is None else noise)
    if any(not 0 <= value < 1 << p.bits for column in values for value in column):
        raise MisuseError("a table has a number that was not agreed")
    if any(abs(value) > p.shift(measure) for measure, column in enumerate(shifts) for value in column):
        raise MisuseError("noise is larger than agreed")
    return tuple(
        value + shift + p.shift(measure)
        for measure in range(p.measures)
        for value, shift in zip(values[measure], shifts[measure], strict=True)
    )


def _columns(p: Parameters, what: str, rows: Rows) -> list[list[int]]:
    """Of each measure its numbers."""
    if len(rows) != p.cells or {len(row) for row in rows} != {p.measures}:
        raise MisuseError(f"{what} has {p.cells} cells of {p.measures} numbers")
    return [[int(row[measure]) for row in rows] for measure in range(p.measures)]
