from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ecdh_psi import Alice, Bob, Parameters
from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.loopback import run
from protocols.primitives.masking import cut, distinct, read, words
from tests.protocols.runs import checked, seed_of

LIST = st.lists(st.binary(max_size=2), max_size=30)


@pytest.mark.parametrize("reveal", ["both", "alice", "bob"])
@pytest.mark.parametrize("size_only", [False, True], ids=["which", "how many"])
def test_who_may_know_learns_what_both_have(cases: ModuleType, reveal: str, size_only: bool) -> None:
    checked(cases.session(seed_of, reveal=reveal, size_only=size_only))


@given(LIST, LIST, st.booleans(), st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_any_lists_give_their_intersection(
    cases: ModuleType, alice: list[bytes], bob: list[bytes], size_only: bool, block: int
) -> None:
    checked(cases.session(seed_of, alice=alice, bob=bob, size_only=size_only, block=block))


@pytest.mark.parametrize(
    ("alice", "bob"), [((), ()), ((), (b"x",)), ((b"x",), (b"x",)), ((b"x",) * 40, (b"x",))]
)
def test_lists_may_be_empty_equal_or_full_of_repeats(cases: ModuleType, alice: Any, bob: Any) -> None:
    checked(cases.session(seed_of, alice=alice, bob=bob))


def test_a_unit_learns_where_in_the_other_s_list_common_items_stand(cases: ModuleType) -> None:
    alice, bob = roles = cases.session(seed_of, reveal="alice")["make"]()
    run(roles)
    assert sum(item is None for item in bob.listed) == bob._size - len(set(cases.BOB))
    found = [bob.listed[place] for place in alice.result.theirs]
    assert found == [cases.ALICE[place] for place in alice.result.items]
    assert len(set(alice.result.theirs)) == alice.result.size


def test_sizes_are_hidden_within_a_step(cases: ModuleType) -> None:
    shapes = set()
    for count in (0, 1, 7, 8):
        items = [b"%d" % number for number in range(count)]
        _, frames = checked(cases.session(seed_of, alice=items, bob=items, size_only=True))
        shapes.add(tuple((frame.sender, len(frame.data)) for frame in frames))
    assert len(shapes) == 1


def test_threads_send_the_same_frames(cases: ModuleType) -> None:
    items = [b"%d" % number for number in range(600)]
    case = cases.session(seed_of, alice=items, bob=items[::2], capacity=1024, block=1000, quota=1000)
    with ThreadPoolExecutor(3) as pool:
        assert checked(case, spread=pool.map)[1] == checked(case)[1]


def test_order_of_items_shows_in_no_frame(cases: ModuleType) -> None:
    (_, one), (_, other) = (
        checked(cases.session(seed_of, alice=items, bob=cases.BOB, size_only=True, reveal="bob"))
        for items in (sorted(cases.ALICE), sorted(cases.ALICE, reverse=True))
    )
    assert [frame.data for frame in one if frame.sender == "bob"] == [
        frame.data for frame in other if frame.sender == "bob"
    ]


def test_a_unit_that_counts_more_than_agreed_stops_without_a_result(cases: ModuleType) -> None:
    roles = cases.session(seed_of, quota=2)["make"]()
    with pytest.raises(RefusedError, match="more common items"):
        run(roles)
    assert roles[0].result is roles[1].result is None


def test_more_items_than_agreed_are_refused(cases: ModuleType) -> None:
    for kind in (Alice, Bob):
        with pytest.raises(MisuseError, match="more items"):
            kind(
                session=bytes(32),
                parameters=Parameters(**cases.SMALL),
                items=[b"%d" % number for number in range(33)],
                seed=bytes(32),
                spent=set(),
            )


@pytest.mark.parametrize(
    "wrong",
    [
        {"reveal": "nobody"},
        {"step": 0},
        {"step": 33},
        {"capacity": 31},
        {"capacity": 1 << 29},
        {"quota": 0},
        {"block": 0},
        {"block": (1 << 20) + 1},
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(cases: ModuleType, wrong: dict[str, Any]) -> None:
    with pytest.raises(MisuseError):
        Parameters(**{**cases.SMALL, **wrong})


def test_units_with_other_parameters_do_not_run(cases: ModuleType) -> None:
    alice, _ = cases.session(seed_of)["make"]()
    for options in ({"size_only": True}, {"reveal": "alice"}, {"quota": 3}, {"step": 4}, {"block": 5}):
        _, bob = cases.session(seed_of, **options)["make"]()
        alice, _ = cases.session(seed_of)["make"]()
        with pytest.raises(PeerError) as caught:
            run([alice, bob])
        assert caught.value.check == "C1"


def test_a_commitment_is_to_the_items_whatever_their_order(cases: ModuleType) -> None:
    def commitment(items: list[bytes]) -> bytes:
        return cases.session(seed_of, alice=items)["make"]()[0].commitment

    assert commitment([b"a", b"b", b"a"]) == commitment([b"b", b"a"])
    assert len({commitment(items) for items in ([b"a", b"b"], [b"ab"], [b"", b"ab"], [b"a"], [])}) == 5


def test_a_result_prints_its_size_alone(cases: ModuleType) -> None:
    roles = cases.session(seed_of)["make"]()
    run(roles)
    assert repr(roles[0].result) == "Intersection(3)"


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=8))
def test_tags_travel_and_are_told_apart_zeros_at_their_end_or_not(texts: list[bytes]) -> None:
    rows = np.frombuffer(b"".join(text + bytes(16) for text in texts), np.uint8).reshape(-1, 32)
    tags = cut(rows)
    assert (read(words(tags)) == tags).all()
    assert words(tags).tobytes() == b"".join(texts)
    assert distinct(tags) == (len(set(texts)) == len(texts))
    assert words(np.sort(tags)).tobytes() == b"".join(sorted(texts))
