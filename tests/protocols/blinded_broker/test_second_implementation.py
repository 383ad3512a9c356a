from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from protocols.loopback import run

# fmt: off
CASES: dict[str, dict[str, Any]] = {
    "scores": {"scores": True, "quota": 5},
    "many columns": {"sizes": (2, 66), "reveal": "alice"},
    "fine threshold, two words": {"words": 2, "threshold": Fraction(853, 1000), "reveal": "bob"},
    "jaccard, no full row": {"measure": "jaccard", "threshold": Fraction(7, 10), "heaviest": 63},
    "equal rows alone": {"threshold": Fraction(1)},
    "variants": {"sizes": (4, 6), "alice_variants": 2, "bob_variants": 2},
    "variants, for Alice": {"sizes": (3, 6), "bob_variants": 3, "reveal": "alice"},
    "variants, for Bob": {"sizes": (6, 3), "alice_variants": 2, "reveal": "bob"},
    "nine pairs of variants, two levels": {"sizes": (6, 9), "alice_variants": 3, "bob_variants": 3},
    "two levels, for Alice": {"sizes": (5, 6), "alice_variants": 5, "reveal": "alice"},
    "two levels, for Bob": {"sizes": (4, 10), "alice_variants": 2, "bob_variants": 5, "reveal": "bob"},
    "three levels": {"sizes": (10, 8), "alice_variants": 5, "bob_variants": 4},
    "three levels, for Alice": {"sizes": (17, 2), "alice_variants": 17, "reveal": "alice"},
    "three levels, for Bob": {"sizes": (17, 2), "alice_variants": 17, "reveal": "bob"},
    "paired": {"sizes": (9, 7), "layout": "paired", "pairs": 2, "told": 3, "openings": 30, "quota": 12},
    "paired, in batches, with scores": {
        "sizes": (6, 5), "layout": "paired", "pairs": 3, "batch": 2, "openings": 20, "quota": 9, "scores": True,
    },
    "paired variants": {
        "sizes": (6, 4), "layout": "paired", "pairs": 1, "told": 1, "openings": 20, "quota": 9, "bob_variants": 2,
    },
    "sets, several tiles": {"sizes": (2, 66), "sets": 3, "scores": True, "quota": 9},
    "sets of variants, for Bob": {"sizes": (4, 6), "alice_variants": 2, "bob_variants": 3, "sets": 2, "reveal": "bob"},
    "sets, paired": {"sizes": (6, 5), "layout": "paired", "pairs": 2, "openings": 20, "quota": 9, "sets": 2},
    "sets, taken up": {"sizes": (2, 66), "sets": 2, "first_tile": 1, "reveal": "alice"},
    "taken up": {"sizes": (2, 66), "first_tile": 1},
    "paired, taken up": {
        "sizes": (6, 5), "layout": "paired", "pairs": 3, "batch": 2, "openings": 20, "quota": 9, "first_tile": 1,
    },
}
# fmt: on


@pytest.mark.parametrize("name", CASES)
def test_two_implementations_send_the_same_bytes(
    name: str, plain: ModuleType, run_of: Callable[..., Any], rows_of: Callable[..., np.ndarray]
) -> None:
    options = {"window": 1} | CASES[name]
    (many, few), words = options.pop("sizes", (3, 4)), options.pop("words", 1)
    alice = rows_of(11, many, words)
    bob = rows_of(12, few, words, alice)
    if "heaviest" in options:
        alice, bob = alice >> np.uint64(1), bob >> np.uint64(1)
    case = run_of(alice, bob, **options)
    links: dict[tuple[str, str], list[bytes]] = {}
    roles = case.make()
    for frame in run(roles):
        links.setdefault((frame.sender, frame.recipient), []).append(frame.data)
    other = plain.Run(
        rows={"alice": _numbers(alice), "bob": _numbers(bob)},
        seeds={role.name: role._seed for role in roles},
        session=roles[0].session,
        bits=64 * words,
        **_fillings(roles),
        **_as_numbers({"threshold": Fraction(4, 5)} | options),
    )
    assert other.frames() == links


def _fillings(roles: list[Any]) -> dict[str, Any]:
    fillings = {role.name: role._filling for role in roles[:2] if role._filling is not None}
    return {
        "places": {name: filling.places.tolist() for name, filling in fillings.items()},
        "words": {name: filling.words.tolist() for name, filling in fillings.items()},
    }


def _as_numbers(options: dict[str, Any]) -> dict[str, Any]:
    codes = {"layout": ("all", "paired"), "measure": ("dice", "jaccard"), "reveal": ("both", "alice", "bob")}
    return {key: codes[key].index(value) if key in codes else value for key, value in options.items()}


def _numbers(rows: np.ndarray) -> list[int]:
    return [int.from_bytes(row.tobytes(), "little") for row in rows]
