from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols.errors import RefusedError
from protocols.primitives.hashing import commit, derive, digest
from protocols.primitives.stream import ZEROS, OneTimeStream, Stream

KEY = bytes(range(32))


def test_a_stream_is_aes_256_in_counter_mode() -> None:
    """NIST SP 800-38A, F.5.5, read as a keystream: its key and first counter block."""
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    counter = bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
    plain, sealed = "6bc1bee22e409f96e93d7e117393172a", "601ec313775789a5b7a7f504bbf3d228"
    encryptor = Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor()
    assert encryptor.update(bytes.fromhex(plain)).hex() == sealed
    first = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update((7).to_bytes(8, "big") + bytes(8))
    assert Stream(key).words(7, 2).tobytes() == first


@pytest.mark.parametrize("count", [1, 3, len(ZEROS) // 8 - 1, len(ZEROS) // 8, len(ZEROS) // 4 + 5])
def test_a_longer_run_begins_like_a_shorter_one(count: int) -> None:
    stream = Stream(KEY)
    whole = Cipher(algorithms.AES(KEY), modes.CTR(bytes(16))).encryptor().update(bytes(8 * count))
    assert stream.words(0, count).tobytes() == whole
    assert (stream.words(1, 1) != stream.words(0, 1)).all()


def test_words_cannot_be_written_to() -> None:
    assert not Stream(KEY).words(0, 4).flags.writeable


@pytest.mark.parametrize("again", [0, 3, 5])
def test_a_one_time_stream_does_not_rewind(again: int) -> None:
    stream = OneTimeStream(KEY)
    assert (stream.words(5, 2) == Stream(KEY).words(5, 2)).all()
    with pytest.raises(RefusedError):
        stream.words(again, 2)
    stream.words(6, 1)


def test_a_digest_is_what_the_format_says() -> None:
    label = b"pplink protocols v1: x"
    told = b"".join(len(part).to_bytes(8, "little") + part for part in (label, b"ab", b""))
    assert digest("x", b"ab", b"") == hashlib.sha256(told).digest()


def test_no_two_inputs_have_one_digest() -> None:
    inputs = [
        ("x", b"ab", b"c"),
        ("x", b"a", b"bc"),
        ("x", b"abc"),
        ("xa", b"b", b"c"),
        ("x", b"ab", b"c", b""),
    ]
    assert len({digest(*parts) for parts in inputs}) == len(inputs)
    assert commit(KEY, b"a") != commit(bytes(32), b"a")


def test_derived_keys_differ_by_label_and_context() -> None:
    keys = [derive(KEY, "a"), derive(KEY, "b"), derive(KEY, "a", b"c"), derive(bytes(32), "a")]
    assert len(set(keys)) == 4
    assert len(derive(KEY, "a", length=16)) == 16
