"""What a unit sees can be made up from its own input and result alone, and statistics find no difference."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from protocols import wire
from protocols.ecdh_psi_sum.alice import Alice
from protocols.ecdh_psi_sum.messages import Added, Masked, Returned, Told, Valued
from protocols.loopback import run
from protocols.masked_lists import Hello
from protocols.primitives import paillier, ristretto
from tests.protocols.runs import seed_of

RUNS = 14
View = list[tuple[str, bytes]]
OPTIONS: dict[str, dict[str, Any]] = {
    "told": {"alice": (b"P1234567", b"C01X00T47", b"a"), "step": 4, "block": 4},
    "too few": {"alice": (b"P1234567",), "step": 4, "block": 4},
}


def real_views(case: dict[str, Any], name: str) -> list[View]:
    return [
        [(f.sender, f.data[64:-16]) for f in run(case["make"](run=number)) if f.recipient == name]
        for number in range(RUNS)
    ]


class Stage:
    """One unit, and somebody who plays the other without anything of it."""

    def __init__(self, case: dict[str, Any], name: str, number: int) -> None:
        roles = {role.name: role for role in case["make"](run=RUNS + number)}  # other seeds than real runs
        self.role, self.peer = roles.pop(name), next(iter(roles))
        self.p, self.dice, self.seen, self.sent = (
            self.role.parameters, np.random.default_rng(number), [], 0,
        )  # fmt: skip
        self.role.begin()

    def give(self, message: Any) -> None:
        data = wire.encode(message, self.role._envelope(self.peer, self.role.name, self.sent))
        self.sent += 1
        self.seen.append((self.peer, data[64:-16]))
        self.role.receive(self.peer, data)

    def hello(self) -> None:
        dice = self.dice
        self.give(
            Hello(parameters=self.p.digest(), elements=4, commitment=dice.bytes(32), nonce=dice.bytes(32))
        )

    def points(self, count: int) -> np.ndarray:
        wide = np.frombuffer(self.dice.bytes(64 * count), np.uint8).reshape(-1, 64)
        return ristretto.from_uniform(wide)

    def ciphers(self, plains: list[int]) -> np.ndarray:
        modulus = self.p.modulus
        random = paillier.nonces(self.dice.bytes(32), modulus, len(plains))
        texts = [paillier.encrypt(modulus, *pair) for pair in zip(plains, random, strict=True)]
        return paillier.to_words(modulus, texts).reshape(len(plains), -1)


def made_for_alice(case: dict[str, Any], number: int) -> View:
    """Bob is played with cipher texts of 0 alone."""
    stage = Stage(case, "alice", number)
    stage.hello()
    points = stage.points(4)
    rows = np.concatenate((points.view(np.uint64), stage.ciphers([0] * 4)), axis=1)
    stage.give(Valued(block=0, rows=rows.reshape(-1)))
    size, sums = case["answers"]["alice"]
    theirs = np.concatenate(stage.role._theirs)
    tags = stage.points(4)[:, :16].copy()
    for place, text in enumerate(stage.dice.permutation(theirs)[:size].tolist()):
        tags[place] = np.frombuffer(text.ljust(16, b"\0"), np.uint8)
    rising = np.array(sorted(map(bytes, tags)), "S16").view(np.uint64)
    stage.give(Returned(block=0, tags=rising))
    if sums:
        stage.give(Told(numbers=np.array([half for each in sums for half in (each, 0)], np.uint64)))
    assert case["result"](stage.role) == (size, sums)
    return stage.seen


def made_for_bob(case: dict[str, Any], number: int) -> View:
    """Alice is played with no item at all."""
    stage = Stage(case, "bob", number)
    stage.hello()
    stage.give(Masked(block=0, elements=stage.points(4).reshape(-1).view(np.uint64)))
    size, sums = case["answers"]["bob"]
    cipher = np.zeros(0, np.uint64)
    if sums:
        cipher = stage.ciphers(paillier.pack(sums, stage.p.slot, stage.p.sums)).reshape(-1)
    stage.give(Added(size=size or 0, cipher=cipher))
    assert case["result"](stage.role) == (size, sums)
    return stage.seen


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_what_a_unit_sees_can_be_made_up_from_its_input_and_result(
    name: str, options: str, cases: ModuleType, views: ModuleType
) -> None:
    case = cases.session(seed_of, **OPTIONS[options])
    make = {"alice": made_for_alice, "bob": made_for_bob}[name]
    real, made = real_views(case, name), [make(case, number) for number in range(RUNS)]
    assert len({tuple((sender, len(body)) for sender, body in view) for view in real + made}) == 1
    assert views.distance(real, made) < views.FAR


def test_a_sum_that_is_not_made_anew_shows_whose_it_is(
    cases: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the encryption of 0, Bob could multiply his own cipher texts until they give Alice's."""
    case = cases.session(seed_of, **OPTIONS["told"])

    def added() -> tuple[int, bool]:
        roles = case["make"]()
        modulus, frames = roles[0].parameters.modulus, run(roles)
        text = next(f.data[72:-16] for f in frames if f.data[46] == Added.NUMBER)
        (cipher,) = paillier.from_words(modulus, np.frombuffer(text, np.uint64)) or [0]
        valued = next(f.data[72:-16] for f in frames if f.data[46] == Valued.NUMBER)
        rows = np.frombuffer(valued, np.uint64).reshape(4, -1)[:, 4:]
        own = paillier.from_words(modulus, np.ascontiguousarray(rows).reshape(-1)) or []
        square = modulus**2
        products = {own[i] * own[j] % square for i in range(4) for j in range(i)}
        return cipher, cipher in products

    assert not added()[1]
    monkeypatch.setattr(Alice, "_fresh", lambda self: 1)
    assert added()[1]
