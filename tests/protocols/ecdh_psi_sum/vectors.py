"""What protocols/ecdh_psi_sum/vectors hold; `python -m tests.protocols.write_vectors ecdh_psi_sum` writes them."""

from __future__ import annotations

import hashlib
from typing import Any

from protocols.ecdh_psi_sum import Alice, Bob, Parameters, SecretKey
from protocols.ecdh_psi_sum.messages import MESSAGES as MESSAGES
from protocols.primitives import paillier
from tests.protocols.paillier_key import PRIMES

INPUTS: dict[str, Any] = {
    "protocol": "ecdh_psi_sum/1",
    "session": bytes(range(100, 132)).hex(),
    "seeds": {name: hashlib.sha256(f"vector {name}".encode()).hexdigest() for name in ("alice", "bob")},
    "key": PRIMES,
    "parameters": {
        "reveal": "both", "sums": 2, "bits": 16, "least": 2, "capacity": 12, "step": 3, "quota": 6, "block": 4,
    },
    "items": {
        "alice": [b"P1234567".hex(), b"".hex(), b"C01X00T47".hex(), b"P1234567".hex(), b"only alice".hex()],
        "bob": [[b"C01X00T47".hex(), [3, 70]], [b"P1234567".hex(), [65535, 0]], [b"only bob".hex(), [9, 9]]],
    },
}  # fmt: skip
RUNS: dict[str, dict[str, Any]] = {
    "run_both": {},
    "run_bob": {"parameters": {"reveal": "bob"}},
    "run_too_few": {"parameters": {"least": 3}},
}
FRAMES = (
    "alice hello", "bob hello", "valued", "masked", "masked b", "returned", "returned b", "added", "told",
)  # fmt: skip
"""Frames by number, in the order in which they are sent. Alice has 6 elements in two blocks, Bob 3 in one."""
BODY, FIRST, ELEMENTS, NONCE, CIPHER, ROW = 64, 72, 96, 136, 768, 800
ZEROS, NEGATIVE, LARGE = "00" * 32, "01" + "00" * 31, "ff" * 31 + "7f"


def broken(frame: str, party: str, step: str, check: str, **change: Any) -> dict[str, Any]:
    error = {"party": party, "step": step, "check": check}
    return {"change": {"frame": FRAMES.index(frame), **change}, "error": error}


BROKEN: dict[str, dict[str, Any]] = {
    "parameters": broken("alice hello", "bob", "1", "C1", xor=[[BODY, "01"]]),
    "elements_of_no_step": broken("bob hello", "alice", "1", "C2", set=[[ELEMENTS, "04"]]),
    "elements_none": broken("bob hello", "alice", "1", "C2", set=[[ELEMENTS, "00"]]),
    "elements_endless": broken("alice hello", "bob", "1", "C2", set=[[ELEMENTS, "ff" * 8]]),
    "own_nonce_back": broken("bob hello", "alice", "1", "C3", mirror=NONCE),
    "block_left_out": broken("masked", "bob", "2", "C4", set=[[BODY, "01"]]),
    "block_after_the_last": broken("valued", "alice", "2", "C4", again=True, next=True),
    "block_twice": broken("masked", "bob", "2", "C4", again=True),
    "block_short": broken("masked b", "bob", "2", "C5", cut=32),
    "block_of_a_word_more": broken("masked", "bob", "2", "C5", more=8),
    "values_short": broken("valued", "alice", "2", "C5", cut=ROW),
    "values_of_a_word_less": broken("valued", "alice", "2", "C5", cut=8),
    "identity": broken("masked", "bob", "2", "C6", set=[[FIRST + 32, ZEROS]]),
    "negative": broken("valued", "alice", "2", "C6", set=[[FIRST, NEGATIVE]]),
    "no_canonical_number": broken("masked b", "bob", "2", "C6", set=[[FIRST, LARGE]]),
    "cipher_of_zero": broken("valued", "alice", "2", "C7", set=[[FIRST + 32, "00" * CIPHER]]),
    "cipher_beyond_the_square": broken("valued", "alice", "2", "C7", set=[[FIRST + ROW + 32, "ff" * CIPHER]]),
    "element_twice": broken("masked", "bob", "2", "C8", copy=[FIRST, FIRST + 32, 32]),
    "element_of_bob_s_twice": broken("valued", "alice", "2", "C8", copy=[FIRST, FIRST + ROW, 32]),
    "tags_left_out": broken("returned", "alice", "3", "C9", set=[[BODY, "01"]]),
    "tags_twice": broken("returned", "alice", "3", "C9", again=True),
    "tags_short": broken("returned b", "alice", "3", "C10", cut=8),
    "tags_long": broken("returned", "alice", "3", "C10", more=16),
    "tag_twice": broken("returned", "alice", "3", "C11", copy=[FIRST, FIRST + 16, 16]),
    "tags_not_rising": broken("returned", "alice", "3", "C11", set=[[FIRST, "ff" * 16]]),
    "size_below_the_least": broken("added", "bob", "4", "C12", set=[[BODY, "01"]]),
    "size_beyond_elements": broken("added", "bob", "4", "C12", set=[[BODY, "04"]]),
    "size_without_a_cipher": broken("added", "bob", "4", "C12", cut=CIPHER),
    "cipher_without_a_size": broken("added", "bob", "4", "C12", set=[[BODY, "00"]]),
    "two_ciphers": broken("added", "bob", "4", "C12", more=CIPHER),
    "sum_under_no_cipher": broken("added", "bob", "4", "C12", set=[[FIRST, "ff" * CIPHER]]),
    "sum_beyond_its_slots": broken("added", "bob", "4", "C13", plain=[1 << 40, 1]),
    "sum_too_large": broken("added", "bob", "4", "C13", plain=[2 * 65535 + 1, 7]),
    "told_short": broken("told", "alice", "5", "C14", cut=16),
    "told_long": broken("told", "alice", "5", "C14", more=16),
    "told_of_a_word_less": broken("told", "alice", "5", "C14", cut=8),
    "told_too_large": broken("told", "alice", "5", "C14", set=[[BODY + 8, "01"]]),
    "more_common_than_agreed": {
        "inputs": {"parameters": {"quota": 1, "least": 1}},
        "error": {"party": "alice", "refused": True},
    },
}
"""plain: what is encrypted in the place of the sums, and with which randomness."""


def edit(body: bytearray, change: dict[str, Any], _frame: Any, roles: list[Any]) -> None:
    """Changes that no other protocol's vectors have."""
    if "plain" in change:
        modulus = roles[1].parameters.modulus
        cipher = paillier.encrypt(modulus, *change["plain"])
        body[FIRST:] = paillier.to_words(modulus, (cipher,)).tobytes()


def roles_of(vector: dict[str, Any]) -> list[Any]:
    """The roles that a vector describes."""
    key = SecretKey(**{name: int(text, 16) for name, text in vector["key"].items()})
    agreed = Parameters(modulus=key.modulus, **vector["parameters"])

    def common(name: str) -> dict[str, Any]:
        session, seed = bytes.fromhex(vector["session"]), bytes.fromhex(vector["seeds"][name])
        return {"session": session, "parameters": agreed, "seed": seed, "spent": set()}

    alice = [bytes.fromhex(item) for item in vector["items"]["alice"]]
    bob = [(bytes.fromhex(item), numbers) for item, numbers in vector["items"]["bob"]]
    return [Alice(items=alice, **common("alice")), Bob(items=bob, key=key, **common("bob"))]


def learned(role: Any) -> Any:
    return role.result and [role.result.size, role.result.sums and list(role.result.sums)]
