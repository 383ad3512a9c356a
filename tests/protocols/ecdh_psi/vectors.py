"""What protocols/ecdh_psi/vectors hold; `python -m tests.protocols.write_vectors ecdh_psi` writes them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from protocols.ecdh_psi import Alice, Bob, Parameters
from protocols.ecdh_psi.messages import MESSAGES as MESSAGES

INPUTS: dict[str, Any] = {
    "protocol": "ecdh_psi/1",
    "session": bytes(range(100, 132)).hex(),
    "seeds": {name: hashlib.sha256(f"vector {name}".encode()).hexdigest() for name in ("alice", "bob")},
    "parameters": {"reveal": "both", "size_only": False, "capacity": 12, "step": 3, "quota": 6, "block": 4},
    "items": {
        "alice": [b"P1234567".hex(), b"".hex(), b"C01X00T47".hex(), b"P1234567".hex(), b"only alice".hex()],
        "bob": [b"C01X00T47".hex(), b"P1234567".hex(), b"only bob".hex()],
    },
}
RUNS: dict[str, dict[str, Any]] = {
    "run_both": {},
    "run_alice": {"parameters": {"reveal": "alice"}},
    "run_bob": {"parameters": {"reveal": "bob"}},
    "run_size_only": {"parameters": {"size_only": True}},
    "run_size_only_bob": {"parameters": {"size_only": True, "reveal": "bob"}},
}
FRAMES = {
    "items": ("alice 1", "bob 1", "bob 2", "alice 2", "alice 2b", "alice 3", "bob 3", "bob 3b"),
    "size": ("alice 1", "bob 1", "bob 2", "alice 2", "alice 2b", "alice 3", "bob 3", "bob 3b"),
    "alice": ("alice 1", "bob 1", "bob 2", "alice 2", "alice 2b", "bob 3", "bob 3b"),
}
"""Frames by number, in the order in which they are sent: who sends which message; Alice's elements fill two blocks."""
OPTIONS: dict[str, dict[str, Any]] = {"items": {}, "size": {"size_only": True}, "alice": {"reveal": "alice"}}
BODY, FIRST, ELEMENTS, NONCE = 64, 72, 96, 136
"""Where fields begin in a frame."""
ZEROS, NEGATIVE, LARGE = "00" * 32, "01" + "00" * 31, "ff" * 31 + "7f"


def broken(
    frame: str, party: str, step: str, check: str, kind: str = "items", **change: Any
) -> dict[str, Any]:
    error = {"party": party, "step": step, "check": check}
    place = {"frame": FRAMES[kind].index(frame)}
    return {"inputs": {"parameters": OPTIONS[kind]}, "change": place | change, "error": error}


BROKEN: dict[str, dict[str, Any]] = {
    "parameters": broken("alice 1", "bob", "1", "C1", xor=[[BODY, "01"]]),
    "elements_of_no_step": broken("bob 1", "alice", "1", "C2", set=[[ELEMENTS, "04"]]),
    "elements_none": broken("bob 1", "alice", "1", "C2", set=[[ELEMENTS, "00"]]),
    "elements_too_many": broken("alice 1", "bob", "1", "C2", set=[[ELEMENTS, "0f"]]),
    "elements_endless": broken("alice 1", "bob", "1", "C2", set=[[ELEMENTS, "ff" * 8]]),
    "own_nonce_back": broken("bob 1", "alice", "1", "C3", mirror=NONCE),
    "block_left_out": broken("alice 2", "bob", "2", "C4", set=[[BODY, "01"]]),
    "block_twice": broken("alice 2", "bob", "2", "C4", again=True),
    "block_after_the_last": broken("bob 2", "alice", "2", "C4", again=True, next=True),
    "block_short": broken("alice 2b", "bob", "2", "C5", cut=32),
    "block_long": broken("bob 2", "alice", "2", "C5", more=32),
    "block_of_a_word_more": broken("bob 2", "alice", "2", "C5", more=8),
    "identity": broken("bob 2", "alice", "2", "C6", set=[[FIRST + 32, ZEROS]]),
    "negative": broken("alice 2", "bob", "2", "C6", set=[[FIRST, NEGATIVE]]),
    "no_canonical_number": broken("alice 2b", "bob", "2", "C6", set=[[FIRST, LARGE]]),
    "tags_for_who_may_not_know": broken("alice 2b", "bob", "3", "C7", kind="alice", invent=[3, 40]),
    "tags_left_out": broken("bob 3", "alice", "3", "C7", set=[[BODY, "01"]]),
    "tags_twice": broken("bob 3", "alice", "3", "C7", again=True),
    "tags_short": broken("bob 3b", "alice", "3", "C8", cut=8),
    "tags_long": broken("alice 3", "bob", "3", "C8", more=16),
    "element_twice": broken("bob 2", "alice", "2", "C9", copy=[FIRST, FIRST + 32, 32]),
    "element_twice_size_only": broken("bob 2", "alice", "2", "C9", kind="size", copy=[FIRST, FIRST + 64, 32]),
    "tag_twice": broken("alice 3", "bob", "3", "C10", copy=[FIRST, FIRST + 16, 16]),
    "tags_not_rising": broken("bob 3", "alice", "3", "C10", kind="size", set=[[FIRST, "ff" * 16]]),
    "dummy_said_to_be_common": broken("bob 3b", "alice", "3", "C11", dummy=True),
    "more_common_than_agreed": {
        "inputs": {"parameters": {"quota": 1}},
        "error": {"party": "bob", "refused": True},
    },
}
"""dummy: see said_to_be_common."""


def edit(body: bytearray, change: dict[str, Any], _frame: Any, roles: list[Any]) -> None:
    """Changes that no other protocol's vectors have."""
    if change.get("dummy"):
        body[FIRST:] = said_to_be_common(*roles, bytes(body[FIRST:]))


def roles_of(vector: dict[str, Any]) -> list[Any]:
    """The roles that a vector describes."""
    return [
        kind(
            session=bytes.fromhex(vector["session"]),
            parameters=Parameters(**vector["parameters"]),
            items=[bytes.fromhex(item) for item in vector["items"][kind.NAME]],
            seed=bytes.fromhex(vector["seeds"][kind.NAME]),
            spent=set(),
        )
        for kind in (Alice, Bob)
    ]


def said_to_be_common(alice: Any, bob: Any, body: bytes) -> bytes:
    """Alice's second block of tags, a dummy's changed to that of an item which only Bob has."""
    theirs, ours = (set(np.concatenate(role._theirs).tolist()) for role in (alice, bob))
    block = alice.parameters.block
    place = next(n for n, item in enumerate(alice._order[block:]) if item >= len(alice._different))
    tags = [body[at : at + 16] for at in range(0, len(body), 16)]
    tags[place] = next(iter(theirs - ours)).ljust(16, b"\0")
    return b"".join(tags)


def learned(role: Any) -> Any:
    return role.result and [role.result.size, role.result.items and list(role.result.items)]
