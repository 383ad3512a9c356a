"""OPRF: RFC 9497's functions for ristretto255-SHA512, base and verifiable mode, in batches.

An input is 1 key of a person, at most 65,535 bytes. Elements are rows of 32 bytes. Numbers of sections are the RFC's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from hmac import compare_digest

import numpy as np
import numpy.typing as npt

from protocols.errors import MisuseError
from protocols.primitives import ristretto
from protocols.primitives.ristretto import Rows, Spread

Outputs = npt.NDArray[np.uint8]
"""(n, 64): the function's values."""
LONGEST = 65_535
"""Bytes of an input at most."""
OUTPUT = 64


def context(verifiable: bool) -> bytes:
    """The context string of a mode: 3.1."""
    return b"OPRFV1-" + bytes([verifiable]) + b"-ristretto255-SHA512"


def key_pair(seed: bytes, info: bytes, verifiable: bool) -> tuple[bytes, bytes]:
    """DeriveKeyPair, 3.2.1: the secret scalar and the public element that 32 secret random bytes give."""
    if len(seed) != ristretto.SIZE:
        raise MisuseError(f"a key's seed has {ristretto.SIZE} bytes, not {len(seed)}")
    start = seed + _sized(info)
    for counter in range(256):
        secret = _scalar(start + bytes([counter]), b"DeriveKeyPair" + context(verifiable))
        if any(secret):
            return secret, ristretto.base_times(secret)
    raise MisuseError("this seed gives no key")  # pragma: no cover


def blind(keys: Sequence[bytes], blinds: Sequence[bytes], verifiable: bool) -> Rows:
    """Blind, 3.3.1: (n, 32). blinds: secret random scalars, one a key."""
    points = elements(keys, verifiable)
    products = [ristretto.multiply(points[n : n + 1], scalar) for n, scalar in enumerate(blinds)]
    return np.concatenate(products)


def elements(keys: Sequence[bytes], verifiable: bool, spread: Spread = map) -> Rows:
    """HashToGroup of each key, 4.1: (n, 32). Raises MisuseError for a key that is too long."""
    if any(len(key) > LONGEST for key in keys):
        raise MisuseError(f"a key has at most {LONGEST} bytes")
    return ristretto.hashed(keys, b"HashToGroup-" + context(verifiable), spread)


def evaluate(keys: Sequence[bytes], secret: bytes, verifiable: bool, spread: Spread = map) -> Outputs:
    """Evaluate, 3.3.1: (n, 64), what the holder computes alone."""
    return outputs(keys, ristretto.multiply(elements(keys, verifiable, spread), secret, spread))


def finalize(keys: Sequence[bytes], blinds: Sequence[bytes], evaluated: Rows) -> Outputs:
    """Finalize, 3.3.1: (n, 64). Raises OutsideError for a row of `evaluated` that is no element."""
    plain = np.empty_like(evaluated)
    for n, scalar in enumerate(blinds):
        try:
            plain[n] = ristretto.multiply(evaluated[n : n + 1], ristretto.inverse(scalar))[0]
        except ristretto.OutsideError as error:
            raise ristretto.OutsideError(n) from error
    return outputs(keys, plain[: len(keys)])


def outputs(keys: Sequence[bytes], points: Rows) -> Outputs:
    """The last step of Finalize and Evaluate: SHA-512 of each key and its element, (n, 64). points: (n, 32)."""
    length = ristretto.SIZE.to_bytes(2, "big")
    found = b"".join(
        hashlib.sha512(_sized(key) + length + point.tobytes() + b"Finalize").digest()
        for key, point in zip(keys, points, strict=True)
    )
    return np.frombuffer(found, np.uint8).reshape(-1, OUTPUT)


def prove(secret: bytes, public: bytes, blinded: Rows, evaluated: Rows, random: bytes) -> bytes:
    """GenerateProof, 2.2.1, over a batch, (n, 32) each: 64 bytes. random: a scalar that serves once, ever."""
    m = _composite(_weights(public, blinded, evaluated), blinded)
    parts = (public, m, ristretto.times(secret, m), ristretto.base_times(random), ristretto.times(random, m))
    c = _challenge(*parts)
    return c + ristretto.scalar_difference(random, ristretto.scalar_product(c, secret))


def verify(public: bytes, blinded: Rows, evaluated: Rows, proof: bytes) -> bool:
    """VerifyProof, 2.2.2: whether one secret, that of `public`, made all of `evaluated` of `blinded`."""
    c, s = proof[: ristretto.SIZE], proof[ristretto.SIZE :]
    if not (ristretto.is_scalar(c) and ristretto.is_scalar(s)):
        return False
    try:
        weights = _weights(public, blinded, evaluated)
        m, z = _composite(weights, blinded), _composite(weights, evaluated)
        t2 = ristretto.add(ristretto.base_times(s), ristretto.times(c, public))
        t3 = ristretto.add(ristretto.times(s, m), ristretto.times(c, z))
    except ValueError:  # an element outside the group, or the identity, which no honest prover meets
        return False
    return compare_digest(_challenge(public, m, z, t2, t3), c)


def _weights(public: bytes, blinded: Rows, evaluated: Rows) -> list[bytes]:
    """The scalars of ComputeComposites, 2.2.1."""
    seed = hashlib.sha512(_sized(public) + _sized(b"Seed-" + context(True))).digest()
    return [
        _scalar(
            _sized(seed)
            + n.to_bytes(2, "big")
            + _sized(c.tobytes())
            + _sized(d.tobytes())
            + b"Composite",
            b"HashToScalar-" + context(True),
        )
        for n, (c, d) in enumerate(zip(blinded, evaluated, strict=True))
    ]  # fmt: skip


def _composite(weights: Sequence[bytes], points: Rows) -> bytes:
    """The weighted sum of elements."""
    terms = [ristretto.times(weight, point.tobytes()) for weight, point in zip(weights, points, strict=True)]
    total = terms[0]
    for term in terms[1:]:
        total = ristretto.add(term, total)
    return total


def _challenge(*points: bytes) -> bytes:
    return _scalar(b"".join(map(_sized, points)) + b"Challenge", b"HashToScalar-" + context(True))


def _scalar(text: bytes, tag: bytes) -> bytes:
    """HashToScalar, 4.1."""
    return ristretto.reduced(ristretto.expand(text, tag))


def _sized(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text
