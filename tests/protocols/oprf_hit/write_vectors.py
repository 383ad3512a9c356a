"""Writes protocols/oprf_hit/vectors/run_*.json and broken_*.json, when run as a program in the root of the repository.

What each broken vector must give is written here by hand, from SPEC.md; the test then asks the roles.
`rfc9497.json` beside them is the RFC's own and is not written here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import protocols
from protocols.loopback import run
from protocols.oprf_hit import Asker, Holder, Parameters, Purpose, Query, key_pair, prepared
from protocols.role import Frame
from tests.protocols.frames import flip, follow, message_of, overwrite, resealed

HOME = Path(protocols.__file__).parent / "oprf_hit" / "vectors"
SEEDS = {name: hashlib.sha256(f"vector {name}".encode()).digest() for name in ("asker", "holder", "key")}
INPUTS: dict[str, Any] = {
    "protocol": "oprf_hit/1",
    "session": bytes(range(100, 132)).hex(),
    "seeds": {name: seed.hex() for name, seed in SEEDS.items()},
    "verifiable": True,
    "parameters": {"capacity": 16, "false_bits": 40, "step": 4, "keys": 2, "quota": 2, "chunk": 4},
    "list": [b"P1234567".hex(), b"ivanov ivan 1970-01-01".hex(), b"C01X00T47".hex(), b"".hex(), b"5".hex()],
    "queries": [
        {"keys": [b"P1234567".hex(), b"ivanov ivan 1970-01-02".hex()], "case": "2026-1", "basis": "Art. 9"},
        {"keys": [b"C01X00T48".hex()], "case": "2026-2", "basis": "Art. 9"},
    ],
    "update": {"add": [b"C01X00T48".hex()], "remove": []},
}
"""The update comes when the holder has answered the first query."""
RUNS: dict[str, dict[str, Any]] = {
    "run_proven": {},
    "run_base": {"verifiable": False},
    "run_empty": {"list": [], "queries": INPUTS["queries"][:1]},
    "run_filled": {
        "list": [f"{n}".encode().hex() for n in range(16)],
        "update": {"add": [], "remove": ["30"]},
    },
}
FRAMES = ("asker hello", "holder hello", "filter 0", "filter 1", "ask 0", "answer 0", "update", "ask 1",
          "answer 1", "close")  # fmt: skip
"""Frames by number, in the order in which they are sent."""
BODY, CODE, PROOF, ANSWER, CASE, BASIS, ASKED = 64, 72, 72, 136, 72, 136, 328
"""Where fields begin in a frame."""
ONES, ZEROS = "ff" * 8, "00" * 32
EVEN_NEGATIVE = "01" + "00" * 31
BASE = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
ORDER = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"


def broken(frame: str, party: str, step: str, check: str, **change: Any) -> dict[str, Any]:
    error = {"party": party, "step": step, "check": check}
    return {"change": {"frame": FRAMES.index(frame), **change}, "error": error}


BROKEN: dict[str, dict[str, Any]] = {
    "parameters_at_holder": broken("asker hello", "holder", "1", "C1", xor=[[BODY, "01"]]),
    "parameters_at_asker": broken("holder hello", "asker", "1", "C1", xor=[[95, "80"]]),
    "filter_of_no_step": broken("holder hello", "asker", "1", "C2", set=[[96, "07"]]),
    "filter_of_nothing": broken("holder hello", "asker", "1", "C2", set=[[96, "00"]]),
    "filter_too_large": broken("holder hello", "asker", "1", "C2", set=[[96, "14"]]),
    "filter_endless": broken("holder hello", "asker", "1", "C2", set=[[96, "fc" + "ff" * 7]]),
    "chunk_left_out": broken("filter 0", "asker", "2", "C3", set=[[BODY, "01"]]),
    "chunk_twice": broken("filter 0", "asker", "2", "C3", again=True),
    "code_short": broken("filter 0", "asker", "2", "C4", cut=8),
    "code_long": broken("filter 1", "asker", "2", "C4", more=8),
    "code_empty": broken("filter 0", "asker", "2", "C4", cut="all"),
    "code_all_ones": broken("filter 0", "asker", "2", "C4", set=[[CODE, ONES * 3]]),
    "code_ends_in_ones": broken("filter 0", "asker", "2", "C4", last="80"),
    "code_above_the_top": broken("filter 0", "asker", "2", "C4", set=[[CODE, "ff" * 4]]),
    "query_left_out": broken("ask 0", "holder", "3", "C5", set=[[BODY, "01"]]),
    "query_twice": broken("ask 0", "holder", "3", "C5", again=True),
    "no_case": broken("ask 0", "holder", "3", "C6", set=[[CASE, "00" * 64]]),
    "case_with_zero": broken("ask 0", "holder", "3", "C6", set=[[CASE + 3, "00"]]),
    "case_with_newline": broken("ask 0", "holder", "3", "C6", set=[[CASE + 3, "0a"]]),
    "basis_not_utf8": broken("ask 0", "holder", "3", "C6", set=[[BASIS, "ff"]]),
    "no_basis": broken("ask 1", "holder", "3", "C6", set=[[BASIS, "00" * 192]]),
    "one_element_less": broken("ask 0", "holder", "3", "C7", cut=32),
    "one_word_more": broken("ask 0", "holder", "3", "C7", more=8),
    "no_element": broken("ask 0", "holder", "3", "C7", cut=64),
    "identity_asked": broken("ask 0", "holder", "3", "C8", set=[[ASKED, ZEROS]]),
    "negative_asked": broken("ask 0", "holder", "3", "C8", set=[[ASKED + 32, EVEN_NEGATIVE]]),
    "no_canonical_number_asked": broken("ask 1", "holder", "3", "C8", set=[[ASKED, "ff" * 31 + "7f"]]),
    "answer_to_another": broken("answer 0", "asker", "4", "C9", set=[[BODY, "01"]]),
    "answer_short": broken("answer 0", "asker", "4", "C10", cut=32),
    "answer_long": broken("answer 0", "asker", "4", "C10", more=32),
    "identity_answered": broken("answer 0", "asker", "4", "C10", set=[[ANSWER, ZEROS]]),
    "negative_answered": broken("answer 1", "asker", "4", "C10", set=[[ANSWER, EVEN_NEGATIVE]]),
    "another_element": broken("answer 0", "asker", "4", "C11", set=[[ANSWER, BASE]]),
    "another_dummy": broken("answer 1", "asker", "4", "C11", set=[[ANSWER + 32, BASE]]),
    "proof_c_wrong": broken("answer 0", "asker", "4", "C11", xor=[[PROOF, "01"]]),
    "proof_s_wrong": broken("answer 0", "asker", "4", "C11", xor=[[PROOF + 32, "01"]]),
    "proof_s_not_reduced": broken("answer 0", "asker", "4", "C11", set=[[PROOF + 32, ORDER]]),
    "proof_missing": broken("answer 0", "asker", "4", "C11", set=[[PROOF, ZEROS * 2]]),
    "proof_in_base_mode": broken("answer 0", "asker", "4", "C11", set=[[PROOF, "01"]])
    | {"verifiable": False},
    "update_out_of_order": broken("update", "asker", "6", "C12", set=[[BODY, "01"]]),
    "update_goes_more_than_all": broken("update", "asker", "6", "C12", set=[[BODY + 8, ONES]]),
    "update_goes_what_is_not_there": broken("update", "asker", "6", "C12", xor=[[BODY + 16, "01"]]),
    "update_goes_beyond_the_last": broken("update", "asker", "6", "C12", set=[[BODY + 16, ONES]]),
    "update_comes_too_wide": broken("update", "asker", "6", "C12", set=[[BODY + 24, ONES]]),
    "update_comes_what_is_there": broken("update", "asker", "6", "C12", copy=[BODY + 16, BODY + 24]),
    "update_does_not_rise": broken("update", "asker", "6", "C12", more=8),
    "update_shrinks": broken("update", "asker", "6", "C12", cut=8),
    "close_too_early": broken("close", "holder", "7", "C13", set=[[BODY, "01"]]),
    "more_queries_than_agreed": broken("ask 1", "holder", "3", "", next=True),
}
"""Changes to one frame, after which it gets a fitting tag and length. again: a second one follows, with the
next sequence; next: one with the next number, too, which must be refused. more, cut: words appended or taken
away, in bytes. last: xor to the last byte. copy: 8 bytes from, to."""


def roles_of(vector: dict[str, Any]) -> list[Any]:
    """The roles that a vector describes."""
    seeds = {name: bytes.fromhex(seed) for name, seed in vector["seeds"].items()}
    secret, public = key_pair(seeds["key"], b"", vector["verifiable"])
    agreed = {"public_key": public if vector["verifiable"] else b""} | vector["parameters"]
    queries = [
        Query(keys=tuple(map(bytes.fromhex, q["keys"])), purpose=Purpose(case=q["case"], basis=q["basis"]))
        for q in vector["queries"]
    ]
    watchlist = prepared(list(map(bytes.fromhex, vector["list"])), secret, vector["verifiable"])
    common = {"session": bytes.fromhex(vector["session"]), "parameters": Parameters(**agreed)}
    return [
        Asker(queries=queries, seed=seeds["asker"], spent=set(), **common),
        Holder(watchlist=watchlist, seed=seeds["holder"], spent=set(), **common),
    ]


def play(vector: dict[str, Any], roles: list[Any], change: Any = None) -> list[Frame]:
    """The frames of a run, in the order in which they are sent; of a changed one, as it was before."""
    numbers = iter(range(10**9))
    holder = roles[1]

    def network(frame: Frame) -> Iterable[Frame]:
        if change is None or next(numbers) != change["frame"]:
            return (frame,)
        return changed(frame, change, vector["bound"])

    receive = holder.receive

    def answering(sender: str, data: bytes) -> list[Frame]:
        frames = receive(sender, data)
        if len(holder.asked) == 1 and holder._updates == 0 and holder.state == "serving":
            update = {act: list(map(bytes.fromhex, keys)) for act, keys in vector["update"].items()}
            frames += holder.update(**update)
        return frames

    holder.receive = answering
    return run(roles, network=network)


def changed(frame: Frame, change: dict[str, Any], bound: str) -> list[Frame]:
    """The frames that take a frame's place."""
    body = bytearray(frame.data[:-16])
    overwrite(body, change.get("set", []))
    flip(body, change.get("xor", []))
    if copy := change.get("copy"):
        body[copy[1] : copy[1] + 8] = body[copy[0] : copy[0] + 8]
    if last := change.get("last"):
        body[-1] ^= int(last, 16)
    if cut := change.get("cut"):
        del body[CODE if cut == "all" else len(body) - cut :]
    body += bytes(change.get("more", 0))
    frames = [_sealed(frame, body, bound)]
    if change.get("again") or change.get("next"):
        body[64] += bool(change.get("next"))
        follow(body)
        frames.append(_sealed(frame, body, bound))
    return frames


def _sealed(frame: Frame, body: bytearray, bound: str) -> Frame:
    return resealed(frame, body, bytes.fromhex(bound) if message_of(body) > 2 else b"")


def main() -> None:
    for name, options in RUNS.items():
        vector = INPUTS | options
        roles = roles_of(vector)
        sent = [[f.sender, f.recipient, hashlib.sha256(f.data).hexdigest()] for f in play(vector, roles)]
        _write(name, vector | {"bound": roles[0].bound.hex(), "frames": sent, "answers": roles[0].result})
    for name, case in BROKEN.items():
        vector = INPUTS | {"verifiable": case.pop("verifiable", True)}
        roles = roles_of(vector)
        play(vector, roles)
        _write(f"broken_{name}", vector | {"bound": roles[0].bound.hex()} | case)


def _write(name: str, vector: dict[str, Any]) -> None:
    HOME.joinpath(f"{name}.json").write_text(json.dumps(vector, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
