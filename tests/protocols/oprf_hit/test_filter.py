from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.oprf_hit.filter import decode, encode, fresh, most_words, rest_bits, values
from protocols.primitives.hashing import digest
from protocols.primitives.stream import OneTimeStream


def numbers_of(seed: int, count: int, bits: int) -> np.ndarray:
    dice = np.random.default_rng(seed)
    return np.unique(dice.integers(0, 1 << bits, count, dtype=np.uint64))


@given(st.integers(1, 62), st.lists(st.integers(0, 2**62 - 1), min_size=1, max_size=40), st.integers(-1, 50))
@settings(deadline=None)
def test_what_is_coded_is_read(bits: int, drawn: list[int], below: int) -> None:
    numbers = np.array(sorted({x % 2**bits for x in drawn} - set(range(below + 1))), np.uint64)
    if not len(numbers):
        return
    rest = rest_bits(bits, len(numbers))
    code = encode(numbers, below, rest)
    found = decode(code, len(numbers), below, rest, bits)
    assert found is not None
    assert found.tolist() == numbers.tolist()
    assert len(code) <= most_words(bits, len(numbers), len(numbers), len(numbers))


@given(
    st.lists(st.integers(0, 2**64 - 1), max_size=20),
    st.integers(1, 30),
    st.integers(1, 62),
    st.integers(-1, 9),
)
@settings(deadline=None)
def test_any_words_give_rising_numbers_that_are_coded_so_or_nothing(
    words: list[int], size: int, bits: int, below: int
) -> None:
    rest = rest_bits(bits, max(1, min(size, 2**bits)))
    found = decode(np.array(words, np.uint64), size, below, rest, bits)
    if found is not None:
        assert (np.diff(found.astype(np.int64)) > 0).all()
        assert below < found[0]
        assert found[-1] < 2**bits
        assert encode(found, below, rest).tolist() == words


@given(st.integers(0, 10_000), st.integers(0, 63))
@settings(deadline=None)
def test_a_changed_code_is_another_filter_or_none(seed: int, bit: int) -> None:
    numbers = numbers_of(seed, 20, 40)
    rest = rest_bits(40, len(numbers))
    code = encode(numbers, -1, rest)
    code[seed % len(code)] ^= np.uint64(1 << bit)
    found = decode(code, len(numbers), -1, rest, 40)
    assert found is None or found.tolist() != numbers.tolist()


def test_an_entry_takes_about_a_bit_and_a_half_more_than_its_false_positives() -> None:
    numbers = numbers_of(1, 1 << 17, 57)
    code = encode(numbers, -1, rest_bits(57, len(numbers)))
    assert 64 * len(code) / len(numbers) == pytest.approx(41.58, abs=0.02)


def test_values_are_the_lowest_bits_of_labelled_digests() -> None:
    outputs = np.arange(5 * 64, dtype=np.uint8).reshape(5, 64)
    for bits in (1, 40, 62):
        expected = [
            int.from_bytes(digest("oprf_hit value", b"b" * 32, row.tobytes())[:8], "little") % 2**bits
            for row in outputs
        ]
        assert values(outputs, b"b" * 32, bits).tolist() == expected
    assert values(outputs[:0], b"b" * 32, 9).tolist() == []


def test_fresh_numbers_are_none_twice_and_none_taken() -> None:
    taken = np.arange(100, dtype=np.uint64)
    found = fresh(OneTimeStream(bytes(32)), count(), 150, 8, (taken, taken[:0]))
    assert len(set(found.tolist())) == 150
    assert not set(found.tolist()) & set(range(100))
