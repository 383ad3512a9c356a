"""What protocols/paillier_stats/vectors hold; `python -m tests.protocols.write_vectors paillier_stats` writes them."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Any

from protocols.paillier_stats import Account, Broker, Keeper, Parameters, SecretKey, Unit
from protocols.paillier_stats.messages import MESSAGES as MESSAGES
from tests.protocols.paillier_key import PRIMES

PARTIES = ("unit1", "unit2", "keeper", "broker")
INPUTS: dict[str, Any] = {
    "protocol": "paillier_stats/1",
    "session": bytes(range(100, 132)).hex(),
    "seeds": {name: hashlib.sha256(f"vector {name}".encode()).hexdigest() for name in PARTIES},
    "key": PRIMES,
    "parameters": {"units": 2, "cells": 4, "sums": 1, "bits": 32, "threshold": 3, "each": True},
    "tables": {
        "unit1": [[4, 70], [3, 1], [2, 9], [11, 2**32 - 1]],
        "unit2": [[3, 30], [9, 2], [7, 1], [2**32 - 1, 0]],
    },
    "noise": None,
}
RUNS: dict[str, dict[str, Any]] = {
    "run_each": {},
    "run_all": {"parameters": {"each": False}},
    "run_noise": {
        "parameters": {"epsilon": "1/2", "touches": 2, "largest": 5, "most_noise": 20},
        "noise": {
            "unit1": [[-4, 20], [1, -1], [0, -20], [2, 3]],
            "unit2": [[0, 0], [-7, 5], [-20, 20], [20, 1]],
        },
    },
}
FRAMES = (
    "unit1 hello", "unit2 hello", "keeper hello", "roster keeper", "roster 1", "roster 2", "table 1", "table 2",
    "masked", "limits", "asked", "answered", "verdict", "parts 1", "parts 2", "masks 1", "masks 2",
)  # fmt: skip
"""Frames by number, in the order in which they are sent. Cells 0, 1 and 3 are released."""
BODY, COMMITMENT, NONCE, ENTRY, CIPHER = 64, 96, 128, 64, 768
ZEROS, NEGATIVE, LARGE = "00" * 32, "01" + "00" * 31, "ff" * 31 + "7f"


def broken(frame: str, party: str, step: str, check: str, **change: Any) -> dict[str, Any]:
    error = {"party": party, "step": step, "check": check}
    return {"change": {"frame": FRAMES.index(frame), **change}, "error": error}


BROKEN: dict[str, dict[str, Any]] = {
    "parameters": broken("unit2 hello", "broker", "1", "C1", xor=[[BODY, "01"]]),
    "second_hello": broken("unit1 hello", "broker", "1", "C2", again=True),
    "nonce_of_another": broken("unit2 hello", "broker", "1", "C3", mirror_of="unit1"),
    "roster_short": broken("roster 1", "unit1", "2", "C4", cut=ENTRY),
    "roster_long": broken("roster keeper", "keeper", "2", "C4", more=ENTRY),
    "roster_of_a_word_more": broken("roster 2", "unit2", "2", "C4", more=8),
    "roster_with_one_nonce_twice": broken(
        "roster 2", "unit2", "2", "C4", copy=[BODY + 32, BODY + ENTRY + 32, 32]
    ),
    "roster_says_we_said_another_commitment": broken(
        "roster 1", "unit1", "2", "C5", xor=[[BODY + ENTRY, "01"]]
    ),
    "roster_says_the_keeper_said_another_nonce": broken(
        "roster keeper", "keeper", "2", "C5", xor=[[BODY + 32, "01"]]
    ),
    "second_table": broken("table 1", "broker", "3", "C6", again=True),
    "table_short": broken("table 2", "broker", "3", "C6", cut=CIPHER),
    "table_long": broken("table 1", "broker", "3", "C6", more=CIPHER),
    "table_of_a_word_more": broken("table 1", "broker", "3", "C6", more=8),
    "table_of_zero": broken("table 1", "broker", "3", "C6", set=[[BODY, "00" * CIPHER]]),
    "table_beyond_the_square": broken("table 2", "broker", "3", "C6", set=[[BODY, "ff" * CIPHER]]),
    "table_of_the_modulus": broken("table 2", "broker", "3", "C6", modulus=True),
    "masked_short": broken("masked", "keeper", "4", "C7", cut=CIPHER),
    "masked_long": broken("masked", "keeper", "4", "C7", more=CIPHER),
    "masked_zero": broken("masked", "keeper", "4", "C7", set=[[BODY + CIPHER, "00" * CIPHER]]),
    "limits_short": broken("limits", "keeper", "4", "C8", cut=32),
    "limits_long": broken("limits", "keeper", "4", "C8", more=32),
    "limits_identity": broken("limits", "keeper", "4", "C8", set=[[BODY + 32, ZEROS]]),
    "limits_no_canonical_number": broken("limits", "keeper", "4", "C8", set=[[BODY, LARGE]]),
    "asked_short": broken("asked", "broker", "5", "C9", cut=8),
    "asked_long": broken("asked", "broker", "5", "C9", more=32),
    "asked_identity": broken("asked", "broker", "5", "C10", set=[[BODY, ZEROS]]),
    "asked_negative": broken("asked", "broker", "5", "C10", set=[[BODY + 64, NEGATIVE]]),
    "answered_short": broken("answered", "keeper", "6", "C11", cut=32),
    "answered_long": broken("answered", "keeper", "6", "C11", more=8),
    "answered_identity": broken("answered", "keeper", "6", "C12", set=[[BODY, ZEROS]]),
    "answered_negative": broken("answered", "keeper", "6", "C12", set=[[BODY + 32, NEGATIVE]]),
    "verdict_long": broken("verdict", "broker", "7", "C13", more=8),
    "verdict_empty": broken("verdict", "broker", "7", "C13", cut=8),
    "verdict_on_no_cell": broken("verdict", "broker", "7", "C13", xor=[[BODY, "10"]]),
    "parts_twice": broken("parts 1", "unit1", "7", "C14", again=True),
    "parts_short": broken("parts 1", "unit1", "7", "C14", cut=16),
    "parts_of_a_cell_more": broken("parts 2", "unit2", "7", "C14", xor=[[BODY, "04"]]),
    "masks_long": broken("masks 1", "unit1", "8", "C14", more=16),
    "masks_of_no_cell": broken("masks 2", "unit2", "8", "C14", xor=[[BODY, "10"]]),
    "masks_of_other_cells": broken("masks 1", "unit1", "8", "C15", xor=[[BODY, "06"]]),
    "mask_too_large": broken("masks 2", "unit2", "7", "C16", set=[[BODY + 8, "ff" * 16]]),
    "number_too_large": broken("parts 1", "unit1", "7", "C16", set=[[BODY + 8 + 8, "ff" * 8]]),
    "count_of_a_small_cell": broken("parts 1", "unit1", "7", "C16", small=True),
    "sum_too_large": broken("parts 2", "unit2", "7", "C16", set=[[BODY + 8 + 5 * 16 + 8, "ff" * 8]]),
    "budget_spent": {
        "inputs": RUNS["run_noise"] | {"budget": "1/4"},
        "error": {"party": "unit1", "refused": True},
    },
}
"""mirror_of: another party's nonce. modulus: n in the place of a cipher text. small: the first cell's mask and 2."""


def edit(body: bytearray, change: dict[str, Any], _frame: Any, roles: list[Any]) -> None:
    """Changes that no other protocol's vectors have."""
    broker = roles[-1]
    if name := change.get("mirror_of"):
        body[NONCE : NONCE + 32] = next(role for role in roles if role.name == name)._nonce
    if change.get("modulus"):
        body[BODY : BODY + CIPHER] = broker.parameters.modulus.to_bytes(CIPHER, "little")
    if change.get("small"):
        body[BODY + 8 : BODY + 24] = (broker._masks[0][0] + 2).to_bytes(16, "little")


def roles_of(vector: dict[str, Any]) -> list[Any]:
    """The roles that a vector describes."""
    key = SecretKey(**{name: int(text, 16) for name, text in vector["key"].items()})
    options = {"modulus": key.modulus, **vector["parameters"]}
    if "epsilon" in options:
        options["epsilon"] = Fraction(options["epsilon"])
    agreed, noises = Parameters(**options), vector["noise"]

    def common(name: str) -> dict[str, Any]:
        session, seed = bytes.fromhex(vector["session"]), bytes.fromhex(vector["seeds"][name])
        return {"session": session, "parameters": agreed, "seed": seed, "spent": set()}

    def noisy(name: str) -> dict[str, Any]:
        budget = Fraction(vector.get("budget", "1"))
        return {"noise": noises[name], "account": Account(budget=budget)} if noises else {}

    units = [
        Unit(name, table=table, **noisy(name), **common(name)) for name, table in vector["tables"].items()
    ]
    return [*units, Keeper(key=key, **common("keeper")), Broker(**common("broker"))]


def learned(role: Any) -> Any:
    result = getattr(role, "result", None)
    return result and [cell and list(cell) for cell in result.cells]
