"""What protocols/ecdh_psi_many/vectors hold; `python -m tests.protocols.write_vectors ecdh_psi_many` writes them."""

from __future__ import annotations

import hashlib
from typing import Any

from protocols.ecdh_psi_many import Broker, Parameters, Unit
from protocols.ecdh_psi_many.messages import MESSAGES as MESSAGES

PARTIES = ("unit1", "unit2", "unit3", "broker")
INPUTS: dict[str, Any] = {
    "protocol": "ecdh_psi_many/1",
    "session": bytes(range(100, 132)).hex(),
    "seeds": {name: hashlib.sha256(f"vector {name}".encode()).hexdigest() for name in PARTIES},
    "parameters": {"units": 3, "size_only": False, "capacity": 12, "step": 3, "quota": 6, "block": 64},
    "items": {
        "unit1": [b"P1234567".hex(), b"".hex(), b"C01X00T47".hex(), b"P1234567".hex(), b"only one".hex()],
        "unit2": [b"C01X00T47".hex(), b"P1234567".hex()],
        "unit3": [b"C01X00T47".hex(), b"P1234567".hex(), b"".hex()],
    },
}
RUNS: dict[str, dict[str, Any]] = {"run_which": {}, "run_size_only": {"parameters": {"size_only": True}}}
FRAMES = (
    *(f"{name} hello" for name in PARTIES[:3]),
    *(f"roster {n}" for n in (1, 2, 3)),
    *(f"own {n}" for n in (1, 2, 3)),
    *(f"pass {unit} of {owner}" for owner, unit in ((1, 2), (2, 3), (3, 1))),
    *(f"mask {unit} of {owner}" for owner, unit in ((1, 2), (2, 3), (3, 1))),
    *(f"pass {unit} of {owner}" for owner, unit in ((1, 3), (2, 1), (3, 2))),
    *(f"mask {unit} of {owner}" for owner, unit in ((1, 3), (2, 1), (3, 2))),
    *(f"found {n}" for n in (1, 2, 3)),
)
"""Frames by number, in the order in which they are sent."""
BODY, BLOCK, FIRST, ELEMENTS, NONCE, ROSTER = 64, 72, 80, 96, 136, 64
"""Where fields begin in a frame."""
ZEROS, NEGATIVE, LARGE = "00" * 32, "01" + "00" * 31, "ff" * 31 + "7f"


def broken(frame: str, party: str, step: str, check: str, **change: Any) -> dict[str, Any]:
    error = {"party": party, "step": step, "check": check}
    return {"change": {"frame": FRAMES.index(frame), **change}, "error": error}


SIZE_ONLY = {"inputs": {"parameters": {"size_only": True}}}
BROKEN: dict[str, dict[str, Any]] = {
    "parameters": broken("unit2 hello", "broker", "1", "C1", xor=[[BODY, "01"]]),
    "elements_of_no_step": broken("unit1 hello", "broker", "1", "C2", set=[[ELEMENTS, "04"]]),
    "elements_none": broken("unit3 hello", "broker", "1", "C2", set=[[ELEMENTS, "00"]]),
    "elements_endless": broken("unit3 hello", "broker", "1", "C2", set=[[ELEMENTS, "ff" * 8]]),
    "roster_with_too_many_elements": broken("roster 1", "unit1", "2", "C2", set=[[ROSTER + 72, "0f"]]),
    "second_hello": broken("unit1 hello", "broker", "1", "C3", again=True),
    "nonce_of_another": broken("unit2 hello", "broker", "1", "C4", nonce="unit1"),
    "roster_short": broken("roster 2", "unit2", "2", "C4", cut=72),
    "roster_long": broken("roster 2", "unit2", "2", "C4", more=72),
    "roster_with_one_nonce_twice": broken(
        "roster 3", "unit3", "2", "C4", copy=[ROSTER + 40, ROSTER + 112, 32]
    ),
    "roster_says_we_said_another_commitment": broken(
        "roster 1", "unit1", "2", "C5", xor=[[ROSTER + 8, "01"]]
    ),
    "roster_says_we_said_more_elements": broken("roster 2", "unit2", "2", "C5", set=[[ROSTER + 72, "06"]]),
    "block_twice_at_broker": broken("own 1", "broker", "3", "C6", again=True),
    "block_of_no_list": broken("own 1", "broker", "3", "C6", set=[[BODY, "03"]]),
    "block_left_out": broken("mask 2 of 1", "broker", "3", "C6", set=[[BLOCK, "01"]]),
    "block_twice_at_unit": broken("pass 2 of 1", "unit2", "4", "C6", again=True),
    "own_list_passed": broken("pass 3 of 2", "unit3", "4", "C6", set=[[BODY, "02"]]),
    "block_short_at_broker": broken("own 2", "broker", "3", "C7", cut=32),
    "block_long_at_unit": broken("pass 1 of 3", "unit1", "4", "C7", more=32),
    "identity": broken("pass 2 of 1", "unit2", "4", "C8", set=[[FIRST + 32, ZEROS]]),
    "negative": broken("own 3", "unit1", "4", "C8", set=[[FIRST, NEGATIVE]]),
    "no_canonical_number": broken("mask 2 of 1", "unit3", "4", "C8", set=[[FIRST, LARGE]]),
    "element_twice": broken("own 1", "broker", "3", "C9", copy=[FIRST, FIRST + 32, 32]),
    "found_too_early": broken("pass 2 of 1", "unit2", "6", "C10", invent=[5, 16]),
    "found_left_out": broken("found 1", "unit1", "6", "C10", set=[[BODY, "01"]]),
    "found_short": broken("found 2", "unit2", "6", "C10", cut=8),
    "found_beyond_the_last": broken("found 3", "unit3", "6", "C10", xor=[[BLOCK, "08"]]),
    "count_too_large": broken("found 2", "unit2", "6", "C10", set=[[BLOCK, "03"]]) | SIZE_ONLY,
    "count_missing": broken("found 2", "unit2", "6", "C10", cut=8) | SIZE_ONLY,
    "dummy_said_to_be_common": broken("found 2", "unit2", "6", "C11", set=[[BLOCK, "07"]]),
    "more_common_than_agreed": {
        "inputs": {"parameters": {"quota": 1}},
        "error": {"party": "broker", "refused": True},
    },
}
"""nonce: whose."""


def edit(body: bytearray, change: dict[str, Any], _frame: Any, roles: list[Any]) -> None:
    """Changes that no other protocol's vectors have."""
    if name := change.get("nonce"):
        body[NONCE : NONCE + 32] = next(role for role in roles if role.name == name)._nonce


def roles_of(vector: dict[str, Any]) -> list[Any]:
    """The roles that a vector describes."""
    common = {"session": bytes.fromhex(vector["session"]), "parameters": Parameters(**vector["parameters"])}
    seeds = {name: bytes.fromhex(seed) for name, seed in vector["seeds"].items()}
    units = [
        Unit(name, items=list(map(bytes.fromhex, items)), seed=seeds[name], spent=set(), **common)
        for name, items in vector["items"].items()
    ]
    return [*units, Broker(seed=seeds["broker"], spent=set(), **common)]


def learned(role: Any) -> Any:
    result = getattr(role, "result", None)
    return result and [result.size, result.items and list(result.items)]
