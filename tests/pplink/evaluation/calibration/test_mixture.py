"""Matches told from scores alone."""

import numpy as np
import numpy.typing as npt
import pytest

from pplink.evaluation.calibration.mixture import BINS, unmix
from pplink.join.pairs import Pairs

FLOOR = 0.6
SPREAD = 0.03


def pairs_of(left: list[int], right: list[int], score: list[float]) -> Pairs:
    order = np.lexsort((right, left, -np.array(score)))
    return Pairs(
        left=np.array(left, np.int64)[order],
        right=np.array(right, np.int64)[order],
        score=np.array(score, np.float64)[order],
    )


def shape() -> npt.NDArray[np.float64]:
    """Of strangers whose scores fall off by half every 0.02."""
    reached = np.exp(-(np.linspace(FLOOR, 1, BINS + 1) - FLOOR) / SPREAD)
    found: npt.NDArray[np.float64] = np.maximum(reached[:-1] - reached[1:], 1e-12)
    return found


def lists(few: int, many: int, common: int) -> Pairs:
    """Matches at 0.8 or so, and three strangers a record of the first list."""
    rng = np.random.default_rng(few + common)
    strangers = 3 * few
    return pairs_of(
        [*rng.integers(0, few, strangers), *rng.permutation(few)[:common]],
        [*rng.integers(0, many, strangers), *rng.permutation(many)[:common]],
        [
            *np.minimum(FLOOR + rng.exponential(SPREAD, strangers), 0.99),
            *np.clip(rng.normal(0.8, 0.05, common), FLOOR, 1),
        ],
    )


@pytest.mark.parametrize("common", [20, 100, 180])
def test_which_list_comes_first_makes_no_difference(common: int) -> None:
    """Of a long list and a short one, 198 matches were told where there are 20."""
    pairs = lists(200, 4000, common)
    turned = Pairs(left=pairs.right, right=pairs.left, score=pairs.score)
    one, other = unmix(pairs, (200, 4000), FLOOR, shape()), unmix(turned, (4000, 200), FLOOR, shape())
    assert abs(one.matches - common) < 5 + 0.1 * common
    assert np.abs(one.chance - other.chance).max() < 0.01


@pytest.mark.parametrize("score", [FLOOR, 0.8, 1.0])
@pytest.mark.parametrize("records", [(1, 1), (1, 60), (60, 1), (60, 60)])
def test_equal_scores_and_single_records_give_chances(records: tuple[int, int], score: float) -> None:
    left, right = (side.ravel().tolist() for side in np.indices(records))
    found = unmix(pairs_of(left, right, [score] * len(left)), records, FLOOR, shape())
    assert ((found.chance >= 0) & (found.chance <= 1)).all()
    assert found.matches <= records[0] + 1e-6
