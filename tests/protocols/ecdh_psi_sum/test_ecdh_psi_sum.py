from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ecdh_psi_sum import Alice, Bob, Parameters, SecretKey
from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.loopback import run
from tests.protocols.runs import checked, seed_of

KEYS = st.lists(st.binary(max_size=1), max_size=6)
ROWS = st.lists(st.tuples(st.binary(max_size=1), st.tuples(*[st.integers(0, 1000)] * 2)), max_size=6)


@pytest.mark.parametrize("reveal", ["bob", "both"])
@pytest.mark.parametrize("least", [1, 3, 4], ids=["any", "just enough", "too few"])
def test_who_may_know_learns_the_sums_over_what_both_have(cases: ModuleType, reveal: str, least: int) -> None:
    checked(cases.session(seed_of, reveal=reveal, least=least))


@given(KEYS, ROWS, st.integers(1, 5))
@settings(max_examples=6, deadline=None)
def test_any_lists_give_their_sums(cases: ModuleType, alice: Any, bob: Any, block: int) -> None:
    checked(cases.session(seed_of, alice=alice, bob=bob, block=block, least=1))


@pytest.mark.parametrize("bob", [(), ((b"x", (1, 2)),), ((b"x", (1, 2)),) * 9], ids=["none", "one", "nine"])
@pytest.mark.parametrize("alice", [(), (b"x",), (b"x",) * 40], ids=["none", "one", "many"])
def test_lists_may_be_empty_equal_or_full_of_repeats(cases: ModuleType, alice: Any, bob: Any) -> None:
    checked(cases.session(seed_of, alice=alice, bob=bob, least=1))


def test_sizes_and_too_few_hits_are_hidden_within_a_step(cases: ModuleType) -> None:
    shapes = set()
    for count in (0, 1, 3, 4):
        items = [b"%d" % number for number in range(count)]
        bob = [(item, (1, 1)) for item in items]
        _, frames = checked(cases.session(seed_of, alice=items, bob=bob, least=5))
        shapes.add(tuple((frame.sender, len(frame.data)) for frame in frames))
    assert len(shapes) == 1


def test_threads_send_the_same_frames(cases: ModuleType) -> None:
    case = cases.session(seed_of)
    with ThreadPoolExecutor(3) as pool:
        assert checked(case, spread=pool.map)[1] == checked(case)[1]


def test_a_unit_that_counts_more_than_agreed_stops_without_a_result(cases: ModuleType) -> None:
    roles = cases.session(seed_of, quota=2)["make"]()
    with pytest.raises(RefusedError, match="more common items"):
        run(roles)
    assert roles[0].result is roles[1].result is None


@pytest.mark.parametrize(
    ("bob", "said"),
    [
        ([(b"x", (1,))], "another number of numbers"),
        ([(b"x", (1, -1))], "one below zero"),
        ([(b"x", (1, 65_536))], "larger than agreed"),
        ([(b"x", (65_535, 0)), (b"x", (1, 0))], "larger than agreed"),
        ([(b"%d" % number, (1, 1)) for number in range(17)], "more items than agreed"),
    ],
)
def test_numbers_and_items_that_were_not_agreed_are_refused(cases: ModuleType, bob: Any, said: str) -> None:
    with pytest.raises(MisuseError, match=said):
        cases.session(seed_of, bob=bob)["make"]()


def test_another_key_than_agreed_is_refused(cases: ModuleType) -> None:
    common: dict[str, Any] = {"session": bytes(32), "seed": bytes(32), "spent": set()}
    with pytest.raises(MisuseError, match="another key"):
        Bob(items=[], key=SecretKey(p=1000003, q=1000033), parameters=Parameters(**cases.SMALL), **common)
    items = [b"%d" % number for number in range(17)]
    with pytest.raises(MisuseError, match="more items"):
        Alice(items=items, parameters=Parameters(**cases.SMALL), **common)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reveal": "alice"},
        {"step": 0},
        {"step": 17},
        {"capacity": 15},
        {"capacity": 1 << 25},
        {"quota": 1},
        {"quota": (1 << 24) + 1},
        {"least": 0},
        {"block": 0},
        {"block": (1 << 12) + 1},
        {"bits": 0},
        {"bits": 49},
        {"sums": 0},
        {"sums": 147},
        {"modulus": 15},
        {"modulus": 1 << 3072},
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(cases: ModuleType, wrong: dict[str, Any]) -> None:
    with pytest.raises(MisuseError):
        Parameters(**{**cases.SMALL, **wrong})


def test_a_cipher_text_holds_as_many_sums_as_fit(cases: ModuleType) -> None:
    rows = ((b"a", (65_535,) * 146), (b"b", (65_535,) * 146), (b"c", (0,) * 146))
    checked(cases.session(seed_of, alice=(b"a", b"b"), bob=rows, sums=146))


@pytest.mark.parametrize(
    "options", [{"reveal": "bob"}, {"sums": 1}, {"bits": 17}, {"least": 3}, {"quota": 3}, {"step": 2}, {"block": 5}]
)  # fmt: skip
def test_units_with_other_parameters_do_not_run(cases: ModuleType, options: dict[str, Any]) -> None:
    alice, _ = cases.session(seed_of)["make"]()
    bob = [(item, numbers[: options.get("sums", 2)]) for item, numbers in cases.BOB]
    _, other = cases.session(seed_of, bob=bob, **options)["make"]()
    with pytest.raises(PeerError) as caught:
        run([alice, other])
    assert caught.value.check == "C1"


def test_commitments_are_to_items_and_numbers_whatever_their_order(cases: ModuleType) -> None:
    def commitment(*items: tuple[bytes, tuple[int, int]]) -> bytes:
        return cases.session(seed_of, bob=items)["make"]()[1].commitment

    a, b = (b"a", (1, 2)), (b"b", (3, 4))
    assert commitment(a, b) == commitment(b, a)
    assert len({commitment(*rows) for rows in ([a, b], [a], [(b"a", (1, 3))], [(b"a", (2, 1))], [])}) == 5


def test_a_result_prints_its_size_alone(cases: ModuleType) -> None:
    roles = cases.session(seed_of)["make"]()
    run(roles)
    assert repr(roles[1].result) == "Sums(3)"
