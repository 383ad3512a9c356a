from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import MisuseError
from protocols.primitives import paillier
from tests.protocols.paillier_key import KEY

N = KEY.modulus
ONE, TWO = (paillier.encrypt(N, plain, random) for plain, random in ((1, 12345), (N - 2, 67890)))


def test_a_cipher_text_is_what_the_paper_says() -> None:
    assert pow(N + 1, 1, N * N) * pow(12345, N, N * N) % (N * N) == ONE


@given(st.integers(0, KEY.modulus - 1), st.integers(1, KEY.modulus - 1))
@settings(max_examples=4)
def test_who_has_the_secret_key_encrypts_to_the_same(plain: int, random: int) -> None:
    assert paillier.encrypt_own(KEY, plain, random) == paillier.encrypt(KEY.modulus, plain, random)


@pytest.mark.parametrize(("plain", "random"), [(-1, 1), (KEY.modulus, 1), (1, 0), (1, KEY.modulus)])
def test_who_has_the_secret_key_is_refused_the_same(plain: int, random: int) -> None:
    with pytest.raises(MisuseError, match="lie from 0, and 1, below the modulus"):
        paillier.encrypt_own(KEY, plain, random)


def test_sums_and_multiples_come_out() -> None:
    assert paillier.decrypt(KEY, paillier.total(N, [ONE, TWO])) == N - 1
    assert paillier.decrypt(KEY, paillier.times(N, TWO, 5)) == N - 10
    assert paillier.decrypt(KEY, paillier.total(N, [])) == 0


def test_cipher_texts_travel() -> None:
    words = paillier.to_words(N, [ONE, TWO])
    assert len(words) == 2 * paillier.width(N) == 192
    assert paillier.from_words(N, words) == [ONE, TWO]
    assert paillier.from_words(N, words[:0]) == []


@pytest.mark.parametrize("number", [0, N, N * N, N * N + 1, 5 * N, KEY.p])
def test_what_is_no_cipher_text_does_not_hold(number: int) -> None:
    assert not paillier.holds(N, number)
    assert paillier.from_words(N, paillier.to_words(N, [ONE, number])) is None


def test_half_a_cipher_text_is_none() -> None:
    assert paillier.from_words(N, paillier.to_words(N, [ONE])[:-1]) is None


@pytest.mark.parametrize(("plain", "random"), [(-1, 1), (N, 1), (1, 0), (1, N), (1, -1)])
def test_what_cannot_be_encrypted_is_refused(plain: int, random: int) -> None:
    with pytest.raises(MisuseError):
        paillier.encrypt(N, plain, random)


@pytest.mark.parametrize(("p", "q"), [(KEY.p, KEY.p), (0, 5), (1, 7), (3, 7), (-3, 5)])
def test_numbers_that_make_no_key_are_refused(p: int, q: int) -> None:
    with pytest.raises(MisuseError):
        paillier.SecretKey(p=p, q=q)


@given(st.lists(st.integers(0, 2**98 - 1), max_size=70), st.integers(1, 31))
def test_packed_numbers_come_back(numbers: list[int], slots: int) -> None:
    plains = paillier.pack(numbers, 98, slots)
    assert len(plains) == -(-len(numbers) // slots)
    assert all(plain < N for plain in plains)
    assert paillier.unpack(plains, 98, slots, len(numbers)) == numbers


def test_nonces_are_below_the_modulus_and_differ() -> None:
    found = paillier.nonces(bytes(32), N, 20)
    assert all(0 < nonce < N for nonce in found)
    assert len(set(found)) == 20
    assert found[:3] == paillier.nonces(bytes(32), N, 3)
    assert {nonce >> 3068 for nonce in found} > {0, 1}


def test_sizes_of_keys() -> None:
    assert paillier.fits(N)
    for modulus in (N >> 1, N - 1, 1, -N, (1 << 8192) + 1):
        assert not paillier.fits(modulus)
    assert np.uint64(paillier.width(N)) == 96
