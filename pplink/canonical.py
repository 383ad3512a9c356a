"""Canonical: one byte form (RFC 8785 JSON) and one name (SHA-256) for every signed value."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from math import inf
from typing import Any, NoReturn

import rfc8785
from cryptography.hazmat.primitives.hashes import SHA256, Hash

Json = Any
"""None, bool, int, float, str, list or dict with string keys."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""An escape that may be half of a pair: alone it is no character, and no UTF-8 can say it."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

_WRITER = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
"""Of what is `_plain`: in C, three to four times as fast as rfc8785."""


class MalformedError(ValueError):
    """Not a document we read. Callers turn it into the error of whoever sent it."""


def to_bytes(value: Json) -> bytes:
    """The RFC 8785 form. Raises MalformedError for what JSON cannot say exactly (NaN, integers past 2^53), for
    what `exactly` would not take back, and for what is nested too deeply.
    """
    try:
        if _plain(value):
            return _WRITER.encode(value).encode()
        _check_numbers(value, "$")
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise MalformedError(f"has no canonical form: {type(error).__name__}") from None
    except RecursionError:
        raise MalformedError("is nested too deeply") from None


def digest(value: Json) -> str:
    """SHA-256 of the RFC 8785 form, 64 lower-case hex digits."""
    return sha256((to_bytes(value),))


def sha256(parts: Iterable[bytes | memoryview]) -> str:
    """Of these bytes, end to end, 64 lower-case hex digits. By `cryptography`, whose OpenSSL encoding needs anyway:
    hashlib loads another one, which takes 3 ms."""
    told = Hash(SHA256())
    for part in parts:
        told.update(part)
    return told.finalize().hex()


def from_bytes(data: bytes) -> Json:
    """Strict JSON: UTF-8, no key twice, no NaN, no half of a surrogate pair. Any layout; see `exactly` for
    canonical bytes only.

    Raises MalformedError. Python's own reader keeps the last of two equal keys, so two parties could
    read one signed text differently.
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
        if _SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeDecodeError:
        raise MalformedError("is not UTF-8") from None
    except UnicodeEncodeError:
        raise MalformedError("has text that is not Unicode") from None
    except json.JSONDecodeError as error:
        raise MalformedError(f"is not JSON: line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise MalformedError("is nested too deeply") from None
    except MalformedError:
        raise
    except ValueError:  # an integer of thousands of digits
        raise MalformedError("has a number out of range") from None


def exactly(data: bytes) -> Json:
    """Read bytes that must already be canonical, so that no byte can change unnoticed."""
    value = from_bytes(data)
    if to_bytes(value) != data:
        raise MalformedError("is not in canonical form")
    return value


def to_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def from_base64(text: str, length: int | None = None) -> bytes:
    """Standard base64, one spelling only. Raises MalformedError, also when `length` bytes were due."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("is not base64") from None
    if to_base64(data) != text:
        raise MalformedError("is not base64 in its one spelling")
    if length is not None and len(data) != length:
        raise MalformedError(f"has {len(data)} bytes instead of {length}")
    return data


def _plain(value: Json) -> bool:
    """Whether json writes it as RFC 8785 says: it has no floats, which json writes as Python does, no integers past
    2^53, and no keys but ASCII, whose order is one whether by characters or by UTF-16 units.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-(2**53) < value < 2**53)
    if kind is dict:
        return all(type(key) is str and key.isascii() and _plain(each) for key, each in value.items())
    return (kind is list or kind is tuple) and all(map(_plain, value))


def _check_numbers(value: Json, path: str) -> None:
    """Raise MalformedError for a number that RFC 8785 cannot write, or that is not read back as it was: from 2^53 on, a
    float below 10^21 is written with digits alone, and digits are read as an integer. path: of value, for the error."""
    if (isinstance(value, int) and abs(value) >= 2**53) or (
        isinstance(value, float) and not (abs(value) < 2**53 or 10**21 <= abs(value) < inf)
    ):
        raise MalformedError(f"{path} has no canonical form: number out of range")
    if isinstance(value, dict):
        for key, each in value.items():
            _check_numbers(each, path + step(str(key)))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            _check_numbers(each, f"{path}[{place}]")


def step(key: str) -> str:
    """A key in a JSON path. One that could steer a terminal or fill it is not repeated."""
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else "[...]"


def _once(items: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(items)
    if len(value) != len(items):
        raise MalformedError("has a key twice")
    return value


def _no_constant(_: str) -> NoReturn:
    raise MalformedError("has a number that JSON does not have")
