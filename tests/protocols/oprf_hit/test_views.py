"""What a party sees can be made up from its own input and output alone, and statistics find no difference."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from protocols import wire
from protocols.loopback import run
from protocols.oprf_hit import asker as asker_module
from protocols.oprf_hit.filter import encode, rest_bits, values
from protocols.oprf_hit.messages import Answer, Ask, AskerHello, Close, Filter, HolderHello
from protocols.oprf_hit.oprf import evaluate, key_pair, prove
from protocols.primitives import ristretto
from tests.protocols.runs import seed_of

HONEST_INVERSE = ristretto.inverse
RUNS = 40
FAR = 5.0
"""Standard deviations. Seeds are fixed, so a passing test passes always."""
View = list[tuple[str, bytes]]


def real_views(case: dict[str, Any], name: str) -> list[View]:
    return [
        [(f.sender, f.data[64:-16]) for f in run(case["make"](run=number)) if f.recipient == name]
        for number in range(RUNS)
    ]


class World:
    """Everybody but one party; it plays against the real role, which must not notice."""

    def __init__(self, role: Any, number: int) -> None:
        self.role, self.dice, self.sent, self.seen = role, np.random.default_rng(number), 0, []

    def give(self, sender: str, message: Any) -> list[Any]:
        data = wire.encode(message, self.role._envelope(sender, self.role.name, self.sent))
        self.sent += 1
        self.seen.append((sender, data[64:-16]))
        return self.role.receive(sender, data)

    def element(self) -> np.ndarray:
        return ristretto.from_uniform(np.frombuffer(self.dice.bytes(64), np.uint8).reshape(1, 64))[0]


def made_up_for_holder(case: dict[str, Any], number: int) -> View:
    """Uniform elements, and purposes: no key, and no number of keys."""
    holder = case["make"](run=RUNS + number)[1]  # other seeds than the real runs have
    world, p = World(holder, number), holder.parameters
    holder.begin()
    world.give("asker", AskerHello(parameters=p.digest(), nonce=world.dice.bytes(32)))
    for n, purpose in enumerate(case["answers"]["holder"]):
        packed = purpose.packed()
        elements = np.concatenate([world.element() for _ in range(p.keys)]).view(np.uint64)
        world.give("asker", Ask(number=n, case=packed[0], basis=packed[1], elements=elements))
    world.give("asker", Close(asked=len(case["answers"]["holder"])))
    assert holder.result == case["answers"]["holder"]
    return world.seen


def made_up_for_asker(case: dict[str, Any], number: int, asked: list[list[bytes]], secret: bytes) -> View:
    """Uniform numbers, among them those of the asker's hits; answers with a key. Nothing of the list but the hits."""
    asker = case["make"](run=RUNS + number)[0]
    world, p = World(asker, number), asker.parameters
    (hello,) = asker.begin()
    entries = 16
    frames = world.give(
        "holder",
        HolderHello(
            parameters=p.digest(),
            entries=entries,
            commitment=world.dice.bytes(32),
            nonce=world.dice.bytes(32),
        ),
    )
    assert (hello.recipient, frames) == ("holder", [])
    hits = [
        key
        for keys, found in zip(asked, case["answers"]["asker"], strict=True)
        for key, hit in zip(keys, found, strict=True)
        if hit
    ]
    numbers = set(values(evaluate(hits, secret, True), asker.bound, p.bits).tolist())
    while len(numbers) < entries:
        numbers.add(int(world.dice.integers(0, 1 << p.bits)))
    ordered, below = np.array(sorted(numbers), np.uint64), -1
    for chunk in range(entries // p.chunk):
        part = ordered[chunk * p.chunk : (chunk + 1) * p.chunk]
        frames += world.give(
            "holder", Filter(chunk=chunk, code=encode(part, below, rest_bits(p.bits, entries)))
        )
        below = int(part[-1])
    for n in range(len(asked)):
        blinded = np.frombuffer(frames[-1].data[-16 - 32 * p.keys : -16], np.uint8).reshape(-1, 32)
        product = ristretto.multiply(blinded, secret)
        proof = prove(secret, p.public_key, blinded, product, ristretto.reduced(world.dice.bytes(64)))
        words = product.reshape(-1).view(np.uint64)
        frames += world.give("holder", Answer(number=n, proof=proof, elements=words))
    assert asker.result == case["answers"]["asker"]
    return world.seen


def distance(real: list[View], made: list[View], size: int) -> float:
    """The largest difference of the mean of a bit, of two neighbours together, or of all, in standard deviations."""
    tables = [
        np.stack(
            [
                np.unpackbits(np.frombuffer(b"".join(body[:size] for _, body in view), np.uint8))
                for view in views
            ]
        )
        for views in (real, made)
    ]
    found = 0.0
    for step in (0, 1, 8, 256):
        both = [(bits ^ np.roll(bits, step, 1) if step else bits).astype(float) for bits in tables]
        share = (both[0].mean(0) + both[1].mean(0)) / 2
        live = (share > 0.05) & (share < 0.95)
        spread = np.sqrt(share[live] * (1 - share[live]) * (1 / len(real) + 1 / len(made)))
        squares = ((both[0].mean(0) - both[1].mean(0))[live] / spread) ** 2
        found = max(found, abs(float((squares.sum() - live.sum()) / np.sqrt(2 * live.sum()))))
    return found


def test_what_the_holder_sees_can_be_made_up_without_a_key(cases: ModuleType) -> None:
    case = cases.session(seed_of)
    real = real_views(case, "holder")
    made = [made_up_for_holder(case, number) for number in range(RUNS)]
    assert {tuple((s, len(body)) for s, body in view) for view in real + made} == {
        (("asker", 64), *(("asker", 8 + 256 + 64),) * 3, ("asker", 8))
    }
    assert distance(real, made, 10**6) < FAR


def test_what_the_asker_sees_can_be_made_up_from_its_hits(cases: ModuleType) -> None:
    case = cases.session(seed_of)
    secret = key_pair(cases.SEED, b"test", True)[0]
    real = real_views(case, "asker")
    made = [made_up_for_asker(case, number, cases.ASKED, secret) for number in range(RUNS)]
    kinds = {tuple((s, len(body)) for s, body in view) for view in real + made}
    assert len({tuple(size for _, size in kind if size > 200) for kind in kinds}) == 1
    assert distance(real, made, 64) < FAR


@pytest.mark.parametrize("leak", ["no blind", "one blind for all"])
def test_the_statistics_see_a_blind_that_is_missing(
    leak: str, cases: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases.session(seed_of)
    made = [made_up_for_holder(case, number) for number in range(RUNS)]
    honest = asker_module.blind
    fixed = (1).to_bytes(32, "little") if leak == "no blind" else ristretto.reduced(bytes([7] * 64))
    monkeypatch.setattr(
        asker_module, "blind", lambda keys, blinds, mode: honest(keys, [fixed] * len(blinds), mode)
    )
    monkeypatch.setattr(ristretto, "inverse", lambda _: HONEST_INVERSE(fixed))
    assert distance(real_views(case, "holder"), made, 10**6) > 2 * FAR


def test_filters_of_two_sessions_have_nothing_in_common(cases: ModuleType) -> None:
    found = []
    for number in range(2):
        asker, holder = cases.session(seed_of)["make"](run=number)
        run([asker, holder])
        found.append(set(asker._numbers.tolist()))
    assert not found[0] & found[1]
