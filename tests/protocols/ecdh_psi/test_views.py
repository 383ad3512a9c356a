"""What a unit sees can be made up from its own items and result alone, and statistics find no difference."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from protocols import wire
from protocols.ecdh_psi.messages import Masked, Returned
from protocols.ecdh_psi.unit import Unit
from protocols.loopback import run
from protocols.masked_lists import Hello
from protocols.primitives import ristretto
from tests.protocols.runs import seed_of

RUNS = 40
HONEST = Unit._masked
View = list[tuple[str, bytes]]
OPTIONS: dict[str, dict[str, Any]] = {
    "which": {"block": 8},
    "how many": {"block": 8, "size_only": True},
    "may not know": {"block": 8, "reveal": "bob"},
}


def real_views(case: dict[str, Any]) -> list[View]:
    return [
        [(f.sender, f.data[64:-16]) for f in run(case["make"](run=number)) if f.recipient == "alice"]
        for number in range(RUNS)
    ]


def made_up(case: dict[str, Any], number: int) -> View:
    """What Alice sees, from her items and result: Bob is played without an item of his, and she must not notice."""
    alice = case["make"](run=RUNS + number)[0]  # other seeds than the real runs have
    p, dice, seen, sent = alice.parameters, np.random.default_rng(number), [], 0

    def give(message: Any) -> None:
        nonlocal sent
        data = wire.encode(message, alice._envelope("bob", "alice", sent))
        sent += 1
        seen.append(("bob", data[64:-16]))
        alice.receive("bob", data)

    elements = 16
    alice.begin()
    give(Hello(parameters=p.digest(), elements=elements, commitment=dice.bytes(32), nonce=dice.bytes(32)))
    wide = np.frombuffer(dice.bytes(64 * elements), np.uint8).reshape(-1, 64)
    points = ristretto.from_uniform(wide)
    for block in range(elements // p.block):
        part = points[block * p.block : (block + 1) * p.block]
        give(Masked(block=block, elements=part.reshape(-1).view(np.uint64)))
    if p.learns("alice"):
        size, items = case["answers"]["alice"]
        others = ristretto.from_uniform(np.frombuffer(dice.bytes(64 * alice._size), np.uint8).reshape(-1, 64))
        tags = others[:, :16].copy()
        common = dice.permutation(np.concatenate(alice._theirs))[:size].tolist()
        texts = [np.frombuffer(text.ljust(16, b"\0"), np.uint8) for text in common]
        if p.size_only:
            tags[:size] = texts
            tags = np.array(sorted(map(bytes, tags)), "S16").view(np.uint8).reshape(-1, 16)
        else:
            hit = sorted({alice._different.index(alice._items[place]) for place in items})
            for place, text in zip(hit, texts, strict=True):
                tags[np.flatnonzero(alice._order == place)[0]] = text
        for block in range(alice._size // p.block):
            part = np.ascontiguousarray(tags[block * p.block : (block + 1) * p.block])
            give(Returned(block=block, tags=part.reshape(-1).view(np.uint64)))
    assert case["result"](alice) == case["answers"]["alice"]
    return seen


@pytest.mark.parametrize("name", OPTIONS)
def test_what_a_unit_sees_can_be_made_up_from_its_items_and_result(
    name: str, cases: ModuleType, views: ModuleType
) -> None:
    case = cases.session(seed_of, **OPTIONS[name])
    real, made = real_views(case), [made_up(case, number) for number in range(RUNS)]
    assert len({tuple((sender, len(body)) for sender, body in view) for view in real + made}) == 1
    assert views.distance(real, made) < views.FAR


@pytest.mark.parametrize("leak", ["no scalar", "no order"])
def test_the_statistics_see_what_is_not_hidden(
    leak: str, cases: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a scalar, elements of two runs with one binding are the same; without an order, places of hits are."""
    case = cases.session(seed_of, alice=cases.BOB, **OPTIONS["which"])

    def careless(self: Unit) -> Any:
        if leak == "no scalar":
            self._scalar = (1).to_bytes(32, "little")
            monkeypatch.setattr(self, "bound", b"b" * 32, raising=False)
            found = HONEST(self)
        else:
            found = HONEST(self)
            back = np.argsort(self._order)
            found, self._order = found[back], np.arange(len(back))
        return found

    def seen_by_bob(runs: int) -> list[list[bytes]]:
        found = []
        for number in range(runs):
            alice, bob = case["make"](run=number)
            for one, other in ((alice, bob), (bob, alice)):
                other._greeting = one.begin()[0].data
            bob.receive("alice", bob._greeting)
            frames = alice.receive("bob", alice._greeting)
            places = np.argsort(alice._order).tolist()
            found.append([bytes(places), *(frame.data[72:-16] for frame in frames)])
        return found

    honest = seen_by_bob(5)
    monkeypatch.setattr(Unit, "_masked", careless)
    leaked = seen_by_bob(5)
    column = 0 if leak == "no order" else 1
    assert len({tuple(seen[:1]) if column == 0 else tuple(seen[1:]) for seen in honest}) == 5
    if leak == "no order":
        assert len({seen[0] for seen in leaked}) == 1
    else:
        elements = [{seen[1][at : at + 32] for at in range(0, 256, 32)} for seen in leaked]
        assert any(elements[0] & other for other in elements[1:])
