"""A dealer that deals wrong is found out with the agreed chance, before what it dealt is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from protocols.blinded_broker import Dealer
from protocols.blinded_broker.sets import dealt, set_seed
from protocols.errors import PeerError
from protocols.loopback import run
from protocols.role import Frame

Maker = Callable[..., Any]
Lie = Callable[[int, int, Any], None]
"""(tile, set, corrections) spoils them in place, or not."""
RECORDS, BOB_SHARE = 3, 6


def with_liar(case: Any, lie: Lie, number: int = 0) -> list[Any]:
    """The case's roles; the dealer marks what it deals wrong as if it were right."""
    alice, bob, dealer = case.make(run=number)
    honest: Any = dealer._deal_set

    def spoiled(tile: int, which: int, seeds: Any) -> Any:
        planes = honest(tile, which, seeds)
        lie(tile, which, planes)
        return planes

    dealer._deal_set = spoiled
    return [alice, bob, dealer]


def flip(tile: int, which: int, place: int = 0) -> Lie:
    def lie(a_tile: int, a_set: int, planes: Any) -> None:
        if (a_tile, a_set) == (tile, which):
            planes[place] ^= np.uint64(1)

    return lie


@pytest.fixture
def small(run_of: Maker, rows_of: Maker) -> Maker:
    """Two rows and three, one tile."""
    alice = rows_of(1, 2, 1)
    return lambda **options: run_of(alice, rows_of(2, 3, 1, alice), **options)


def drawn(case: Any, number: int = 0) -> list[int]:
    """Which set of each tile an honest run uses."""
    chosen: list[int] = []

    def network(frame: Frame) -> tuple[Frame]:
        if frame.data[46] == 19:
            chosen.append(frame.data[72])
        return (frame,)

    run(case.make(run=number), network=network)
    return chosen


PAIRED = {"layout": "paired", "pairs": 5, "told": 3, "quota": 50, "openings": 200}
KINDS: list[dict[str, Any]] = [
    *({"reveal": reveal} for reveal in ("both", "alice", "bob")),
    {"scores": True},
    {"alice_variants": 3, "bob_variants": 2},
    {"alice_variants": 5, "bob_variants": 1, "reveal": "bob"},
    *(PAIRED | {"batch": batch} for batch in (1, 2, 16)),
    PAIRED | {"bob_variants": 2, "batch": 2},
]


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("options", KINDS, ids=str)
def test_hits_are_those_of_the_plain_computation_and_nothing_is_kept(
    run_of: Maker, rows_of: Maker, options: dict[str, Any], window: int
) -> None:
    """Neither sets nor records of tiles that are done: else memory grew with the lists."""
    alice = rows_of(9, 70 * options.get("alice_variants", 1), 1)
    bob = rows_of(10, 66 * options.get("bob_variants", 1), 1, alice)
    case = run_of(alice, bob, window=window, sets=2 + window % 2, **options)
    roles = case.make()
    run(roles)
    assert {role.name: case.result(role) for role in roles} == dict(case.answers)
    assert len(case.answers["alice"] or case.answers["bob"]) > 3
    units = [getattr(role, name, {}) for role in roles[:2] for name in KEEPING]
    assert not any(units)
    assert not roles[2]._dealt


KEEPING = ("_blocks", "_left", "_right", "_sets", "_drawn", "_answers", "_tosses", "_waiting", "_openings")


@pytest.mark.parametrize("sets", [2, 3, 5, 16])
def test_a_wrong_set_is_found_unless_it_is_the_one_that_is_used(small: Maker, sets: int) -> None:
    case = small(sets=sets)
    (used,) = drawn(case)
    for which in range(sets):
        roles = with_liar(case, flip(0, which))
        if which == used:
            run(roles)  # the coin does not depend on what sets are, so the same is drawn
            continue
        with pytest.raises(PeerError) as caught:
            run(roles)
        error = caught.value
        assert (error.sender, error.step, error.check) == ("dealer", "4b", "C21")
        assert str(error) == f"dealer broke check C21 of step 4b: set {which} of tile 0 was dealt wrong"


VARIANTS = {"alice_variants": 2, "bob_variants": 1}


@pytest.mark.parametrize("options", [{}, VARIANTS, {"scores": True}], ids=str)
def test_any_wrong_bit_is_found(small: Maker, rows_of: Maker, run_of: Maker, options: Any) -> None:
    case = run_of(rows_of(1, 4, 1), rows_of(2, 3, 1), sets=2, **options)
    (used,) = drawn(case)
    size: list[int] = []
    run(with_liar(case, lambda tile, which, planes: size.append(len(planes))))
    for place in {*range(0, size[0], 97), size[0] - 1}:
        with pytest.raises(PeerError) as caught:
            run(with_liar(case, flip(0, 1 - used, place)))
        assert caught.value.check == "C21"


@pytest.mark.parametrize("party", ["alice", "bob"])
def test_each_unit_finds_it_alone(small: Maker, party: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither relies on the other's having looked."""
    case = small(sets=2)
    (used,) = drawn(case)
    roles = with_liar(case, flip(0, 1 - used))
    other = roles[party == "alice"]
    honest = other.use

    def trusting(*given: Any) -> None:
        """Does opened sets again just as the dealer did."""

        def wrong(*of: Any) -> Any:
            planes = dealt(*of)
            planes[0] ^= np.uint64(1)
            return planes

        with monkeypatch.context() as patch:
            patch.setattr("protocols.blinded_broker.proving.dealt", wrong)
            honest(*given)

    other.use = trusting
    with pytest.raises(PeerError) as caught:
        run(roles)
    assert caught.value.check == "C21"
    assert [role.name for role in roles if role.state == "failed"] == [party]


def test_nothing_of_a_tile_was_sent_when_a_set_of_it_is_found_wrong(run_of: Maker, rows_of: Maker) -> None:
    """Not even masked; and of tiles before, no more than they tell anyway."""
    case = run_of(rows_of(1, 130, 1), rows_of(2, 3, 1), sets=2, window=1)
    used = drawn(case)
    sent: list[tuple[int, int]] = []

    def network(frame: Frame) -> tuple[Frame]:
        sent.append((frame.data[46], int.from_bytes(frame.data[64:72], "little")))
        return (frame,)

    with pytest.raises(PeerError):
        run(with_liar(case, flip(1, 1 - used[1])), network=network)
    assert len(used) == 3
    assert (RECORDS, 0) in sent
    assert not {(kind, tile) for kind, tile in sent if kind in (RECORDS, BOB_SHARE)} & {
        (RECORDS, 1), (RECORDS, 2), (BOB_SHARE, 1)
    }  # fmt: skip


def caught_of(case: Any, lies: Callable[[int], Lie], runs: int) -> int:
    """In how many runs, each with its own seeds, the dealer is found out."""
    found = 0
    for number in range(runs):
        try:
            run(with_liar(case, lies(number), number))
        except PeerError as error:
            found += error.check == "C21"
    return found


@pytest.mark.parametrize("sets", [2, 3, 4])
def test_a_dealer_escapes_as_often_as_agreed(small: Maker, sets: int) -> None:
    """In one tile, wherever it lies: 1 / sets, within three standard deviations. Seeds are fixed."""
    runs = 240
    case = small(sets=sets)
    escaped = runs - caught_of(case, lambda number: flip(0, number % sets), runs)
    spread = (runs * (1 / sets) * (1 - 1 / sets)) ** 0.5
    assert abs(escaped - runs / sets) < 3 * spread


@pytest.mark.parametrize(("tiles", "most"), [(2, 1 / 4), (3, 1 / 8)])
def test_in_several_tiles_it_escapes_as_often_as_in_all_of_them_together(
    run_of: Maker, rows_of: Maker, tiles: int, most: float
) -> None:
    runs = 120
    case = run_of(rows_of(1, 64 * (tiles - 1) + 2, 1), rows_of(2, 3, 1), sets=2)

    def lies(number: int) -> Lie:
        return lambda tile, which, planes: flip(tile, (number >> tile) % 2)(tile, which, planes)

    escaped = runs - caught_of(case, lies, runs)
    assert abs(escaped - runs * most) < 3 * (runs * most * (1 - most)) ** 0.5


def test_a_lie_that_escapes_makes_the_result_wrong(small: Maker) -> None:
    """So what is found out is not for nothing."""
    case = small(sets=2)
    (used,) = drawn(case)
    z_bits = case.make()[0].parameters.rule.z_bits

    def lie(tile: int, which: int, planes: Any) -> None:
        if which == used:
            planes[(z_bits - 1) * 2 : z_bits * 2] ^= np.uint64(2**64 - 1)

    roles = with_liar(case, lie)
    try:
        run(roles)
    except PeerError as error:
        assert error.check in ("C12", "C13")  # noqa: PT017  a hit on an empty row; that shows by chance alone
    else:
        assert case.result(roles[0]) != case.answers["alice"]


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_the_draw_depends_on_both_units_seeds_and_not_on_the_dealers(small: Maker, name: str) -> None:
    """As bound does: so nothing that the dealer chooses after it has heard of both decides."""
    case = small(sets=16)

    def of(**runs: int) -> int:
        roles = [
            next(r for r in case.make(run=runs.get(n, 0)) if r.name == n) for n in ("alice", "bob", "dealer")
        ]
        seen = [0]

        def network(frame: Frame) -> tuple[Frame]:
            seen[0] = frame.data[72] if frame.data[46] == 19 else seen[0]
            return (frame,)

        run(roles, network=network)
        return seen[0]

    assert len({of(**{name: number}) for number in range(30)}) > 8


def test_draws_are_spread_over_all_sets(run_of: Maker, rows_of: Maker) -> None:
    case = run_of(rows_of(1, 70, 1), rows_of(2, 65, 1), sets=4)
    counts = np.bincount([which for number in range(60) for which in drawn(case, number)], minlength=4)
    assert counts.sum() == 240
    assert (abs(counts - 60) < 4 * (240 * 3 / 16) ** 0.5).all()


def test_a_dealer_deals_no_more_sets_than_the_window_has_tiles(run_of: Maker, rows_of: Maker) -> None:
    """Else a unit could make it keep all at once."""
    roles = run_of(rows_of(1, 300, 1), rows_of(2, 3, 1), sets=2, window=1).make()
    bob = roles[1]
    honest = bob._ask_tossed
    bob._ask_tossed = lambda: honest() + bob._ask()
    with pytest.raises(PeerError) as caught:
        run(roles)
    assert (caught.value.sender, caught.value.step, caught.value.check) == ("bob", "4", "C8")


def test_no_seed_or_mask_serves_twice(run_of: Maker, rows_of: Maker) -> None:
    """The same rows are sent for each of six tiles; nor is anything opened that masks."""
    case = run_of(rows_of(1, 130, 1), rows_of(2, 70, 1), sets=3)
    roles = case.make()
    frames = run(roles)
    bodies = [frame.data[64:-16] for frame in frames if frame.data[46] in (3, 6, 7, 8, 17, 18)]
    pieces = [body[at : at + 32] for body in bodies for at in range(8, len(body) - 32, 32)]
    assert len(pieces) == len(set(pieces))
    for role in roles[:2]:
        kind, start = (17, 136) if role.name == "alice" else (18, 72)
        told = [frame.data[start:-16] for frame in frames if frame.data[46] == kind]
        opened = {seeds[at : at + 32] for seeds in told for at in (0, 32)}
        every = {
            set_seed(role._dealt.seed, role.name, role.bound, tile, which)
            for tile in range(6)
            for which in range(3)
        }
        assert len(every) == 18
        assert len(opened & every) == len(opened) == 12


def test_a_dealer_that_proves_sends_only_marks_before_the_draw(small: Maker) -> None:
    case = small(sets=2)
    sizes = [(f.data[46], len(f.data) - 80) for f in run(case.make()) if f.sender == "dealer"]
    corrections = sizes.pop()
    assert corrections[0] == 5
    assert sizes == [(2, 64), (2, 64), (15, 8 + 2 * 96), (15, 8 + 2 * 96)]
    assert isinstance(case.make()[2], Dealer)
