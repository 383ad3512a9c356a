"""Writes protocols/blinded_broker/vectors/*.json, when run as a program in the root of the repository.

What each broken vector must give is written here by hand, from SPEC.md; the test then asks the roles.
"""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import protocols
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.loopback import run
from protocols.role import Frame, Role
from tests.protocols.frames import flip, follow, message_of, overwrite, resealed

HOME = Path(protocols.__file__).parent / "blinded_broker" / "vectors"
SESSION = bytes(range(100, 132))
SEEDS = {name: hashlib.sha256(f"vector {name}".encode()).digest() for name in ("alice", "bob", "dealer")}
ROWS = {
    "alice": [0x00FF00FF00FF00FF, 0, 0xFFFF0000FFFF0001],
    "bob": [0x00FF00FF00FF00FE, 0x123456789ABCDEF0, 0, 0xFFFF0000FFFF0001],
}
PARAMETERS: dict[str, Any] = {
    "bits": 64, "threshold": [4, 5], "measure": "dice", "heaviest": 64, "most_rows": 100, "side": 64,
    "reveal": "both", "scores": False, "quota": 10, "first_tile": 0, "window": 1, "alice_variants": 1,
    "bob_variants": 1, "layout": "all", "batch": 1, "pairs": 0, "told": 0, "openings": 0,
}  # fmt: skip
PAIRED: dict[str, Any] = {"layout": "paired", "pairs": 2, "told": 2, "openings": 20}
MANY: dict[str, Any] = {"alice_variants": 3, "bob_variants": 2}
"""Six pairs of variants: two levels, of six values and two."""
SETS: dict[str, Any] = {"sets": 3}
"""With the seeds here, set 1 of the only tile is drawn."""
PLACES = {"alice": [[0, 2, 1], [2]], "bob": [[3, 0], [1, 3]]}
"""The first rows of each block; the other places are empty."""
WORDS = {"alice": [3, 1], "bob": [2, 2]}
HELLO_ROWS, HELLO_NONCE, FIELD, PLANES, LEVELS = 96, 136, 64, 72, 80
"""Where fields begin in a frame."""

RUNS: dict[str, dict[str, Any]] = {
    "run_both": {},
    "run_alice": {"reveal": "alice"},
    "run_bob": {"reveal": "bob"},
    "run_scores": {"scores": True},
    "run_ties": {"threshold": [31, 32]},
    "run_jaccard": {"measure": "jaccard", "threshold": [3, 4]},
    "run_variants": {"bob_variants": 2},
    "run_levels": MANY,
    "run_levels_alice": MANY | {"reveal": "alice"},
    "run_levels_bob": MANY | {"reveal": "bob"},
    "run_paired": PAIRED,
    "run_paired_scores": PAIRED | {"scores": True, "bits": 64},
    "run_fine": {"threshold": [8531, 10000]},
    "run_sets": {"sets": 2, "scores": True},
    "run_sets_levels": MANY | {"sets": 2},
    "run_sets_paired": PAIRED | {"sets": 2},
}
BOTH = ("alice to dealer 1", "alice to bob 1", "bob to dealer 1", "bob to alice 1", "dealer to alice 2",
        "dealer to bob 2", "alice to bob 3", "bob to alice 3", "bob to dealer 4", "dealer to bob 5", "bob to alice 6",
        "alice to bob 7", "bob to alice 8", "alice to bob 9", "alice to bob 10", "bob to alice 10")  # fmt: skip
"""Frames by number, as loopback sends them: who to whom and which message."""


def at(frame: str) -> int:
    return BOTH.index(frame)


def broken(frame: str, party: str, step: str, check: str, **change: Any) -> dict[str, Any]:
    return {"change": {"frame": at(frame), **change}, "error": {"party": party, "step": step, "check": check}}


def paired(
    frame: str, party: str, step: str, check: str, *, of: dict[str, Any] = PAIRED, **change: Any
) -> dict[str, Any]:
    """The same with paired blocks, or parameters that they are of: the first frame of that kind."""
    rows = {"rows": change.pop("rows")} if "rows" in change else {}
    made = {"change": {"kind": frame, **change}, "error": {"party": party, "step": step, "check": check}}
    return {"parameters": of, **rows, **made}


WRONG_TILE = [[FIELD, "0100000000000000"]]
BROKEN: dict[str, dict[str, Any]] = {
    "parameters": broken("alice to dealer 1", "dealer", "1", "C1", xor=[[64, "01"]]),
    "parameters_at_unit": broken("bob to alice 1", "alice", "1", "C1", xor=[[95, "80"]]),
    "no_rows": broken("alice to dealer 1", "dealer", "1", "C2", set=[[HELLO_ROWS, "00"]]),
    "too_many_rows": broken("bob to alice 1", "alice", "1", "C2", set=[[HELLO_ROWS, "65"]]),
    "endless_rows": broken("alice to bob 1", "bob", "1", "C2", set=[[HELLO_ROWS, "ff" * 8]]),
    "second_hello": broken("alice to dealer 1", "dealer", "1", "C3", again=True),
    "nonce_of_the_other": broken("alice to dealer 1", "dealer", "1", "C4", nonce="bob"),
    "own_nonce_back": broken("bob to alice 1", "alice", "1", "C4", nonce="alice"),
    "seed_of_another_run": broken("dealer to alice 2", "alice", "2", "C5", xor=[[64, "01"]]),
    "dealer_heard_another_commitment": broken("alice to dealer 1", "alice", "2", "C5", xor=[[104, "01"]]),
    "dealer_heard_another_nonce": broken("bob to dealer 1", "alice", "2", "C5", xor=[[HELLO_NONCE, "01"]]),
    "dealer_heard_other_rows": broken("bob to dealer 1", "alice", "2", "C5", set=[[HELLO_ROWS, "05"]]),
    "block_out_of_order": broken("alice to bob 3", "bob", "3", "C6", set=WRONG_TILE),
    "block_short": broken("bob to alice 3", "alice", "3", "C7", cut=8),
    "block_long": broken("alice to bob 3", "bob", "3", "C7", more=8),
    "tile_asked_out_of_order": broken("bob to dealer 4", "dealer", "4", "C8", set=WRONG_TILE),
    "tile_not_asked": broken("dealer to bob 5", "bob", "5", "C10", set=WRONG_TILE),
    "tile_dealt_twice": broken("dealer to bob 5", "bob", "5", "C10", again=True),
    "corrections_short": broken("dealer to bob 5", "bob", "5", "C11", cut=8),
    "bob_share_of_another_tile": broken("bob to alice 6", "alice", "6", "C9", set=WRONG_TILE),
    "bob_share_twice": broken("bob to alice 6", "alice", "6", "C9", again=True),
    "bob_share_long": broken("bob to alice 6", "alice", "6", "C11", more=8),
    "alice_share_of_another_tile": broken("alice to bob 7", "bob", "7", "C9", set=WRONG_TILE),
    "alice_share_short": broken("alice to bob 7", "bob", "7", "C11", cut=8),
    "bob_opening_of_another_tile": broken("bob to alice 8", "alice", "8", "C9", set=WRONG_TILE),
    "bob_opening_empty": broken("bob to alice 8", "alice", "8", "C11", cut="all"),
    "alice_result_of_another_tile": broken("alice to bob 9", "bob", "9", "C9", set=WRONG_TILE),
    "alice_result_long": broken("alice to bob 9", "bob", "9", "C11", more=8),
    "hit_on_no_row": broken("alice to bob 9", "bob", "9", "C12", xor=[[PLANES + 1, "10"]]),
    "hit_on_an_empty_row": broken("alice to bob 9", "bob", "9", "C13", xor=[[PLANES + 4, "01"]]),
    "alice_result_not_due": broken("alice to bob 7", "bob", "9", "C9", number=9),
    "misses_without_variants": broken("bob to alice 8", "alice", "11", "C9", number=11),
    "misses_not_due": paired("bob to alice 8", "alice", "11", "C9", of=MANY, number=11),
    "misses_of_another_tile": paired("alice to bob 11", "bob", "11", "C9", of=MANY, set=WRONG_TILE),
    "misses_of_another_level": paired("alice to bob 11", "bob", "11", "C9", of=MANY, set=[[PLANES, "02"]]),
    "misses_of_a_level_that_there_is_not": paired(
        "alice to bob 11", "bob", "11", "C9", of=MANY, set=[[PLANES, "ff" * 8]]
    ),
    "misses_twice": paired("alice to bob 11", "bob", "11", "C9", of=MANY, again=True),
    "misses_short": paired("alice to bob 11", "bob", "11", "C11", of=MANY, cut=8),
    "misses_long": paired("bob to alice 11", "alice", "11", "C11", of=MANY, more=8),
    "misses_without_the_result": paired("bob to alice 11", "alice", "11", "C11", of=MANY, cut=8),
    "first_misses_short": paired("bob to alice 8", "alice", "8", "C11", of=MANY, cut=8),
    "level_corrections_short": paired("dealer to bob 5", "bob", "5", "C11", of=MANY, cut=8),
    "persons_hit_on_no_row": paired(
        "bob to alice 11", "alice", "11", "C12", of=MANY, xor=[[LEVELS + 16 + 4, "01"]]
    ),
    "alice_result_for_misses": paired("alice to bob 11", "bob", "9", "C9", of=MANY, number=9),
    "scores_short": broken("alice to bob 10", "bob", "10", "C11", cut=8),
    "score_share_wrong": broken("alice to bob 10", "bob", "10", "C14", xor=[[64, "01"]]),
    "score_weight_wrong": broken("bob to alice 10", "alice", "10", "C14", xor=[[68, "40"]]),
    "score_after_the_last": broken("bob to alice 10", "alice", "10", "C14", xor=[[64 + 72, "01"]]),
    "paired_places_short": paired("alice to bob 12", "bob", "3a", "C15", cut=8),
    "paired_places_long": paired("bob to alice 12", "alice", "3a", "C15", more=8),
    "paired_block_out_of_order": paired("alice to bob 3", "bob", "3", "C6", set=WRONG_TILE),
    "paired_block_twice": paired("bob to alice 3", "alice", "3", "C6", again=True),
    "paired_hit_in_an_empty_place": paired(
        "alice to bob 9", "bob", "9", "C13", xor=[[PLANES + 8 * 40, "04"]]
    ),
    "paired_names_short": paired("alice to bob 13", "bob", "9a", "C11", cut=8),
    "paired_name_of_nobody": paired("alice to bob 13", "bob", "9a", "C16", set=[[64, "03"]]),
    "paired_name_of_no_hit": paired("bob to alice 13", "alice", "9a", "C16", set=[[64 + 8 * 19, "01"]]),
    "paired_two_names_for_a_place": paired(
        "bob to alice 13", "alice", "9a", "C16", set=[[64, "02"]], rows={"alice": [0xFFFF, 0, 0xFFFF]}
    ),
    "sets_tossed_for_another_tile": paired("alice to bob 14", "bob", "4a", "C9", of=SETS, set=WRONG_TILE),
    "sets_tossed_twice": paired("alice to bob 14", "bob", "4a", "C9", of=SETS, again=True),
    "sets_of_another_tile": paired("dealer to alice 15", "alice", "4b", "C10", of=SETS, set=WRONG_TILE),
    "sets_twice": paired("dealer to bob 15", "bob", "4b", "C10", of=SETS, again=True),
    "sets_too_few": paired("dealer to bob 15", "bob", "4b", "C17", of=SETS, cut=96),
    "sets_too_many": paired("dealer to alice 15", "alice", "4b", "C17", of=SETS, more=96),
    "sets_of_another_seed_for_alice": paired(
        "dealer to alice 15", "alice", "4b", "C17", of=SETS, xor=[[PLANES + 96, "01"]]
    ),
    "sets_of_another_seed_for_bob": paired(
        "dealer to bob 15", "bob", "4b", "C17", of=SETS, xor=[[PLANES + 192 + 32, "01"]]
    ),
    "sets_that_alice_alone_is_told_of": paired(
        "dealer to alice 15", "alice", "4c", "C18", of=SETS, xor=[[PLANES + 64, "01"]]
    ),
    "sets_that_bob_alone_is_told_of": paired(
        "dealer to bob 15", "alice", "4c", "C18", of=SETS, xor=[[PLANES, "01"]]
    ),
    "sets_answered_for_another_tile": paired("bob to alice 16", "alice", "4c", "C9", of=SETS, set=WRONG_TILE),
    "sets_that_bob_says_are_others": paired(
        "bob to alice 16", "alice", "4c", "C18", of=SETS, xor=[[PLANES, "01"]]
    ),
    "sets_drawn_for_another_tile": paired("alice to bob 17", "bob", "4d", "C9", of=SETS, set=WRONG_TILE),
    "sets_that_alice_says_are_others": paired(
        "alice to bob 17", "bob", "4d", "C18", of=SETS, xor=[[PLANES, "01"]]
    ),
    "sets_coin_not_as_committed": paired(
        "alice to bob 17", "bob", "4d", "C19", of=SETS, xor=[[PLANES + 32, "01"]]
    ),
    "sets_opened_by_alice_with_another_seed": paired(
        "alice to bob 17", "bob", "4d", "C20", of=SETS, xor=[[PLANES + 64, "01"]]
    ),
    "sets_opened_by_alice_too_few": paired("alice to bob 17", "bob", "4d", "C20", of=SETS, cut=32),
    "sets_opened_for_another_tile": paired("bob to alice 18", "alice", "4e", "C9", of=SETS, set=WRONG_TILE),
    "sets_opened_by_bob_with_another_seed": paired(
        "bob to alice 18", "alice", "4e", "C20", of=SETS, xor=[[PLANES + 63, "80"]]
    ),
    "sets_opened_by_bob_too_many": paired("bob to alice 18", "alice", "4e", "C20", of=SETS, more=32),
    "sets_records_too_early": paired("alice to bob 17", "bob", "3", "C6", of=SETS, number=3),
    "sets_dealt_wrong": {
        "parameters": SETS,
        "lie": {"tile": 0, "set": 2},
        "error": {"party": "bob", "step": "4b", "check": "C21"},
    },
    "sets_corrections_not_as_marked": paired(
        "dealer to bob 5", "bob", "5", "C22", of=SETS, xor=[[PLANES + 100, "10"]]
    ),
    "sets_corrections_of_another_set": paired(
        "bob to dealer 19", "bob", "5", "C22", of=SETS, set=[[PLANES, "00"]]
    ),
    "sets_chosen_for_another_tile": paired(
        "bob to dealer 19", "dealer", "4f", "C23", of=SETS, set=WRONG_TILE
    ),
    "sets_chosen_that_there_are_not": paired(
        "bob to dealer 19", "dealer", "4f", "C23", of=SETS, set=[[PLANES, "03"]]
    ),
    "more_hits_than_agreed": {"parameters": {"quota": 1}, "error": {"party": "alice", "refused": True}},
}
"""Changes to one frame, after which it gets a fitting tag and length. again: a second one follows, with the
next sequence. nonce: whose nonce stands in it. number: the message that it says it is. more, cut: words
appended or taken away, in bytes. In place of a change, lie: a tile and a set of it that the dealer deals wrong."""


class Filling:
    """What a vector says: the first rows of each block of 64 places."""

    def __init__(self, places: list[list[int]], words: list[int]) -> None:
        self.places, self.words = places, words

    def tell(self) -> Any:
        return np.array(self.words, np.uint64)

    def fill(self, _: Any) -> Any:
        return np.array([block + [-1] * (64 - len(block)) for block in self.places], np.int64).reshape(-1)


class Liar(Dealer):
    """A dealer that deals one set wrong, and marks it as if that were right."""

    lie: dict[str, int]

    def _deal_set(self, tile: int, which: int, seeds: dict[str, bytes]) -> Any:
        planes = super()._deal_set(tile, which, seeds)
        if (tile, which) == (self.lie["tile"], self.lie["set"]):
            planes[0] ^= np.uint64(1)
        return planes


def parameters_of(values: dict[str, Any]) -> Parameters:
    return Parameters(**{**values, "threshold": Fraction(*values["threshold"])})


def roles_of(vector: dict[str, Any]) -> list[Role]:
    """The roles that a vector describes."""
    parameters, session = parameters_of(vector["parameters"]), bytes.fromhex(vector["session"])
    seeds = {name: bytes.fromhex(seed) for name, seed in vector["seeds"].items()}
    rows = {
        name: np.frombuffer(bytes.fromhex("".join(rows)), "<u8").reshape(len(rows), -1)
        for name, rows in vector["rows"].items()
    }
    common: list[dict[str, Any]] = [
        {"session": session, "parameters": parameters, "seed": seeds[name], "spent": set()} for name in seeds
    ]
    if parameters.layout == "paired":
        for unit, name in zip(common, ("alice", "bob"), strict=False):
            unit["filling"] = Filling(vector["places"][name], vector["words"][name])
    dealer = Liar(**common[2]) if "lie" in vector else Dealer(**common[2])
    dealer.lie = vector.get("lie")  # type: ignore[attr-defined]
    return [Alice(rows=rows["alice"], **common[0]), Bob(rows=rows["bob"], **common[1]), dealer]


def changed(frame: Frame, change: dict[str, Any], nonces: dict[str, str], bound: str) -> list[Frame]:
    """The frames that take a frame's place."""
    body = bytearray(frame.data[:-16])
    more = [[HELLO_NONCE, nonces[change["nonce"]]]] if "nonce" in change else []
    overwrite(body, change.get("set", []) + more)
    flip(body, change.get("xor", []))
    if number := change.get("number"):
        body[46] = number
    if cut := change.get("cut"):
        del body[PLANES if cut == "all" else len(body) - cut :]
    body += bytes(change.get("more", 0))
    frames = [_sealed(frame, body, bound)]
    if change.get("again"):
        follow(body)
        frames.append(_sealed(frame, body, bound))
    return frames


def _sealed(frame: Frame, body: bytearray, bound: str) -> Frame:
    return resealed(frame, body, bytes.fromhex(bound) if message_of(body) > 2 else b"")


def inputs(parameters: dict[str, Any], rows: dict[str, list[int]]) -> dict[str, Any]:
    filling = {"places": PLACES, "words": WORDS} if parameters.get("layout") == "paired" else {}
    return filling | {
        "protocol": "blinded_broker/2",
        "parameters": PARAMETERS | parameters,
        "session": SESSION.hex(),
        "seeds": {name: seed.hex() for name, seed in SEEDS.items()},
        "rows": {
            name: [row.to_bytes(8, "little").hex() for row in some] for name, some in (ROWS | rows).items()
        },
    }


def run_vector(parameters: dict[str, Any]) -> dict[str, Any]:
    vector = inputs(parameters, {})
    roles = roles_of(vector)
    frames = run(roles)
    hits = next(role.result for role in roles if role.result is not None)  # type: ignore[attr-defined]
    pairs = sorted(zip(hits.alice.tolist(), hits.bob.tolist(), strict=True))
    sent = [[f.sender, f.recipient, hashlib.sha256(f.data).hexdigest()] for f in frames]
    return vector | {"bound": roles[0].bound.hex(), "frames": sent, "hits": pairs}


def main() -> None:
    HOME.mkdir(exist_ok=True)
    for name, parameters in RUNS.items():
        _write(name, run_vector(parameters))
    for name, case in BROKEN.items():
        scores = "scores" in name or "score" in name
        parameters = case.get("parameters", {}) | ({"scores": True} if scores else {})
        vector = inputs(parameters, case.get("rows", {}))
        roles = roles_of(vector)
        hellos: dict[str, str] = {}
        for role in roles[:2]:
            hellos[role.name] = role.begin()[0].data[HELLO_NONCE : HELLO_NONCE + 32].hex()
        fresh = roles_of(vector | {"parameters": vector["parameters"] | {"quota": 10}})
        frames = run(fresh)
        if kind := case.get("change", {}).pop("kind", None):
            named = [f"{frame.sender} to {frame.recipient} {frame.data[46]}" for frame in frames]
            case["change"] = {"frame": named.index(kind), **case["change"]}
        _write(
            f"broken_{name}",
            vector
            | {"bound": fresh[0].bound.hex(), "nonces": hellos}
            | {k: case[k] for k in ("change", "lie", "error") if k in case},
        )


def _write(name: str, vector: dict[str, Any]) -> None:
    HOME.joinpath(f"{name}.json").write_text(json.dumps(vector, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
