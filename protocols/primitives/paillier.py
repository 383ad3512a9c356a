"""Paillier: numbers that are added under encryption (Paillier, EUROCRYPT 1999), by `phe`; generator n + 1.

Plain texts are whole numbers from 0 below n: phe's own encoding of fractions and signs shows its exponent and is
not used. phe draws its randomness itself where it is not given any, so here it always is. Powers are GMP's and do
not run in constant time: a key holder should not decrypt on a machine that an attacker shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt

from protocols.errors import MisuseError
from protocols.primitives.stream import Stream

Words = npt.NDArray[np.uint64]
LEAST_BITS = 3072
"""Of a modulus: 128 bits of security by NIST SP 800-57."""
MOST_BITS = 8192
SPARE = 16
"""Bytes by which a random number is drawn longer than the modulus: what is left of a bias is below 2**-128."""


@dataclass(frozen=True, kw_only=True)
class SecretKey:
    """Two primes, made outside: `phe.generate_paillier_keypair(n_length=3072)`. Raises MisuseError for none."""

    p: int = field(repr=False)
    q: int = field(repr=False)

    def __post_init__(self) -> None:
        if min(self.p, self.q) < 3 or self.p == self.q or gcd(self.modulus, (self.p - 1) * (self.q - 1)) != 1:
            raise MisuseError("these numbers make no key")

    @property
    def modulus(self) -> int:
        """The public key."""
        return self.p * self.q


def fits(modulus: int) -> bool:
    """Whether a public key is of a size that is used; that nobody can see that it has two prime factors is fine:
    a key holder that chose it badly harms only what it may read."""
    return modulus > 0 and LEAST_BITS <= modulus.bit_length() <= MOST_BITS and modulus % 2 == 1


def encrypt(modulus: int, plain: int, random: int) -> int:
    """A cipher text of plain. random: from 1 below modulus, uniform, and for this one alone."""
    if not (0 <= plain < modulus and 0 < random < modulus):
        raise MisuseError("a plain text and its randomness lie from 0, and 1, below the modulus")
    found: int = _public(modulus).raw_encrypt(plain, r_value=random)
    return found


def encrypt_own(key: SecretKey, plain: int, random: int) -> int:
    """As `encrypt`, the same number, by who has the secret key: about three times as fast.

    x^p modulo p^2 depends on x modulo p alone, so random^n is found modulo p^2 and q^2.
    """
    n = key.modulus
    if not (0 <= plain < n and 0 < random < n):
        raise MisuseError("a plain text and its randomness lie from 0, and 1, below the modulus")
    power = _library().util.powmod
    mine, other = (
        power(power(random % p, q % (p - 1), p), p, p * p) for p, q in ((key.p, key.q), (key.q, key.p))
    )
    lift = (other - mine) * _library().util.invert(key.p**2, key.q**2) % key.q**2
    return int((1 + plain * n) * (mine + key.p**2 * lift) % (n * n))


def decrypt(key: SecretKey, cipher: int) -> int:
    """The plain text. cipher: one that `holds`."""
    found: int = _secret(key).raw_decrypt(cipher)
    return found


def total(modulus: int, ciphers: Iterable[int]) -> int:
    """A cipher text of the sum of plain texts, modulo the modulus. It shows whose it is the sum of: see `encrypt`."""
    square, found = modulus * modulus, 1
    for cipher in ciphers:
        found = found * cipher % square
    return found


def times(modulus: int, cipher: int, factor: int) -> int:
    """A cipher text of factor times the plain text. factor: from 0 below modulus; it takes longer for longer ones."""
    found: int = _library().util.powmod(cipher, factor, modulus * modulus)
    return found


def holds(modulus: int, cipher: int) -> bool:
    """Whether a number is a cipher text under this key."""
    return 0 < cipher < modulus * modulus and gcd(cipher, modulus) == 1


def nonces(key: bytes, modulus: int, count: int) -> list[int]:
    """(count,): numbers from 1 below modulus; number n is made of run n of the stream of key."""
    stream, size = Stream(key), -(-(modulus.bit_length() + 8 * SPARE) // 64)
    return [
        1 + int.from_bytes(stream.words(run, size).tobytes(), "little") % (modulus - 1)
        for run in range(count)
    ]


def width(modulus: int) -> int:
    """Words that a cipher text has on its way."""
    return -(-2 * modulus.bit_length() // 64)


def to_words(modulus: int, ciphers: Sequence[int]) -> Words:
    """(len(ciphers) * width,): as they travel, one after the other, little-endian."""
    size = 8 * width(modulus)
    return np.frombuffer(b"".join(cipher.to_bytes(size, "little") for cipher in ciphers), np.uint64)


def from_words(modulus: int, words: Words) -> list[int] | None:
    """The cipher texts that travelled in (n * width,) words; None if one is none."""
    size, data = 8 * width(modulus), words.tobytes()
    found = [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]
    return found if len(data) % size == 0 and all(holds(modulus, cipher) for cipher in found) else None


def pack(numbers: Sequence[int], bits: int, slots: int) -> list[int]:
    """Plain texts of `slots` numbers each, of `bits` bits each, the first lowest."""
    parts = (numbers[at : at + slots] for at in range(0, len(numbers), slots))
    return [sum(number << bits * place for place, number in enumerate(part)) for part in parts]


def unpack(plains: Sequence[int], bits: int, slots: int, count: int) -> list[int]:
    """The first `count` numbers of plain texts."""
    mask = (1 << bits) - 1
    return [plains[n // slots] >> bits * (n % slots) & mask for n in range(count)]


@cache
def _library() -> Any:
    try:
        import phe
    except ImportError as error:  # pragma: no cover
        raise MisuseError("sums under encryption need `phe`", "install pplink[sums]") from error
    return phe


@cache
def _public(modulus: int) -> Any:
    return _library().PaillierPublicKey(modulus)


@cache
def _secret(key: SecretKey) -> Any:
    return _library().PaillierPrivateKey(_public(key.modulus), key.p, key.q)
