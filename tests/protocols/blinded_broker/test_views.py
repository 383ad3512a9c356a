"""What a unit sees can be made up without the other unit's rows, and statistics find no difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from protocols.blinded_broker.randomness import UnitRandomness
from protocols.loopback import run

Maker = Callable[..., Any]
Views = list[list[tuple[str, bytes]]]
RUNS = 40
FAR = 5.0
"""Standard deviations. Seeds are fixed, so a passing test passes always."""


def real_views(case: Any, name: str, runs: int = RUNS) -> Views:
    return [
        [(f.sender, f.data[64:-16]) for f in run(case.make(run=number)) if f.recipient == name]
        for number in range(runs)
    ]


def made_up_views(simulator: ModuleType, case: Any, name: str, runs: int = RUNS) -> tuple[Views, set[Any]]:
    """Views, and the results that the real role came to by them."""
    views, results = [], set()
    roles = case.make()
    mine, other = (roles[0], roles[1]) if name == "alice" else (roles[1], roles[0])
    hits = scored(case, roles)
    for number in range(runs):
        world = simulator.World(
            type(mine), mine.parameters, len(other._data), hits, number, *also_learned(case, other)
        )
        views.append(world.view(mine._data.reshape(-1, mine._data.shape[2]), number, mine._filling))
        mine.result = world.result
        results.add(str(case.result(mine)))
    return views, results


def also_learned(case: Any, other: Any) -> tuple[Any, ...]:
    """With paired blocks: how full the other's are, and every place at which a hit was opened."""
    if other._filling is None:
        return ()
    roles = case.make()
    run(roles)
    found = [role.progress.hits for role in roles[:2]]
    columns = (found[1].alice, found[0].bob, found[0].alice, found[1].bob)
    return other._filling.words, list(zip(*(column.tolist() for column in columns), strict=True))


def scored(case: Any, roles: list[Any]) -> list[Any]:
    alice, bob = roles[0]._weights[:, 0], roles[1]._weights[:, 0]
    hits = case.answers["alice"] or case.answers["bob"]
    return [(i, j, common, int(alice[i]), int(bob[j])) for i, j, common in hits]


def table(views: Views) -> np.ndarray:
    """(runs, bits) of all that was seen."""
    return np.stack(
        [np.unpackbits(np.frombuffer(b"".join(body for _, body in view), np.uint8)) for view in views]
    )


def statistics(real: np.ndarray, made: np.ndarray) -> Iterator[tuple[str, float]]:
    """Differences in standard deviations: of each bit, and of each bit and another together."""
    for name, step in (
        ("bits", 0),
        ("neighbours", 1),
        ("next word", 64),
        ("next plane", 64 * 5),
        ("far", 4099),
    ):
        both = [
            (bits ^ np.roll(bits, step, 1) if step else bits).astype(np.int64).sum(0) for bits in (real, made)
        ]
        runs = len(real) + len(made)
        live = (both[0] + both[1]) % runs != 0
        share = (both[0] + both[1])[live] / runs
        variance = share * (1 - share) * runs * runs / (runs - 1)  # given the sum, for as many of both
        squares = (both[0][live] - both[1][live]) ** 2 / variance
        yield name, float((squares.sum() - live.sum()) / np.sqrt(2 * live.sum()))
        weight = [bits[:, live].mean(1) for bits in (real, made)]
        spread = np.sqrt(weight[0].var() / len(real) + weight[1].var() / len(made)) or 1.0
        yield f"{name}, share of ones", float((weight[0].mean() - weight[1].mean()) / spread)


# fmt: off
OPTIONS: dict[str, dict[str, Any]] = {
    "both": {},
    "alice": {"reveal": "alice"},
    "bob": {"reveal": "bob"},
    "scores": {"scores": True, "quota": 20},
    "variants": {"alice_variants": 2, "bob_variants": 2},
    "variants for alice": {"alice_variants": 3, "reveal": "alice"},
    "paired": {"layout": "paired", "batch": 2, "pairs": 2, "told": 2, "quota": 20, "openings": 30},
    "variants for bob": {"bob_variants": 2, "reveal": "bob"},
    "two levels": {"alice_variants": 3, "bob_variants": 2},
    "two levels for alice": {"alice_variants": 3, "bob_variants": 2, "reveal": "alice"},
    "two levels for bob": {"alice_variants": 3, "bob_variants": 2, "reveal": "bob"},
    "sets": {"sets": 2},
    "sets with scores": {"sets": 3, "scores": True, "quota": 20},
    "sets of variants": {"sets": 2, "alice_variants": 2, "bob_variants": 2},
    "sets, paired": {
        "sets": 2, "layout": "paired", "batch": 1, "pairs": 1, "told": 2, "quota": 20, "openings": 30
    },
    "three levels": {"alice_variants": 6, "bob_variants": 4},
    "three levels for alice": {"alice_variants": 6, "bob_variants": 4, "reveal": "alice"},
    "three levels for bob": {"alice_variants": 6, "bob_variants": 4, "reveal": "bob"},
}
# fmt: on


@pytest.fixture(params=OPTIONS)
def world(request: pytest.FixtureRequest, run_of: Maker, rows_of: Maker) -> Any:
    alice = rows_of(21, 6, 1)
    return run_of(alice, rows_of(22, 4, 1, alice), window=1, **OPTIONS[request.param])


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_a_view_can_be_made_up_from_ones_own_rows_and_result(
    world: Any, name: str, simulator: ModuleType
) -> None:
    runs = 20 if world.make()[0].parameters.layout == "paired" else RUNS
    real = real_views(world, name, runs)
    made, results = made_up_views(simulator, world, name, runs)
    assert results == {str(world.answers[name])}
    kinds = [[(sender, len(body)) for sender, body in view] for view in (*real, *made)]
    assert all(sorted(kind) == sorted(kinds[0]) for kind in kinds)
    for what, far in statistics(table(real), table(made)):
        assert abs(far) < FAR, what


@pytest.mark.parametrize("leak", ["records", "tiles", "u alone"])
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_the_statistics_see_a_mask_that_is_missing(
    name: str,
    leak: str,
    simulator: ModuleType,
    run_of: Maker,
    rows_of: Maker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice = rows_of(21, 6, 1)
    case = run_of(alice, rows_of(22, 5, 1, alice), window=1)
    made, _ = made_up_views(simulator, case, name)
    honest = UnitRandomness.tile_masks

    def unmasked(self: UnitRandomness, tile: int, words: int) -> Any:
        masks = honest(self, tile, words)
        hidden = {"u": ("u",), "tiles": tuple(masks)}["u" if leak == "u alone" else "tiles"]
        return {key: np.zeros_like(planes) if key in hidden else planes for key, planes in masks.items()}

    if leak == "records":
        zeros = lambda self, block, width: np.zeros((64, width), np.uint16)  # noqa: E731
        monkeypatch.setattr(UnitRandomness, "record_masks", zeros)
    else:
        monkeypatch.setattr(UnitRandomness, "tile_masks", unmasked)
    real = real_views(case, name)
    found = max(abs(far) for _, far in statistics(table(real), table(made)))
    if (name, leak) == ("alice", "u alone"):
        assert found < FAR  # u hides the product from Bob; Alice knows it
    else:
        assert found > 2 * FAR


def test_the_dealer_sees_two_hellos_and_which_tile_is_next(run_of: Maker, rows_of: Maker) -> None:
    alice = rows_of(21, 6, 1)
    views = real_views(run_of(alice, rows_of(22, 5, 1, alice)), "dealer", 20)
    assert {tuple((sender, len(body)) for sender, body in view) for view in views} == {
        (("alice", 104), ("bob", 104), ("bob", 8))
    }
    asked = {view[2][1] for view in views}
    assert asked == {bytes(8)}
    secrets = {body[40:] for view in views for _, body in view[:2]}
    assert len(secrets) == 2 * len(views)


def test_with_sets_the_dealer_sees_which_is_drawn_too(run_of: Maker, rows_of: Maker) -> None:
    """And that depends on no row."""
    alice = rows_of(21, 6, 1)
    views = [
        real_views(run_of(alice, rows_of(other, 5, 1, alice), window=1, sets=2), "dealer", 40)
        for other in (22, 23)
    ]
    for view in (*views[0], *views[1]):
        assert [(sender, len(body)) for sender, body in view[2:]] == [("bob", 8), ("bob", 16)]
    which = [[view[3][1][8] for view in some] for some in views]
    assert set(which[0]) == set(which[1]) == {0, 1}
    assert abs(sum(which[0]) - sum(which[1])) < 5 * (2 * 40 / 4) ** 0.5
