"""Parameters, rows, sessions and seeds with which no run begins."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from protocols.blinded_broker import Alice, Dealer, Parameters
from protocols.errors import MisuseError

PAIRED = {"layout": "paired", "pairs": 5, "told": 3, "quota": 50, "openings": 200}


@pytest.mark.parametrize(
    "wrong",
    [
        {"bits": 65}, {"bits": 0}, {"bits": 64 * 1024}, {"threshold": Fraction(0)}, {"threshold": Fraction(3, 2)},
        {"measure": "cosine"}, {"heaviest": 65}, {"most_rows": 0}, {"side": 100}, {"side": 8192}, {"reveal": "dealer"},
        {"reveal": "alice", "scores": True}, {"quota": 0}, {"first_tile": -1}, {"window": 0}, {"window": 17},
        {"alice_variants": 0}, {"bob_variants": 1025}, {"alice_variants": 32, "bob_variants": 33, "side": 64},
        {"alice_variants": 16, "bob_variants": 16, "side": 512},
        {"alice_variants": 2, "scores": True}, {"layout": "none"}, {"batch": 0}, {"pairs": 1}, {"told": 1},
        {"openings": 10_000}, {"layout": "paired"}, {"layout": "paired", "pairs": 1}, PAIRED | {"openings": 49},
        PAIRED | {"pairs": 1 << 25}, PAIRED | {"told": -1}, PAIRED | {"reveal": "alice"},
        PAIRED | {"alice_variants": 2, "scores": True},
        {"sets": 0}, {"sets": 17},
        {"threshold": Fraction(1, 2**33)}, {"threshold": Fraction(99999, 100000), "bits": 65472},
    ],
    ids=str,
)  # fmt: skip
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(MisuseError):
        Parameters(**{"bits": 64, "threshold": Fraction(4, 5)} | wrong)


def test_parameters_have_one_digest_each() -> None:
    changes = [
        {}, {"bits": 128}, {"threshold": Fraction(3, 5)}, {"measure": "jaccard"}, {"heaviest": 63}, {"most_rows": 9},
        {"side": 64}, {"reveal": "bob"}, {"scores": True}, {"quota": 9}, {"first_tile": 1}, {"window": 1},
        {"alice_variants": 2}, {"bob_variants": 2}, {"batch": 2}, PAIRED, PAIRED | {"pairs": 6}, PAIRED | {"told": 4},
        PAIRED | {"openings": 201}, {"sets": 2}, {"sets": 3},
    ]  # fmt: skip
    made = {Parameters(**{"bits": 64, "threshold": Fraction(4, 5)} | change).digest() for change in changes}
    assert len(made) == len(changes)


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((0, 1), np.uint64), np.zeros((3, 2), np.uint64), np.zeros((3, 1), np.int64), np.zeros(3, np.uint64),
        np.zeros((101, 1), np.uint64), np.full((1, 1), 2**64 - 1, np.uint64), [[1]],
    ],
    ids=["none", "wide", "signed", "flat", "many", "heavy", "list"],
)  # fmt: skip
def test_rows_that_do_not_fit_are_refused(rows: Any) -> None:
    parameters = Parameters(bits=64, threshold=Fraction(4, 5), most_rows=100, heaviest=63)
    with pytest.raises(MisuseError):
        Alice(session=bytes(32), parameters=parameters, rows=rows, seed=bytes(32), spent=set())


@pytest.mark.parametrize(("session", "seed"), [(31, 32), (33, 32), (32, 31), (32, 0)])
def test_sessions_and_seeds_have_32_bytes(session: int, seed: int) -> None:
    parameters = Parameters(bits=64, threshold=Fraction(4, 5))
    with pytest.raises(MisuseError):
        Dealer(session=bytes(session), parameters=parameters, seed=bytes(seed), spent=set()).begin()
