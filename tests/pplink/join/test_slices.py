from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest

from pplink.join.backends.bits import GROUP, LANES, count_misses, lowest, popcount
from pplink.join.backends.slices import TILE, prepare, rare_first
from pplink.join.backends.sweep import high_planes
from pplink.join.rows import counts

Alike = Callable[..., np.ndarray]


def unpacked(rows: np.ndarray) -> np.ndarray:
    return np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little").astype(bool)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, TILE - 1, TILE, TILE + 1, 3 * TILE, 18 * TILE + 5])
def test_a_side_is_its_rows_sorted_and_the_same_on_their_side(alike: Alike, size: int) -> None:
    rows = alike(size, 3, seed=size)
    place = rare_first(rows, rows)
    with ThreadPoolExecutor(2) as executor:
        side = prepare(rows, counts(rows), place, executor)
    bits = unpacked(rows[side.origin])[:, np.argsort(place)]
    assert np.all(np.diff(side.counts) >= 0)
    assert len(side.origin) == np.sum(counts(rows) > 0)
    assert np.array_equal(unpacked(side.rows), bits)
    lacking = unpacked(side.slices.reshape(-1, LANES)).reshape(len(side.slices), 193, TILE)
    standing = lacking[:, :-1].transpose(0, 2, 1).reshape(-1, 192)
    assert np.array_equal(standing[: len(bits)], ~bits)
    assert standing[len(bits) :].all()
    assert not lacking[:, -1].any()


def test_rare_columns_come_first(alike: Alike) -> None:
    rows = alike(500, 2, seed=1) & np.array([2**64 - 1, 0b1011], np.uint64)
    place = rare_first(rows, rows[:0])
    assert sorted(place) == list(range(128))
    share = unpacked(rows).mean(axis=0)[np.argsort(place)]
    assert np.all(np.diff(share) >= 0)


@numba.njit  # not cached: the cache would not see a change in bits.py
def _counted(
    slices: np.ndarray, columns: np.ndarray, groups: int, room: int, high: tuple[int, ...], out: np.ndarray
) -> bool:
    return count_misses(slices, slices.shape[1] * slices.shape[2], columns, 0, groups, room, high, out)


@pytest.mark.parametrize(
    ("room", "high"),
    [(0, 4), (1, 4), (17, 4), (255, 4), (255, 12), (300, 8), (300, 12), (4095, 8), (65535, 12)],
)
@pytest.mark.parametrize("groups", [1, 2, 5, 40])
def test_counters_tell_who_misses_more_than_there_is_room(room: int, high: int, groups: int) -> None:
    random = np.random.default_rng(room + groups)
    slices = np.zeros((2, 64, LANES), np.uint64)
    slices[1] = random.integers(0, 2**64, slices[1].shape, np.uint64)
    slices[1] |= random.integers(0, 2**64, slices[1].shape, np.uint64)
    chosen = random.integers(0, 64, groups * GROUP)
    misses = unpacked(slices[1])[chosen].sum(axis=0)
    out = np.zeros(LANES, np.uint64)
    some = _counted(slices, (chosen * LANES).astype(np.uint32), groups, room, (0,) * high, out)
    assert np.array_equal(unpacked(out[None])[0], misses > room)
    assert some == (not np.all(misses > room))


ELSEWHERE = """
import numba, numpy as np
from pplink.join.backends.bits import LANES, count_misses

@numba.njit
def counted(slices, columns, room, out):
    return count_misses(slices, 0, columns, 0, 1, room, (0, 0, 0, 0), out)

slices = np.tile(np.array([0b011, 0b001], np.uint64)[:, None], LANES)
columns, out = np.repeat(np.array([0, LANES], np.uint32), 8), np.zeros(LANES, np.uint64)
print([(counted(slices, columns, room, out), *set(out.tolist())) for room in (7, 8, 15, 16)])
"""


@pytest.mark.parametrize(
    "settings", [{"NUMBA_ENABLE_AVX": "0"}, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}]
)
def test_counters_need_no_instruction_that_numba_was_told_to_leave(settings: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], env=os.environ | settings, capture_output=True, text=True
    )
    assert done.stdout == "[(True, 3), (True, 1), (True, 1), (True, 0)]\n", done.stderr


@numba.njit  # not cached: the cache would not see a change in bits.py
def _ends(word: int) -> tuple[int, int]:
    return popcount(word), lowest(word)


@pytest.mark.parametrize("word", [1, 2, 3, 2**63, 2**64 - 1, 0x5500000000000000])
def test_the_instructions_count_and_find_bits(word: int) -> None:
    assert _ends(np.uint64(word)) == (word.bit_count(), (word & -word).bit_length() - 1)


@pytest.mark.parametrize(
    ("room", "planes"), [([], 4), ([3, 255], 4), ([256, 3], 8), ([4095], 8), ([4096], 12), ([65535], 12)]
)
def test_counters_are_as_wide_as_the_most_misses_need(room: list[int], planes: int) -> None:
    assert len(high_planes(np.array(room, np.int64))) == planes
