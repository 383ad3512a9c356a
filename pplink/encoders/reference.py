"""Reference: a record to bits one token at a time, as the specification says it. Slow; the tests' yardstick."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping

import numpy as np
from msgspec import UNSET

from pplink.agreement.field import Field
from pplink.agreement.model import Encoding, Terms
from pplink.encoders.bloom import BitRows
from pplink.encoders.fullness import most_bits


def encode_record(record: Mapping[str, str | None], terms: Terms, field_keys: Mapping[str, bytes]) -> BitRows:
    """(words,): the filter of one record, {field name: value as written, None if missing}, before any hardening but
    salting.

    field_keys: 32 bytes by field name. Raises BadValueError for a value that its kind cannot be.
    """
    encoding, salt = terms.encoding, _salt(record, terms)
    words = np.zeros(encoding.bits // 64, np.uint64)
    named = not encoding.needed
    for field in terms.fields:
        text = field.reader.normalise(record.get(field.name) or "")
        named |= field.name in encoding.needed and field.reader.names(text)
        for bit in _bits(field, text, encoding, field_keys[field.name], salt):
            words[bit // 64] |= np.uint64(1 << bit % 64)
    if not named or not encoding.least <= np.bitwise_count(words).sum() <= most_bits(terms):
        words[:] = 0
    return words


def _bits(field: Field, text: str, encoding: Encoding, key: bytes, salt: bytes) -> Iterator[int]:
    """What a normal form sets: each token as many bits as are its share, in one part of the filter after the other."""
    kind, salted = field.reader, encoding.salt is not None and field.name != encoding.salt.field
    tokens, shares = kind.tokens(text, encoding.q), kind.shares(text, encoding.q)
    of = sum(shares) if field.by_value else 1
    part = encoding.bits // encoding.functions
    for token, share in zip(tokens, shares, strict=True):
        whole = salt + b"\0" + token if salted else token
        for turn, drawn in enumerate(_draw(key, whole, field.positions(encoding.hashes, share, of), part)):
            yield drawn + turn % encoding.functions * part


def _salt(record: Mapping[str, str | None], terms: Terms) -> bytes:
    way = terms.encoding.salt
    if way is None:
        return b""
    field = next(field for field in terms.fields if field.name == way.field)
    text = field.reader.normalise(record.get(way.field) or "")
    return text[: None if way.characters is UNSET else way.characters].encode()


def _draw(key: bytes, token: bytes, count: int, bits: int) -> list[int]:
    drawn: list[int] = []
    block = 0
    while len(drawn) < count:
        digest = hmac.digest(key, block.to_bytes(4, "big") + token, hashlib.sha256)
        for i in range(0, 32, 4):
            number = int.from_bytes(digest[i : i + 4], "big")
            if number < 2**32 // bits * bits and len(drawn) < count:
                drawn.append(number % bits)
        block += 1
    return drawn
