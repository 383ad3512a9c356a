"""Masked lists: two protocols that greet alike have nothing else in common."""

from __future__ import annotations

from typing import Any

import pytest

from protocols.ecdh_psi import Alice as Finder
from protocols.ecdh_psi import Parameters
from protocols.masked_lists import Hello, Lister, binding

SESSION, SEED = bytes(range(32)), b"s" * 32
HELLO = Hello(parameters=b"p" * 32, elements=4, commitment=b"c" * 32, nonce=b"n" * 32)


def lister(role: type[Any], *items: bytes) -> Lister:
    found: Lister = role(session=SESSION, parameters=Parameters(), items=items, seed=SEED, spent=set())
    return found


class Other(Finder):
    """The same role of a protocol with another name."""

    PROTOCOL = "other/1"


def test_a_seed_gives_another_secret_in_another_protocol() -> None:
    one, other = lister(Finder, b"a"), lister(Other, b"a")
    assert one.commitment_salt != other.commitment_salt
    assert one.commitment != other.commitment
    assert one._secret("scalar", 64) != other._secret("scalar", 64)


@pytest.mark.parametrize(
    "changed", [{"parameters": b"x" * 32}, {"elements": 8}, {"commitment": b"x" * 32}, {"nonce": b"x" * 32}]
)
def test_a_run_is_bound_to_all_that_both_said_first(changed: dict[str, Any]) -> None:
    fields = {name: getattr(HELLO, name) for name, _ in Hello.LAYOUT}
    other = Hello(**fields | changed)
    runs = [{"alice": HELLO, "bob": HELLO}, {"alice": other, "bob": HELLO}, {"alice": HELLO, "bob": other}]
    assert len({binding("one", SESSION, each) for each in runs}) == 3
    assert binding("one", SESSION, runs[0]) != binding("other", SESSION, runs[0])
    assert binding("one", SESSION, runs[0]) != binding("one", bytes(32), runs[0])
