"""What a role is said to need at most, beside what it takes: each role's part of a run is traced by itself."""

from __future__ import annotations

import tracemalloc
from collections import deque
from fractions import Fraction

import numpy as np
import pytest

from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.blinded_broker.needs import memory
from protocols.blinded_broker.plan import Plan

ALIASES = {"alice_variants": 4, "bob_variants": 4, "side": 64, "bits": 512, "threshold": Fraction(3, 4)}
CASES = [
    (300, 900, {"side": 128}),
    (900, 300, {"side": 128}),
    (512, 512, {"side": 512, "scores": True}),
    (256, 256, {"sets": 2, "window": 4, "side": 256}),
    (256, 256, {"sets": 8, "window": 4, "side": 128}),
    (192, 128, ALIASES),
    (128, 128, ALIASES | {"sets": 2, "window": 4}),
]


def people(count, seed, bits):
    drawn = np.random.default_rng(seed).random((count, bits), np.float32) < 1 / 3
    return np.packbits(drawn, axis=1).view(np.uint64)


def roles_of(sizes, **options):
    given = {"bits": 1024, "threshold": Fraction(13, 20), "most_rows": max(sizes)} | options
    parameters = Parameters(**given)
    common = {"session": bytes(32), "parameters": parameters, "spent": set()}
    rows = [
        people(sizes[0] * parameters.alice_variants, 1, parameters.bits),
        people(sizes[1] * parameters.bob_variants, 2, parameters.bits),
    ]
    roles = [
        Alice(rows=rows[0], seed=b"a" * 32, **common),
        Bob(rows=rows[1], seed=b"b" * 32, **common),
        Dealer(seed=b"c" * 32, **common),
    ]
    return roles, Plan(parameters=parameters, persons=dict(zip(("alice", "bob"), sizes, strict=True)))


def peaks(roles):
    """Bytes that each role takes at most, what it kept before included, frames that it handed over not."""
    at, waiting = {role.name: role for role in roles}, deque()
    held, most = dict.fromkeys(at, 0), dict.fromkeys(at, 0)

    def act(name, do, *given):
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        frames = do(*given)
        after, peak = tracemalloc.get_traced_memory()
        most[name] = max(most[name], held[name] + peak - before)
        held[name] += after - before - sum(len(frame.data) for frame in frames)
        waiting.extend(frames)

    tracemalloc.start()
    try:
        for role in roles:
            act(role.name, role.begin)
        while waiting:
            frame = waiting.popleft()
            act(frame.recipient, at[frame.recipient].receive, frame.sender, frame.data)
    finally:
        tracemalloc.stop()
    assert all(role.finished for role in roles)
    return most


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Compiling takes memory too, once."""
    for options in ({}, {"sets": 2}, ALIASES):
        peaks(roles_of((64, 64), **options)[0])


@pytest.mark.parametrize(("rows", "other", "options"), CASES)
def test_no_role_takes_more_than_it_is_said_to_and_not_much_less(rows, other, options):
    """A window of tiles that are under way is in what is said; frames that come one by one here end each at once."""
    roles, plan = roles_of((rows, other), **options)
    for name, taken in peaks(roles).items():
        assert taken <= memory(plan, name) <= 8 * taken


def test_what_is_needed_grows_with_lists_and_with_sets():
    def needed(name, sizes, **options):
        parameters = Parameters(bits=1024, threshold=Fraction(13, 20), most_rows=max(sizes), **options)
        return memory(
            Plan(parameters=parameters, persons=dict(zip(("alice", "bob"), sizes, strict=True))), name
        )

    few, many = (2048, 2048), (2048, 1_000_000)
    assert needed("alice", many) > needed("alice", few) + 2 * 1024 * 990_000
    assert needed("dealer", many, sets=16, window=4) > 5 * needed("dealer", many, sets=2, window=4)
    assert needed("dealer", many) < needed("dealer", few) + (160 << 20)
