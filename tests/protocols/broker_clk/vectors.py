"""What protocols/broker_clk/vectors hold; `python -m tests.protocols.write_vectors broker_clk` writes them."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Any

import numpy as np

from protocols.broker_clk import Broker, Parameters, Unit
from protocols.broker_clk.messages import MESSAGES as MESSAGES


class Pairs:
    """Equal rows, in order of places: the join of the vectors; any other gives the same frames up to step 4."""

    def __init__(self, left: np.ndarray, right: np.ndarray, _threshold: Fraction) -> None:
        same = np.argwhere((left[:, None] == right[None]).all(axis=2))
        self.left, self.right, self.score = same[:, 0], same[:, 1], np.ones(len(same))


PARTIES = ("unit1", "unit2", "broker")
INPUTS: dict[str, Any] = {
    "protocol": "broker_clk/1",
    "session": bytes(range(100, 132)).hex(),
    "seeds": {name: hashlib.sha256(f"vector {name}".encode()).hexdigest() for name in PARTIES},
    "parameters": {
        "bits": 64, "threshold": "4/5", "units": 2, "scores": False, "capacity": 6, "quota": 3, "block": 3,
    },
    "rows": {"unit1": ["0f", "33", "55", "66"], "unit2": ["55", "7f", "0f"]},
}  # fmt: skip
"""Rows are numbers of 64 bits."""
RUNS: dict[str, dict[str, Any]] = {"run_hits": {}, "run_scores": {"parameters": {"scores": True}}}
FRAMES = (
    "unit1 hello",
    "unit2 hello",
    "roster 1",
    "roster 2",
    "rows 1",
    "rows 1b",
    "rows 2",
    "hits 1",
    "hits 2",
)
"""Frames by number, in the order in which they are sent; unit1's rows fill two blocks."""
BODY, ROWS, NONCE, ENTRY, HIT = 64, 96, 136, 72, 24
SCORES = {"inputs": RUNS["run_scores"]}
HALF = "000000000000e03f"


def broken(frame: str, party: str, step: str, check: str, **change: Any) -> dict[str, Any]:
    error = {"party": party, "step": step, "check": check}
    return {"change": {"frame": FRAMES.index(frame), **change}, "error": error}


BROKEN: dict[str, dict[str, Any]] = {
    "parameters": broken("unit2 hello", "broker", "1", "C1", xor=[[BODY, "01"]]),
    "rows_none": broken("unit1 hello", "broker", "1", "C2", set=[[ROWS, "00"]]),
    "rows_too_many": broken("unit2 hello", "broker", "1", "C2", set=[[ROWS, "07"]]),
    "rows_endless": broken("unit2 hello", "broker", "1", "C2", set=[[ROWS, "ff" * 8]]),
    "roster_with_too_many_rows": broken("roster 1", "unit1", "2", "C2", set=[[BODY + ENTRY, "07"]]),
    "second_hello": broken("unit1 hello", "broker", "1", "C3", again=True),
    "nonce_of_another": broken("unit2 hello", "broker", "1", "C4", nonce=True),
    "roster_short": broken("roster 1", "unit1", "2", "C4", cut=ENTRY),
    "roster_long": broken("roster 2", "unit2", "2", "C4", more=8),
    "roster_with_one_nonce_twice": broken(
        "roster 2", "unit2", "2", "C4", copy=[BODY + 40, BODY + ENTRY + 40, 32]
    ),
    "roster_says_we_said_another_commitment": broken("roster 1", "unit1", "2", "C5", xor=[[BODY + 8, "01"]]),
    "roster_says_we_said_fewer_rows": broken("roster 2", "unit2", "2", "C5", set=[[BODY + ENTRY, "02"]]),
    "block_left_out": broken("rows 1", "broker", "3", "C6", set=[[BODY, "01"]]),
    "block_twice": broken("rows 1", "broker", "3", "C6", again=True),
    "block_after_the_last": broken("rows 2", "broker", "3", "C6", set=[[BODY, "ff" * 8]]),
    "block_short": broken("rows 1", "broker", "3", "C7", cut=8),
    "block_long": broken("rows 1b", "broker", "3", "C7", more=8),
    "hits_with_ourselves": broken("hits 1", "unit1", "4", "C8", set=[[BODY, "00"]]),
    "hits_with_nobody": broken("hits 2", "unit2", "4", "C8", set=[[BODY, "02"]]),
    "hits_with_endless": broken("hits 2", "unit2", "4", "C8", set=[[BODY, "ff" * 8]]),
    "hit_short": broken("hits 1", "unit1", "4", "C9", cut=8),
    "hits_beyond_the_quota": broken("hits 1", "unit1", "4", "C9", more=2 * HIT),
    "place_that_is_not_here": broken("hits 1", "unit1", "4", "C10", set=[[BODY + 8, "04"]]),
    "place_that_is_not_there": broken("hits 1", "unit1", "4", "C10", set=[[BODY + 16, "03"]]),
    "score_that_was_not_agreed": broken("hits 2", "unit2", "4", "C10", set=[[BODY + 24, HALF]]),
    "score_too_low": broken("hits 2", "unit2", "4", "C10", set=[[BODY + 24, HALF]]) | SCORES,
    "score_no_number": broken("hits 2", "unit2", "4", "C10", set=[[BODY + 24, "ff" * 8]]) | SCORES,
    "hit_twice": broken("hits 1", "unit1", "4", "C10", copy=[BODY + 8, BODY + 8 + HIT, HIT]),
    "more_hits_than_agreed": {
        "inputs": {"parameters": {"quota": 1}},
        "error": {"party": "broker", "refused": True},
    },
}
"""nonce: unit1's in the place of unit2's."""


def edit(body: bytearray, change: dict[str, Any], _frame: Any, roles: list[Any]) -> None:
    """Changes that no other protocol's vectors have."""
    if change.get("nonce"):
        body[NONCE : NONCE + 32] = roles[0]._nonce


def roles_of(vector: dict[str, Any]) -> list[Any]:
    """The roles that a vector describes."""
    agreed = Parameters(**vector["parameters"] | {"threshold": Fraction(vector["parameters"]["threshold"])})

    def common(name: str) -> dict[str, Any]:
        session, seed = bytes.fromhex(vector["session"]), bytes.fromhex(vector["seeds"][name])
        return {"session": session, "parameters": agreed, "seed": seed, "spent": set()}

    rows = {
        name: np.array([[int(row, 16)] for row in mine], np.uint64) for name, mine in vector["rows"].items()
    }
    units = [Unit(name, rows=mine, **common(name)) for name, mine in rows.items()]
    return [*units, Broker(join=Pairs, **common("broker"))]


def learned(role: Any) -> Any:
    hits = getattr(role, "result", None)
    return hits and [[hit.row, hit.unit, hit.handle, hit.score] for hit in hits]
