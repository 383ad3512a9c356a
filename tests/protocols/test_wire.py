from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import wire
from protocols.errors import MisuseError, PeerError


@dataclass(frozen=True, kw_only=True)
class Note:
    NUMBER: ClassVar[int] = 7
    STEP: ClassVar[str] = "3"
    BOUND: ClassVar[bool] = True
    LAYOUT: ClassVar[wire.Layout] = (("count", wire.UINT64), ("name", 4), ("words", wire.WORDS))

    count: int
    name: bytes
    words: wire.Words


ENVELOPE = wire.Envelope(
    protocol="notes/1", session=bytes(32), sender=0, recipient=1, sequence=5, bound=b"b" * 32
)
KINDS = {7: Note}


def note(count: int = 1, name: bytes = b"name", words: int = 3) -> Note:
    return Note(count=count, name=name, words=np.arange(words, dtype=np.uint64))


def decode(data: bytes) -> Note:
    return wire.decode(data, KINDS, ENVELOPE, "peer", 10_000)


@given(st.integers(0, 2**64 - 1), st.binary(min_size=4, max_size=4), st.integers(0, 50))
def test_what_is_sent_arrives(count: int, name: bytes, words: int) -> None:
    sent = note(count, name, words)
    data = wire.encode(sent, ENVELOPE)
    assert len(data) == wire.SHORTEST + 12 + 8 * words
    got = decode(data)
    assert (got.count, got.name, got.words.tolist()) == (sent.count, sent.name, sent.words.tolist())
    assert not got.words.flags.writeable
    assert wire.encode(got, ENVELOPE) == data


@given(st.binary(max_size=300))
def test_noise_is_the_peers_fault(data: bytes) -> None:
    with pytest.raises(PeerError):
        decode(data)


@given(st.integers(0, wire.SHORTEST + 12 + 24 - 1), st.integers(0, 7))
def test_any_flipped_bit_is_found(place: int, bit: int) -> None:
    data = bytearray(wire.encode(note(), ENVELOPE))
    data[place] ^= 1 << bit
    with pytest.raises(PeerError):
        decode(bytes(data))


@pytest.mark.parametrize(
    "wrong",
    [{"count": -1}, {"count": 2**64}, {"name": b"five5"}, {"name": b""}],
    ids=["negative", "too large", "long", "empty"],
)
def test_what_does_not_fit_is_not_sent(wrong: dict) -> None:
    with pytest.raises(MisuseError):
        wire.encode(note(**wrong), ENVELOPE)


def test_words_of_another_size_are_not_sent() -> None:
    with pytest.raises(MisuseError):
        wire.encode(Note(count=1, name=b"name", words=np.zeros(3, np.uint32)), ENVELOPE)


@pytest.mark.parametrize("words", [b"", b"\0" * 3], ids=["cut in a field", "cut in a word"])
def test_a_body_that_does_not_fit_its_fields_breaks_w9(words: bytes) -> None:
    class Any4(Note):
        LAYOUT: ClassVar[wire.Layout] = (("count", wire.UINT64), ("name", 2 + len(words)))

    data = wire.encode(Any4(count=1, name=b"na" + words, words=np.zeros(0, np.uint64)), ENVELOPE)
    with pytest.raises(PeerError) as caught:
        decode(data)
    assert (caught.value.check, caught.value.step) == ("W9", "3")


def test_a_body_longer_than_its_fields_breaks_w9() -> None:
    class Short(Note):
        LAYOUT: ClassVar[wire.Layout] = (("count", wire.UINT64),)

    with pytest.raises(PeerError) as caught:
        wire.decode(wire.encode(note(), ENVELOPE), {7: Short}, ENVELOPE, "peer", 10_000)
    assert caught.value.check == "W9"
