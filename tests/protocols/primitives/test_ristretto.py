from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.primitives import ristretto
from protocols.primitives.ristretto import ORDER, OutsideError

RFC = json.loads(Path(__file__).with_name("rfc9496.json").read_text())
ALL_BAD = [(kind, text) for kind, texts in RFC["bad"].items() for text in texts]
BASE = bytes.fromhex(RFC["multiples"][0])
IDENTITY = bytes(32)

scalars = st.integers(1, ORDER - 1)


def scalar(number: int) -> bytes:
    return number.to_bytes(32, "little")


def rows(*points: bytes) -> np.ndarray:
    return np.frombuffer(b"".join(points), np.uint8).reshape(-1, 32)


@pytest.mark.parametrize("number", range(1, 16))
def test_multiples_of_the_base_are_those_of_the_rfc(number: int) -> None:
    expected = bytes.fromhex(RFC["multiples"][number - 1])
    assert ristretto.base_times(scalar(number)) == expected
    assert ristretto.times(scalar(number), BASE) == expected
    assert ristretto.holds(expected)
    if number > 1:
        assert ristretto.add(bytes.fromhex(RFC["multiples"][number - 2]), BASE) == expected


def test_uniform_bytes_become_the_elements_of_the_rfc() -> None:
    wide, points = (
        np.frombuffer(bytes.fromhex("".join(texts)), np.uint8)
        for texts in zip(*RFC["from_uniform"], strict=True)
    )
    assert (ristretto.from_uniform(wide.reshape(-1, 64)) == points.reshape(-1, 32)).all()


@pytest.mark.parametrize(("kind", "text"), ALL_BAD)
def test_bytes_that_are_no_element_are_refused(kind: str, text: str) -> None:
    bad = bytes.fromhex(text)
    assert not ristretto.holds(bad)
    with pytest.raises(OutsideError) as caught:
        ristretto.multiply(rows(BASE, bad, bad), scalar(7))
    assert caught.value.row == 1
    for pair in ((bad, BASE), (BASE, bad)):
        with pytest.raises(OutsideError):
            ristretto.add(*pair)


def test_the_identity_is_refused() -> None:
    assert not ristretto.holds(IDENTITY)
    with pytest.raises(OutsideError):
        ristretto.times(scalar(3), IDENTITY)


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_an_element_has_32_bytes(size: int) -> None:
    assert not ristretto.holds(BASE[:1] * size)
    with pytest.raises(OutsideError):
        ristretto.add(BASE, BASE[:1] * size)


@pytest.mark.parametrize(
    "wrong", [b"", bytes(31), bytes(33), b"\xff" * 32], ids=["empty", "short", "long", "large"]
)
def test_what_is_no_scalar_is_refused(wrong: bytes) -> None:
    for act in (ristretto.base_times, ristretto.inverse, lambda s: ristretto.times(s, BASE)):
        with pytest.raises(ValueError, match="scalar"):
            act(wrong)
    assert not ristretto.is_scalar(wrong)


def test_zero_has_no_inverse_and_no_product() -> None:
    for act in (ristretto.base_times, ristretto.inverse):
        with pytest.raises(ValueError, match="no such element or scalar"):
            act(bytes(32))
    with pytest.raises(OutsideError):
        ristretto.times(bytes(32), BASE)


def test_a_scalar_is_canonical_below_the_order_only() -> None:
    assert ristretto.is_scalar(scalar(ORDER - 1))
    assert ristretto.is_scalar(bytes(32))
    assert not ristretto.is_scalar(scalar(ORDER))


@given(scalars, scalars)
@settings(max_examples=30, deadline=None)
def test_scalars_are_numbers_modulo_the_order(a: int, b: int) -> None:
    x, y = scalar(a), scalar(b)
    assert ristretto.scalar_difference(x, y) == scalar((a - b) % ORDER)
    assert ristretto.scalar_product(x, y) == scalar(a * b % ORDER)
    assert ristretto.inverse(x) == scalar(pow(a, -1, ORDER))
    wide = (a << 256 | b).to_bytes(64, "little")
    assert ristretto.reduced(wide) == scalar((a << 256 | b) % ORDER)


@given(scalars, scalars, st.binary(max_size=40))
@settings(max_examples=20, deadline=None)
def test_masks_of_two_parties_commute_and_come_off(a: int, b: int, text: bytes) -> None:
    point = ristretto.hashed([text], b"test")
    one, other = scalar(a), scalar(b)
    both = ristretto.multiply(ristretto.multiply(point, one), other)
    assert (both == ristretto.multiply(ristretto.multiply(point, other), one)).all()
    assert (ristretto.multiply(both, ristretto.inverse(other)) == ristretto.multiply(point, one)).all()


def test_texts_and_tags_are_told_apart() -> None:
    points = ristretto.hashed([b"", b"\0", b"a", b"aa"], b"one")
    others = ristretto.hashed([b"", b"\0", b"a", b"aa"], b"two")
    assert len({point.tobytes() for point in (*points, *others)}) == 8
    assert all(ristretto.holds(point.tobytes()) for point in points)


@pytest.mark.parametrize("tag", [b"", bytes(256)], ids=["none", "long"])
def test_a_tag_has_1_to_255_bytes(tag: bytes) -> None:
    with pytest.raises(ValueError, match="1 to 255"):
        ristretto.expand(b"text", tag)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
def test_threads_find_what_one_thread_finds(count: int) -> None:
    texts = [str(number).encode() for number in range(count)]
    with ThreadPoolExecutor(3) as pool:
        points = ristretto.hashed(texts, b"test", pool.map)
        assert (points == ristretto.hashed(texts, b"test")).all()
        assert (
            ristretto.multiply(points, scalar(5), pool.map) == ristretto.multiply(points, scalar(5))
        ).all()
        wide = np.resize(points, (count, 64))
        assert (ristretto.from_uniform(wide, pool.map) == ristretto.from_uniform(wide)).all()
        if count:
            points = points.copy()
            points[-1] = 255
            with pytest.raises(OutsideError) as caught:
                ristretto.multiply(points, scalar(5), pool.map)
            assert caught.value.row == count - 1


def test_other_threads_run_while_elements_are_multiplied() -> None:
    points = np.repeat(rows(BASE), 4000, axis=0)
    ristretto.multiply(points[:1], scalar(5))  # compiles
    turns, over = [0], threading.Event()

    def count() -> None:
        while not over.is_set():
            turns[0] += 1

    ticking = threading.Thread(target=count)
    ticking.start()
    before = turns[0]
    ristretto.multiply(points, scalar(5), lambda act, _: [act(slice(0, len(points)))])
    during = turns[0] - before
    over.set()
    ticking.join()
    assert during > 1000  # one call into the kernel: with the lock held, the other thread would stand still


def test_what_multiplies_is_given_as_rows_and_left_as_it_is() -> None:
    points = rows(BASE, BASE)[:, :].copy()
    wide = np.hstack([points, points])[:, 32:]
    assert (ristretto.multiply(wide, scalar(2)) == rows(bytes.fromhex(RFC["multiples"][1]))[0]).all()
    assert (points == rows(BASE, BASE)).all()
