from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError
from pplink.keys import signing
from pplink.keys.signing import Signed, sign, signed_from, verify

KIND = "pplink/event/1"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
BODY = {"type": "run-started", "count": 3, "weights": [0.5, 1.0], "text": "é"}
VECTORS = json.loads(Path(__file__).with_name("vectors").joinpath("rfc8032.json").read_text())["cases"]

L = 2**252 + 27742317777372353535851937790883648493
"""Order of the group (RFC 8032, 5.1)."""


def changed(signed: Signed, **changes: Any) -> Signed:
    return msgspec.structs.replace(signed, **changes)


@pytest.mark.parametrize("case", VECTORS, ids=range(len(VECTORS)))
def test_the_primitive_we_sign_with_is_that_of_rfc_8032(case: dict[str, str]) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["secret"]))
    message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    assert private.public_key().public_bytes_raw().hex() == case["public"]
    assert private.sign(message) == signature
    private.public_key().verify(signature, message)
    with pytest.raises(InvalidSignature):
        private.public_key().verify(signature, message + b"\x00")


def test_the_signed_bytes_are_the_prefix_and_the_canonical_form() -> None:
    data = b'pplink-signed/1\n{"body":{"a":1},"kind":"pplink/event/1","signer":"north"}'
    assert signing.message(KIND, "north", {"a": 1.0}) == data
    signed = sign(PRIVATE, KIND, "north", {"a": 1.0})
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(canonical.from_base64(signed.signature), data)


def test_what_was_signed_verifies_and_is_the_same_each_time() -> None:
    signed = sign(PRIVATE, KIND, "north", BODY)
    verify(signed, PUBLIC, KIND)
    assert sign(PRIVATE, KIND, "north", BODY) == signed


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBER = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-(2.0**52), 2.0**52)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_an_envelope_survives_its_file(body: dict[str, Any]) -> None:
    signed = sign(PRIVATE, KIND, "north", body)
    back = signed_from(canonical.exactly(canonical.to_bytes(signed.to_json())))
    assert back == signed
    verify(back, PUBLIC, KIND)


@pytest.mark.parametrize(
    "changes",
    [
        {"signer": "south"},
        {"body": {**BODY, "count": 4}},
        {"body": {**BODY, "more": 1}},
        {"body": {}},
        {"body": {"x": math.nan}},
        {"signature": canonical.to_base64(bytes(64))},
        {"signature": canonical.to_base64(bytes(63))},
        {"signature": "not base64"},
        {"signature": ""},
    ],
)
def test_a_changed_envelope_is_not_theirs(changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="is not theirs"):
        verify(changed(sign(PRIVATE, KIND, "north", BODY), **changes), PUBLIC, KIND)


@pytest.mark.parametrize("bit", range(0, 512, 7))
def test_a_flipped_bit_of_the_signature_is_found(bit: int) -> None:
    signed = sign(PRIVATE, KIND, "north", BODY)
    data = bytearray(canonical.from_base64(signed.signature))
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(IntegrityError):
        verify(changed(signed, signature=canonical.to_base64(bytes(data))), PUBLIC, KIND)


def test_a_second_spelling_of_the_same_signature_is_refused() -> None:
    """S + L verifies where S is not reduced (RFC 8032, 8.4); two signatures of one text would not merge."""
    signed = sign(PRIVATE, KIND, "north", BODY)
    data = canonical.from_base64(signed.signature)
    other = data[:32] + (int.from_bytes(data[32:], "little") + L).to_bytes(32, "little")
    with pytest.raises(IntegrityError):
        verify(changed(signed, signature=canonical.to_base64(other)), PUBLIC, KIND)


def test_an_envelope_is_not_taken_for_another_kind() -> None:
    signed = sign(PRIVATE, KIND, "north", BODY)
    with pytest.raises(
        IntegrityError, match="north signed a pplink/event/1 where a pplink/dataset-manifest/1 is due"
    ):
        verify(signed, PUBLIC, "pplink/dataset-manifest/1")
    with pytest.raises(IntegrityError):
        verify(changed(signed, kind="pplink/dataset-manifest/1"), PUBLIC, "pplink/dataset-manifest/1")


@pytest.mark.parametrize("public", [bytes(32), b"\xff" * 32, bytes(31), b"", bytes(range(32))])
def test_another_key_or_no_key_at_all_is_an_integrity_error(public: bytes) -> None:
    with pytest.raises(IntegrityError):
        verify(sign(PRIVATE, KIND, "north", BODY), public, KIND)


def test_a_body_that_json_cannot_say_is_not_signed() -> None:
    for value in (math.nan, math.inf, 2**60, "\ud800", {1, 2}, b"x"):
        with pytest.raises(MalformedError):
            sign(PRIVATE, KIND, "north", {"x": value})


def test_a_name_or_kind_that_no_reader_takes_is_not_signed() -> None:
    with pytest.raises(MalformedError):
        sign(PRIVATE, KIND, "North", BODY)
    with pytest.raises(MalformedError):
        sign(PRIVATE, "event", "north", BODY)


GOOD = sign(PRIVATE, KIND, "north", BODY).to_json()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (None, r"^\$: "),
        ([GOOD], r"^\$: "),
        ({}, r"^\$\.kind: missing"),
        ({**GOOD, "extra": 1}, r"^\$\.extra: unknown key"),
        ({**GOOD, "kind": "event"}, r"^\$\.kind"),
        ({**GOOD, "kind": "pplink/event/0"}, r"^\$\.kind"),
        ({**GOOD, "kind": "pplink/event/1\n"}, r"^\$\.kind"),
        ({**GOOD, "signer": ""}, r"^\$\.signer"),
        ({**GOOD, "signer": "north\n"}, r"^\$\.signer"),
        ({**GOOD, "signer": "n" * 33}, r"^\$\.signer"),
        ({**GOOD, "signer": "../north"}, r"^\$\.signer"),
        ({**GOOD, "body": []}, r"^\$\.body"),
        ({**GOOD, "body": {"x": math.inf}}, r"^\$\.body"),
        ({**GOOD, "signature": GOOD["signature"][:-4]}, r"^\$\.signature: has 63 bytes instead of 64"),
        ({**GOOD, "signature": GOOD["signature"] + "\n"}, r"^\$\.signature: is not base64"),
        ({**GOOD, "signature": 5}, r"^\$\.signature"),
    ],
)
def test_what_is_no_envelope_is_named_by_its_path(value: Any, path: str) -> None:
    with pytest.raises(MalformedError, match=path):
        signed_from(value)
