from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.errors import IntegrityError, UsageError
from pplink.keys.sealing import LONG, OVERHEAD, SUITE, open_sealed, seal

VECTOR = {
    key: bytes.fromhex(value)
    for key, value in json.loads(
        Path(__file__).with_name("vectors").joinpath("rfc9180.json").read_text()
    ).items()
    if key != "source"
}
PRIVATE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
CONTEXT = {"use": "test", "to": "north"}
INFO = b'pplink-sealed/1\n{"to":"north","use":"test"}'


class PlainHpke:
    """RFC 9180, 4 and 5, written from the text: base mode, X25519, HKDF-SHA256, and of 7.3 ChaCha20-Poly1305 (3) or
    AES-256-GCM (2), whose keys have 32 bytes and nonces 12 alike."""

    KEM = b"KEM" + (0x20).to_bytes(2)
    SUITE = b"HPKE" + (0x20).to_bytes(2) + (1).to_bytes(2)

    def __init__(self, private: X25519PrivateKey, enc: bytes, info: bytes, aead: int = 3) -> None:
        self.aead = {2: AESGCM, 3: ChaCha20Poly1305}[aead]
        self.SUITE = PlainHpke.SUITE + aead.to_bytes(2)
        shared = private.exchange(X25519PublicKey.from_public_bytes(enc))
        eae = self.extract(self.KEM, b"", b"eae_prk", shared)
        both = enc + private.public_key().public_bytes_raw()
        self.shared_secret = self.expand(self.KEM, eae, b"shared_secret", both, 32)
        hashes = self.extract(self.SUITE, b"", b"psk_id_hash", b"") + self.extract(
            self.SUITE, b"", b"info_hash", info
        )
        secret = self.extract(self.SUITE, self.shared_secret, b"secret", b"")
        self.key = self.expand(self.SUITE, secret, b"key", b"\x00" + hashes, 32)
        self.base_nonce = self.expand(self.SUITE, secret, b"base_nonce", b"\x00" + hashes, 12)

    @staticmethod
    def extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, hashlib.sha256)

    @staticmethod
    def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
        return hmac.digest(
            key, length.to_bytes(2) + b"HPKE-v1" + suite + label + info + b"\x01", hashlib.sha256
        )[:length]

    def open(self, ciphertext: bytes, aad: bytes = b"") -> bytes:
        return self.aead(self.key).decrypt(self.base_nonce, ciphertext, aad)

    def seal(self, plaintext: bytes) -> bytes:
        return self.aead(self.key).encrypt(self.base_nonce, plaintext, b"")


def test_the_plain_hpke_of_this_file_is_that_of_rfc_9180() -> None:
    """Appendix A.2.1. Its ciphertexts carry associated data, which the library's one-shot call does not take,
    so `open_sealed` cannot be fed them: this plain HPKE is held to them, and the library to it, below."""
    plain = PlainHpke(X25519PrivateKey.from_private_bytes(VECTOR["private"]), VECTOR["enc"], VECTOR["info"])
    assert plain.shared_secret == VECTOR["shared_secret"]
    assert plain.key == VECTOR["key"]
    assert plain.base_nonce == VECTOR["base_nonce"]
    assert plain.open(VECTOR["ciphertext"], VECTOR["aad"]) == VECTOR["plaintext"]


def test_the_library_opens_what_the_plain_hpke_sealed_with_the_keys_of_rfc_9180() -> None:
    private = X25519PrivateKey.from_private_bytes(VECTOR["private"])
    sealed = VECTOR["enc"] + PlainHpke(private, VECTOR["enc"], VECTOR["info"]).seal(VECTOR["plaintext"])
    assert SUITE.decrypt(sealed, private, info=VECTOR["info"]) == VECTOR["plaintext"]


@settings(max_examples=30)
@given(st.binary(max_size=300))
def test_what_is_sealed_opens_and_the_plain_hpke_agrees(plaintext: bytes) -> None:
    sealed = seal(PUBLIC, CONTEXT, plaintext)
    assert len(sealed) == len(plaintext) + OVERHEAD
    assert open_sealed(PRIVATE, CONTEXT, sealed) == plaintext
    assert PlainHpke(PRIVATE, sealed[:32], INFO).open(sealed[32:]) == plaintext


@settings(max_examples=30)
@given(st.binary(max_size=300))
def test_long_seals_open_and_the_plain_hpke_agrees(plaintext: bytes) -> None:
    sealed = seal(PUBLIC, CONTEXT, plaintext, LONG)
    assert len(sealed) == len(plaintext) + OVERHEAD
    assert open_sealed(PRIVATE, CONTEXT, memoryview(sealed), LONG) == plaintext
    assert PlainHpke(PRIVATE, sealed[:32], INFO, 2).open(sealed[32:]) == plaintext


@pytest.mark.parametrize(("made", "opened"), [(SUITE, LONG), (LONG, SUITE)])
def test_a_seal_does_not_open_by_another_suite(made: Any, opened: Any) -> None:
    with pytest.raises(IntegrityError):
        open_sealed(PRIVATE, CONTEXT, seal(PUBLIC, CONTEXT, b"secret", made), opened)


def test_two_seals_of_one_text_differ() -> None:
    assert seal(PUBLIC, CONTEXT, b"x") != seal(PUBLIC, CONTEXT, b"x")


@pytest.mark.parametrize(
    "context", [{"use": "test", "to": "south"}, {"use": "test"}, {}, None, "", [CONTEXT]]
)
def test_a_seal_does_not_open_in_another_place(context: Any) -> None:
    with pytest.raises(IntegrityError):
        open_sealed(PRIVATE, context, seal(PUBLIC, CONTEXT, b"secret"))


def test_a_seal_does_not_open_with_another_key() -> None:
    with pytest.raises(IntegrityError):
        open_sealed(X25519PrivateKey.generate(), CONTEXT, seal(PUBLIC, CONTEXT, b"secret"))


def test_every_flipped_bit_is_found() -> None:
    sealed = seal(PUBLIC, CONTEXT, b"secret")
    for bit in range(8 * len(sealed)):
        if bit == 255:  # RFC 7748, 5: the top bit of a key is not looked at; the key schedule does see it
            continue
        data = bytearray(sealed)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(IntegrityError):
            open_sealed(PRIVATE, CONTEXT, bytes(data))


def test_the_top_bit_of_the_encapsulated_key_is_bound_too() -> None:
    data = bytearray(seal(PUBLIC, CONTEXT, b"secret"))
    data[31] ^= 0x80
    with pytest.raises(IntegrityError):
        open_sealed(PRIVATE, CONTEXT, bytes(data))


@pytest.mark.parametrize("length", [0, 1, 31, 32, 47, 48, 53])
def test_what_is_cut_short_is_found(length: int) -> None:
    with pytest.raises(IntegrityError):
        open_sealed(PRIVATE, CONTEXT, seal(PUBLIC, CONTEXT, b"secret")[:length])


def test_what_is_longer_or_all_zero_is_found() -> None:
    for data in (seal(PUBLIC, CONTEXT, b"secret") + b"\x00", bytes(100)):
        with pytest.raises(IntegrityError):
            open_sealed(PRIVATE, CONTEXT, data)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31)])
def test_nothing_is_sealed_to_a_key_that_is_none(public: bytes) -> None:
    with pytest.raises(UsageError):
        seal(public, CONTEXT, b"secret")


def test_errors_carry_neither_text_nor_key() -> None:
    with pytest.raises(IntegrityError) as caught:
        open_sealed(PRIVATE, {}, seal(PUBLIC, CONTEXT, b"secret"))
    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None
