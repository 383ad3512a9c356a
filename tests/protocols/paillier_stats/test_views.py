"""What each party sees can be made up from its own input and the released cells; statistics find no difference."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from protocols import wire
from protocols.loopback import run
from protocols.paillier_stats.broker import Broker
from protocols.paillier_stats.comparison import masked_counts
from protocols.paillier_stats.messages import (
    Answered,
    Asked,
    Hello,
    Limits,
    Masked,
    Masks,
    Parts,
    Roster,
    Table,
    Verdict,
)
from protocols.paillier_stats.released import pack
from protocols.primitives import paillier, ristretto
from protocols.primitives.flags import to_words
from tests.protocols.runs import seed_of

RUNS = 12
View = list[tuple[str, bytes]]
SMALL = {0: (), 1: (), 2: (0, 1), 3: (0,), 4: ()}
"""Of each cell of the case, in which views its count is small: the others', that is unit2's and then unit1's."""


def real_view(case: dict[str, Any], name: str, number: int) -> View:
    frames = [(f.sender, f.data[64:-16]) for f in run(case["make"](run=number)) if f.recipient == name]
    return sorted(frames, key=lambda frame: frame[0])


class Stage:
    """One role, and everybody else played to it without any table."""

    def __init__(self, case: dict[str, Any], name: str, number: int) -> None:
        roles = case["make"](run=RUNS + number)  # other seeds than the real runs have
        self.role = next(role for role in roles if role.name == name)
        self.p, self.dice, self.seen = self.role.parameters, np.random.default_rng(number), []
        self.begun = self.role.begin()

    def give(self, sender: str, message: Any) -> list[Any]:
        number = sum(name == sender for name, _ in self.seen)
        data = wire.encode(message, self.role._envelope(sender, self.role.name, number))
        self.seen.append((sender, data[64:-16]))
        return self.role.receive(sender, data)

    def view(self) -> View:
        return sorted(self.seen, key=lambda frame: frame[0])

    def roster(self) -> Roster:
        told = {name: self.dice.bytes(64) for name in self.p.members}
        told["keeper"] = bytes(32) + self.dice.bytes(32)
        told[self.role.name] = self.begun[0].data[96:160]
        return Roster(hellos=np.frombuffer(b"".join(told.values()), np.uint64))

    def ciphers(self, count: int) -> np.ndarray:
        """Of masks alone; a table of the case fills one in part."""
        p = self.p
        masks = [self.mask() for _ in range(count * p.numbers)]
        plains = paillier.pack(masks, p.mask_bits + 1, p.numbers)
        random = paillier.nonces(self.dice.bytes(32), p.modulus, count)
        found = [paillier.encrypt(p.modulus, *pair) for pair in zip(plains, random, strict=True)]
        return paillier.to_words(p.modulus, found)

    def mask(self) -> int:
        return int.from_bytes(self.dice.bytes(16), "little") % (1 << self.p.mask_bits)

    def points(self, count: int) -> np.ndarray:
        wide = np.frombuffer(self.dice.bytes(64 * count), np.uint8).reshape(-1, 64)
        return ristretto.from_uniform(wide)


def words(points: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(points).reshape(-1).view(np.uint64)


def made_for_broker(stage: Stage, cells: tuple[bool, ...]) -> None:
    for name in stage.p.members:
        commitment = bytes(32) if name == "keeper" else stage.dice.bytes(32)
        hello = Hello(parameters=stage.p.digest(), commitment=commitment, nonce=stage.dice.bytes(32))
        stage.give(name, hello)
    for name in stage.p.names:
        stage.give(name, Table(ciphers=stage.ciphers(stage.p.ciphers)))
    stage.give("keeper", Asked(elements=words(stage.points(stage.p.views * stage.p.cells))))
    stage.give("keeper", Verdict(bits=to_words(cells)))


def made_for_keeper(stage: Stage, cells: tuple[bool, ...]) -> None:
    p, keeper = stage.p, stage.role
    stage.give("broker", stage.roster())
    stage.give("broker", Masked(ciphers=stage.ciphers(p.ciphers + p.units * p.count_ciphers)))
    scalar = ristretto.reduced(stage.dice.bytes(64))
    counts = masked_counts(p, keeper._counts, keeper.bound, scalar, map).reshape(p.views, p.cells, 32)
    limits = stage.points(p.elements).reshape(p.views, p.cells, p.limit, 32).copy()
    for cell, views in SMALL.items():
        for view in views:
            limits[view, cell, 0] = counts[view, cell]
    texts = np.ascontiguousarray(limits).view("S32").reshape(-1, p.limit)
    limits = np.sort(texts, axis=1).reshape(-1, 1).view(np.uint8)
    (asked,) = stage.give("broker", Limits(elements=words(limits)))
    points = np.frombuffer(asked.data[64:-16], np.uint8).reshape(-1, 32)
    sent = stage.give("broker", Answered(elements=words(ristretto.multiply(points, scalar))))
    assert sent[0].data[64:-16] == to_words(cells).tobytes()


def made_for_unit(stage: Stage, cells: tuple[bool, ...]) -> None:
    p = stage.p
    stage.give("broker", stage.roster())
    masks = [stage.mask() for _ in range(p.numbers)]
    result = dict(enumerate(row or (0,) * p.measures for row in stage.answer))
    totals = [result[cell][measure] for measure in range(p.measures) for cell in range(p.cells)]
    numbers = [mask + total for mask, total in zip(masks, totals, strict=True)]
    stage.give("keeper", Parts(bits_and_numbers=pack(cells, numbers)))
    stage.give("broker", Masks(bits_and_masks=pack(cells, masks)))
    assert stage.role.result.cells == stage.answer


MAKERS = {"broker": made_for_broker, "keeper": made_for_keeper, "unit1": made_for_unit}


def made_up(case: dict[str, Any], name: str, number: int) -> View:
    stage = Stage(case, name, number)
    stage.answer = case["answers"]["unit1"]
    MAKERS[name](stage, tuple(row is not None for row in stage.answer))
    return stage.view()


def opened(view: View, cases: ModuleType) -> View:
    """A keeper's view, and what it decrypts."""
    ciphers = paillier.from_words(cases.KEY.modulus, np.frombuffer(view[1][1], np.uint64))
    assert ciphers is not None
    plains = [paillier.decrypt(cases.KEY, cipher).to_bytes(384, "little") for cipher in ciphers]
    return [*view, ("itself", b"".join(plains))]


@pytest.mark.parametrize("name", MAKERS)
def test_what_a_party_sees_can_be_made_up(name: str, cases: ModuleType, views: ModuleType) -> None:
    case = cases.session(seed_of)
    real = [real_view(case, name, number) for number in range(RUNS)]
    made = [made_up(case, name, number) for number in range(RUNS)]
    if name == "keeper":
        real, made = ([opened(view, cases) for view in each] for each in (real, made))
    assert len({tuple((sender, len(body)) for sender, body in view) for view in real + made}) == 1
    assert views.distance(real, made) < views.FAR


def test_the_statistics_see_a_sum_without_a_mask(
    cases: ModuleType, views: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases.session(seed_of)
    real = [opened(real_view(case, "keeper", number), cases) for number in range(RUNS)]
    monkeypatch.setattr(
        Broker, "_secret", lambda self, label, context, length=32: context.ljust(length, b".")
    )
    monkeypatch.setattr(
        "protocols.paillier_stats.broker.OneTimeStream.words",
        lambda _, run, count: np.zeros(count, np.uint64),
    )
    bare = [opened(real_view(case, "keeper", number), cases) for number in range(RUNS)]
    assert views.distance(real, bare) > views.FAR
