"""Writes protocols/ecdh_psi/vectors/*.json, when run as a program in the root of the repository.

What each broken vector must give is written here by hand, from SPEC.md; the test then asks the roles.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import protocols
from protocols import wire
from protocols.ecdh_psi import Alice, Bob, Parameters
from protocols.loopback import run
from protocols.role import Frame

HOME = Path(protocols.__file__).parent / "ecdh_psi" / "vectors"
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
    "run_alice": {"reveal": "alice"},
    "run_bob": {"reveal": "bob"},
    "run_size_only": {"size_only": True},
    "run_size_only_bob": {"size_only": True, "reveal": "bob"},
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
    return {"kind": kind, "change": place | change, "error": error}


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
    "tags_for_who_may_not_know": broken("alice 2b", "bob", "3", "C7", kind="alice", invent=3),
    "tags_left_out": broken("bob 3", "alice", "3", "C7", set=[[BODY, "01"]]),
    "tags_twice": broken("bob 3", "alice", "3", "C7", again=True),
    "tags_short": broken("bob 3b", "alice", "3", "C8", cut=8),
    "tags_long": broken("alice 3", "bob", "3", "C8", more=16),
    "element_twice": broken("bob 2", "alice", "2", "C9", copy=[FIRST, FIRST + 32, 32]),
    "element_twice_size_only": broken("bob 2", "alice", "2", "C9", kind="size", copy=[FIRST, FIRST + 64, 32]),
    "tag_twice": broken("alice 3", "bob", "3", "C10", copy=[FIRST, FIRST + 16, 16]),
    "tags_not_rising": broken("bob 3", "alice", "3", "C10", kind="size", set=[[FIRST, "ff" * 16]]),
    "dummy_said_to_be_common": broken("bob 3b", "alice", "3", "C11", dummy=True),
    "more_common_than_agreed": {"kind": "items", "quota": 1, "error": {"party": "bob", "refused": True}},
}
"""Changes to one frame, after which it gets a fitting tag and length. again: a second one follows, with the next
sequence; next: and the next block. more, cut: bytes added or taken away. copy: from, to, how many bytes. mirror: the
recipient's own nonce there. invent: a tags message in its place. dummy: see said_to_be_common."""


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


def play(vector: dict[str, Any], roles: list[Any]) -> list[Frame]:
    """The frames of a run, in the order in which they are sent; of a changed one, as it was before."""
    numbers, change = iter(range(10**9)), vector.get("change")

    def network(frame: Frame) -> Iterable[Frame]:
        if change is None or next(numbers) != change["frame"]:
            return (frame,)
        return changed(frame, change, vector["bound"], roles)

    return run(roles, network=network)


def changed(frame: Frame, change: dict[str, Any], bound: str, roles: list[Any]) -> list[Frame]:
    """The frames that take a frame's place."""
    body = bytearray(frame.data[:-16])
    for place, text in change.get("set", []):
        body[place : place + len(text) // 2] = bytes.fromhex(text)
    for place, text in change.get("xor", []):
        for n, byte in enumerate(bytes.fromhex(text)):
            body[place + n] ^= byte
    if copy := change.get("copy"):
        source, target, size = copy
        body[target : target + size] = body[source : source + size]
    if place := change.get("mirror"):
        body[place : place + 32] = next(r for r in roles if r.name == frame.recipient)._nonce
    if number := change.get("invent"):
        body[46], body[FIRST:] = number, bytes(32)
    if change.get("dummy"):
        body[FIRST:] = said_to_be_common(*roles, bytes(body[FIRST:]))
    if cut := change.get("cut"):
        del body[len(body) - cut :]
    body += bytes(change.get("more", 0))
    frames = [_sealed(frame, body, bound)]
    if change.get("again"):
        body[64] += bool(change.get("next"))
        body[48:56] = (int.from_bytes(body[48:56], "little") + 1).to_bytes(8, "little")
        frames.append(_sealed(frame, body, bound))
    return frames


def said_to_be_common(alice: Any, bob: Any, body: bytes) -> bytes:
    """Alice's second block of tags, a dummy's changed to that of an item which only Bob has."""
    theirs, ours = (set(np.concatenate(role._theirs).tolist()) for role in (alice, bob))
    block = alice.parameters.block
    place = next(n for n, item in enumerate(alice._order[block:]) if item >= len(alice._different))
    tags = [body[at : at + 16] for at in range(0, len(body), 16)]
    tags[place] = next(iter(theirs - ours)).ljust(16, b"\0")
    return b"".join(tags)


def _sealed(frame: Frame, body: bytearray, bound: str) -> Frame:
    body[56:64] = (len(body) - 64).to_bytes(8, "little")
    envelope = wire.Envelope(
        protocol="", session=bytes(body[12:44]), sender=0, recipient=0, sequence=0, bound=bytes.fromhex(bound)
    )
    tag = wire.AESGCM(wire._key(envelope, body[46] > 1)).encrypt(bytes(12), b"", bytes(body))
    return Frame(frame.sender, frame.recipient, bytes(body) + tag)


def learned(role: Any) -> Any:
    return role.result and [role.result.size, role.result.items and list(role.result.items)]


def main() -> None:
    for name, options in RUNS.items():
        vector = INPUTS | {"parameters": INPUTS["parameters"] | options}
        roles = roles_of(vector)
        sent = [[f.sender, f.recipient, hashlib.sha256(f.data).hexdigest()] for f in play(vector, roles)]
        results = {role.name: learned(role) for role in roles}
        _write(name, vector | {"bound": roles[0].bound.hex(), "frames": sent, "results": results})
    for name, case in BROKEN.items():
        options = OPTIONS[case.pop("kind")]
        vector = INPUTS | {"parameters": INPUTS["parameters"] | options}
        roles = roles_of(vector)
        play(vector, roles)
        if "quota" in case:
            vector["parameters"]["quota"] = case.pop("quota")
        _write(f"broken_{name}", vector | {"bound": roles[0].bound.hex()} | case)


def _write(name: str, vector: dict[str, Any]) -> None:
    HOME.joinpath(f"{name}.json").write_text(json.dumps(vector, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
