from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink import canonical
from pplink.canonical import MalformedError

VECTORS = Path(__file__).with_name("vectors")
RFC8785 = json.loads(VECTORS.joinpath("rfc8785.json").read_text())["cases"]
ES6 = json.loads(VECTORS.joinpath("es6_numbers.json").read_text())

TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.characters(max_codepoint=127), max_size=8)
NUMBER = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-(2.0**52), 2.0**52)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("case", RFC8785, ids=[case["name"] for case in RFC8785])
def test_the_form_is_that_of_rfc_8785(case: dict[str, str]) -> None:
    assert canonical.to_bytes(canonical.from_bytes(case["input"].encode())).hex() == case["output"]
    assert canonical.exactly(bytes.fromhex(case["output"])) == json.loads(case["input"])


def es6_numbers() -> Iterator[int]:
    """The published sequence of IEEE 754 doubles, as 64 bits; see the source named in the file."""
    yield from (int(each, 16) for each in ES6["first"])
    yield from range(0x0010000000000000, 0x0010000000000000 + 2000)
    block = bytes(32)
    while True:
        block = hashlib.sha256(block).digest()
        for number in struct.unpack("<4Q", block):
            value = struct.unpack("<d", struct.pack("<Q", number))[0]
            if value != 0 and math.isfinite(value):
                yield number


def test_numbers_are_written_as_the_published_10_000() -> None:
    hashed = hashlib.sha256()
    for count, number in enumerate(es6_numbers(), 1):
        value = struct.unpack("<d", struct.pack("<Q", number))[0]
        if 2**53 <= abs(value) < 10**21:  # RFC 8785 has a form for these, but reading it back is not exact
            with pytest.raises(MalformedError, match="has no canonical form"):
                canonical.to_bytes(value)
            form = rfc8785.dumps(value)
        else:
            form = canonical.to_bytes(value)
        hashed.update(f"{number:x},{form.decode()}\n".encode())
        if str(count) in ES6["sha256"]:
            assert hashed.hexdigest() == ES6["sha256"][str(count)]
        if count == 10_000:
            break


@settings(max_examples=200)
@given(JSON)
def test_a_value_survives_and_has_one_form(value: Any) -> None:
    data = canonical.to_bytes(value)
    assert canonical.exactly(data) == value
    assert canonical.to_bytes(canonical.from_bytes(json.dumps(value, indent=2).encode())) == data
    assert canonical.digest(value) == hashlib.sha256(data).hexdigest()


@settings(max_examples=200)
@given(JSON)
def test_the_form_is_that_of_the_other_implementation_whatever_writes_it(value: Any) -> None:
    """Floats and keys beyond ASCII go to rfc8785, the rest to json."""
    assert canonical.to_bytes(value) == rfc8785.dumps(value)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    for read in (canonical.from_bytes, canonical.exactly):
        with suppress(MalformedError):
            read(data)


@settings(max_examples=100)
@given(JSON, st.data())
def test_a_changed_byte_never_reads_as_the_same_value(value: Any, data: st.DataObject) -> None:
    good = canonical.to_bytes(value)
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    try:
        other = canonical.exactly(changed)
    except MalformedError:
        return
    assert canonical.digest(other) != canonical.digest(value)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ({"b": 1, "a": 1.0}, b'{"a":1,"b":1}'),
        ({"\u20ac": 1, "\r": 2, "\U0001f600": 3, "\ufb33": 4}, '{"\\r":2,"€":1,"😀":3,"\ufb33":4}'.encode()),
        ([0.1, 1e21, 1e-7, -0.0, 100.0], b"[0.1,1e+21,1e-7,0,100]"),
        ("\u2028\x00\x1f/\x7f", '"\u2028\\u0000\\u001f/\x7f"'.encode()),
        ([], b"[]"),
        (None, b"null"),
    ],
    ids=range(6),
)
def test_forms_by_example(value: Any, form: bytes) -> None:
    """Keys go by UTF-16 units, so that the emoji stands before U+FB33 although its code point is greater."""
    assert canonical.to_bytes(value) == form


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53,
        -(2**53),
        10**400,
        "\ud800",
        {"\udfff": 1},
        {1: 2},
        b"x",
        {1, 2},
        object(),
        1j,
    ],
    ids=range(13),
)
def test_what_json_cannot_say_has_no_form(value: Any) -> None:
    with pytest.raises(MalformedError, match="has no canonical form"):
        canonical.to_bytes({"deep": [value]})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not JSON: line 1, column 1"),
        (b"{", "is not JSON"),
        (b"{'a':1}", "is not JSON"),
        (b'{"a":1,}', "is not JSON"),
        (b"[1] [2]", "is not JSON"),
        (b"01", "is not JSON"),
        (b'"\x01"', "is not JSON"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b'"\xed\xa0\x80"', "is not UTF-8"),
        (b'"\\ud800"', "has text that is not Unicode"),
        (b'{"\\uDFff":1}', "has text that is not Unicode"),
        (b'["\\udc00\\ud800"]', "has text that is not Unicode"),
        ('{"a":1}'.encode("utf-16"), "is not UTF-8"),
        (b'{"a":1,"a":1}', "has a key twice"),
        (b'{"x":{"a":1,"\\u0061":2}}', "has a key twice"),
        (b"NaN", "has a number that JSON does not have"),
        (b"[Infinity]", "has a number that JSON does not have"),
        (b"-Infinity", "has a number that JSON does not have"),
        (b"1" * 5000, "has a number out of range"),
        (b"[" * 100_000 + b"]" * 100_000, "is nested too deeply"),
        (b'{"a":' * 100_000, "is nested too deeply"),
    ],
    ids=range(22),
)
def test_what_is_no_strict_json_is_malformed(data: bytes, said: str) -> None:
    with pytest.raises(MalformedError, match=said) as caught:
        canonical.from_bytes(data)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "data",
    [
        b"1.0",
        b"1e2",
        b"-0",
        b'{"a": 1}',
        b" 1",
        b"1\n",
        b'{"b":1,"a":2}',
        b'"\\u0061"',
        b'"\\/"',
        b"0.10",
        b"1E5",
        b"9007199254740993",
    ],
)
def test_what_is_json_in_another_form_is_not_exact(data: bytes) -> None:
    canonical.from_bytes(data)
    with pytest.raises(MalformedError):
        canonical.exactly(data)


@given(st.binary(max_size=40))
def test_base64_survives(data: bytes) -> None:
    assert canonical.from_base64(canonical.to_base64(data), len(data)) == data


@pytest.mark.parametrize(
    "text", ["A", "AA", "AA=", "AB==", "AAA=A", "AA==\n", " AAAA", "AA-_", "é", "=", "AAB=", "AA\x00A"]
)
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(MalformedError, match="is not base64"):
        canonical.from_base64(text)


@pytest.mark.parametrize(
    "value",
    [2.0**53, -(2.0**53), 1e20, math.nextafter(1e21, 0), {"a": [1e16]}, {"a": np.float64(2**60)}],
)
def test_a_float_that_would_be_read_back_as_an_integer_has_no_form(value: Any) -> None:
    with pytest.raises(MalformedError, match="has no canonical form"):
        canonical.to_bytes(value)


@pytest.mark.parametrize("value", [2.0**53 - 1, -(2.0**53) + 1, 1e21, -1e21, 1e300])
def test_large_floats_that_have_a_form_can_be_read_back(value: float) -> None:
    assert canonical.exactly(canonical.to_bytes(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_that_has_a_form_can_be_read_back(value: float) -> None:
    with suppress(MalformedError):
        assert canonical.exactly(canonical.to_bytes(value)) == value


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}], ids=["list", "object"])
def test_what_is_nested_too_deeply_has_no_form(wrap: Callable[[Any], Any]) -> None:
    value: Any = None
    for _ in range(100_000):
        value = wrap(value)
    with pytest.raises(MalformedError, match="is nested too deeply"):
        canonical.to_bytes(value)


def test_what_holds_itself_has_no_form() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(MalformedError, match="is nested too deeply"):
        canonical.digest(value)


@pytest.mark.parametrize("depth", [300, 500, 900, 1000, 5000, 100_000])
def test_deep_bytes_are_exact_or_malformed_and_nothing_else(depth: int) -> None:
    with suppress(MalformedError):
        canonical.exactly(b"[" * depth + b"]" * depth)


def test_base64_of_another_length_is_malformed() -> None:
    with pytest.raises(MalformedError, match="has 3 bytes instead of 4"):
        canonical.from_base64("AAAA", 4)
