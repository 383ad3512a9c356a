"""Writes protocols/ecdh_psi_many/vectors/*.json, when run as a program in the root of the repository.

What each broken vector must give is written here by hand, from SPEC.md; the test then asks the roles.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import protocols
from protocols import wire
from protocols.ecdh_psi_many import Broker, Parameters, Unit
from protocols.loopback import run
from protocols.role import Frame

HOME = Path(protocols.__file__).parent / "ecdh_psi_many" / "vectors"
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
RUNS: dict[str, dict[str, Any]] = {"run_which": {}, "run_size_only": {"size_only": True}}
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


SIZE_ONLY = {"options": {"size_only": True}}
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
    "found_too_early": broken("pass 2 of 1", "unit2", "6", "C10", invent=5),
    "found_left_out": broken("found 1", "unit1", "6", "C10", set=[[BODY, "01"]]),
    "found_short": broken("found 2", "unit2", "6", "C10", cut=8),
    "found_beyond_the_last": broken("found 3", "unit3", "6", "C10", xor=[[BLOCK, "08"]]),
    "count_too_large": broken("found 2", "unit2", "6", "C10", set=[[BLOCK, "03"]]) | SIZE_ONLY,
    "count_missing": broken("found 2", "unit2", "6", "C10", cut=8) | SIZE_ONLY,
    "dummy_said_to_be_common": broken("found 2", "unit2", "6", "C11", set=[[BLOCK, "07"]]),
    "more_common_than_agreed": {"options": {"quota": 1}, "error": {"party": "broker", "refused": True}},
}
"""Changes to one frame, after which it gets a fitting tag and length. again: a second one follows, with the next
sequence. more, cut: bytes added or taken away. copy: from, to, how many bytes. nonce: whose. invent: a result."""


def roles_of(vector: dict[str, Any]) -> list[Any]:
    """The roles that a vector describes."""
    common = {"session": bytes.fromhex(vector["session"]), "parameters": Parameters(**vector["parameters"])}
    seeds = {name: bytes.fromhex(seed) for name, seed in vector["seeds"].items()}
    units = [
        Unit(name, items=list(map(bytes.fromhex, items)), seed=seeds[name], spent=set(), **common)
        for name, items in vector["items"].items()
    ]
    return [*units, Broker(seed=seeds["broker"], spent=set(), **common)]


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
    if name := change.get("nonce"):
        body[NONCE : NONCE + 32] = next(role for role in roles if role.name == name)._nonce
    if number := change.get("invent"):
        body[46], body[BODY:] = number, bytes(16)
    if cut := change.get("cut"):
        del body[len(body) - cut :]
    body += bytes(change.get("more", 0))
    frames = [_sealed(frame, body, bound)]
    if change.get("again"):
        body[48:56] = (int.from_bytes(body[48:56], "little") + 1).to_bytes(8, "little")
        frames.append(_sealed(frame, body, bound))
    return frames


def _sealed(frame: Frame, body: bytearray, bound: str) -> Frame:
    body[56:64] = (len(body) - 64).to_bytes(8, "little")
    envelope = wire.Envelope(
        protocol="", session=bytes(body[12:44]), sender=0, recipient=0, sequence=0, bound=bytes.fromhex(bound)
    )
    tag = wire.AESGCM(wire._key(envelope, body[46] > 2)).encrypt(bytes(12), b"", bytes(body))
    return Frame(frame.sender, frame.recipient, bytes(body) + tag)


def learned(role: Any) -> Any:
    result = getattr(role, "result", None)
    return result and [result.size, result.items and list(result.items)]


def main() -> None:
    for name, options in RUNS.items():
        vector = INPUTS | {"parameters": INPUTS["parameters"] | options}
        roles = roles_of(vector)
        sent = [[f.sender, f.recipient, hashlib.sha256(f.data).hexdigest()] for f in play(vector, roles)]
        results = {role.name: learned(role) for role in roles}
        _write(name, vector | {"bound": roles[0].bound.hex(), "frames": sent, "results": results})
    for name, case in BROKEN.items():
        options = case.pop("options", {})
        vector = INPUTS | {"parameters": INPUTS["parameters"] | options}
        roles = roles_of(vector | {"parameters": vector["parameters"] | {"quota": 6}})
        play(vector, roles)
        _write(f"broken_{name}", vector | {"bound": roles[0].bound.hex()} | case)


def _write(name: str, vector: dict[str, Any]) -> None:
    HOME.joinpath(f"{name}.json").write_text(json.dumps(vector, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
