from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import protocols
from protocols.errors import MisuseError
from protocols.oprf_hit import oprf
from protocols.primitives import ristretto

RFC = json.loads((Path(protocols.__file__).parent / "oprf_hit" / "vectors" / "rfc9497.json").read_text())
MODES = {bool(mode["mode"]): mode for mode in RFC["modes"]}
VECTORS = [
    pytest.param(bool(mode["mode"]), vector, id=f"mode {mode['mode']}, vector {number}")
    for mode in RFC["modes"]
    for number, vector in enumerate(mode["vectors"], 1)
]
SECRET, PUBLIC = oprf.key_pair(bytes(range(32)), b"test", True)


def parts(text: str) -> list[bytes]:
    return [bytes.fromhex(part) for part in text.split(",")]


def rows(text: str) -> np.ndarray:
    return np.frombuffer(b"".join(parts(text)), np.uint8).reshape(-1, 32)


def proven(keys: list[bytes]) -> tuple[np.ndarray, np.ndarray, bytes]:
    """Elements, their products, and a proof."""
    asked = oprf.elements(keys, True)
    answered = ristretto.multiply(asked, SECRET)
    return asked, answered, oprf.prove(SECRET, PUBLIC, asked, answered, ristretto.reduced(bytes(range(64))))


@pytest.mark.parametrize("verifiable", [False, True])
def test_the_rfcs_seed_gives_the_rfcs_keys(verifiable: bool) -> None:
    mode = MODES[verifiable]
    secret, public = oprf.key_pair(bytes.fromhex(mode["seed"]), bytes.fromhex(mode["keyInfo"]), verifiable)
    assert secret.hex() == mode["skSm"]
    assert public.hex() == mode.get("pkSm", public.hex())
    assert (b"HashToGroup-" + oprf.context(verifiable)).hex() == mode["groupDST"]


@pytest.mark.parametrize(("verifiable", "vector"), VECTORS)
def test_the_functions_give_what_the_rfc_says(verifiable: bool, vector: dict[str, Any]) -> None:
    secret = bytes.fromhex(MODES[verifiable]["skSm"])
    keys, blinds = parts(vector["Input"]), parts(vector["Blind"])
    blinded = oprf.blind(keys, blinds, verifiable)
    assert (blinded == rows(vector["BlindedElement"])).all()
    evaluated = ristretto.multiply(blinded, secret)
    assert (evaluated == rows(vector["EvaluationElement"])).all()
    expected = b"".join(parts(vector["Output"]))
    assert oprf.finalize(keys, blinds, evaluated).tobytes() == expected
    assert oprf.evaluate(keys, secret, verifiable).tobytes() == expected


@pytest.mark.parametrize("vector", [vector.values[1] for vector in VECTORS if vector.values[0]])
def test_proofs_are_the_rfcs_and_verify(vector: dict[str, Any]) -> None:
    secret, public = (bytes.fromhex(MODES[True][name]) for name in ("skSm", "pkSm"))
    asked, answered = rows(vector["BlindedElement"]), rows(vector["EvaluationElement"])
    proof = oprf.prove(secret, public, asked, answered, bytes.fromhex(vector["Proof"]["r"]))
    assert proof.hex() == vector["Proof"]["proof"]
    assert oprf.verify(public, asked, answered, proof)


@given(st.integers(0, 511))
@settings(max_examples=60, deadline=None)
def test_a_proof_with_a_flipped_bit_does_not_verify(bit: int) -> None:
    asked, answered, proof = proven([b"one", b"two"])
    wrong = bytearray(proof)
    wrong[bit // 8] ^= 1 << bit % 8
    assert oprf.verify(PUBLIC, asked, answered, proof)
    assert not oprf.verify(PUBLIC, asked, answered, bytes(wrong))


def test_a_proof_is_of_its_elements_in_their_order_under_its_key() -> None:
    asked, answered, proof = proven([b"one", b"two", b"three"])
    other_secret, other = oprf.key_pair(bytes(32), b"", True)
    assert not oprf.verify(other, asked, answered, proof)
    assert not oprf.verify(PUBLIC, asked[::-1], answered[::-1], proof)
    assert not oprf.verify(PUBLIC, asked[:2], answered[:2], proof)
    mixed = answered.copy()
    mixed[2] = ristretto.multiply(asked, other_secret)[2]
    assert not oprf.verify(PUBLIC, asked, mixed, proof)
    swapped = answered[[1, 0, 2]]
    assert not oprf.verify(PUBLIC, asked, swapped, proof)


@pytest.mark.parametrize("place", ["public", "asked", "answered"])
@pytest.mark.parametrize(
    "point", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32], ids=["identity", "negative", "large"]
)
def test_elements_outside_the_group_verify_nothing(place: str, point: bytes) -> None:
    asked, answered, proof = proven([b"one", b"two"])
    given_ = {"public": PUBLIC, "asked": asked.copy(), "answered": answered.copy()}
    if place == "public":
        given_["public"] = point
    else:
        given_[place][1] = np.frombuffer(point, np.uint8)
    assert not oprf.verify(given_["public"], given_["asked"], given_["answered"], proof)


@pytest.mark.parametrize("scalar", [bytes(32), ristretto.ORDER.to_bytes(32, "little"), b"\xff" * 32])
def test_scalars_that_are_zero_or_not_canonical_verify_nothing(scalar: bytes) -> None:
    asked, answered, proof = proven([b"one"])
    for wrong in (scalar + proof[32:], proof[:32] + scalar, scalar * 2, proof[:63], b""):
        assert not oprf.verify(PUBLIC, asked, answered, wrong)


def test_the_two_modes_are_two_functions() -> None:
    outputs = {oprf.evaluate([b"key"], SECRET, verifiable).tobytes() for verifiable in (False, True)}
    assert len(outputs) == 2


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_keys_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(MisuseError, match="32 bytes"):
        oprf.key_pair(bytes(size), b"", True)


def test_a_key_has_at_most_65535_bytes() -> None:
    assert len(oprf.evaluate([bytes(65_535)], SECRET, True)) == 1
    with pytest.raises(MisuseError, match="65535"):
        oprf.evaluate([b"short", bytes(65_536)], SECRET, True)
