"""What bad input gets: a clear error or a correct answer, with every backend and strategy."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pplink import memory
from pplink.errors import DataError, RefusedError, UnavailableError, UsageError
from pplink.join import api
from pplink.join.api import explain, join_blocks, self_join, threshold_join
from pplink.join.backends import gpu
from pplink.join.backends.interface import Backend
from pplink.join.measures import MEASURES
from pplink.join.pairs import Pairs
from tests.pplink.join.comparing import same

Alike = Callable[..., np.ndarray]
Backends = Mapping[str, str | Backend]
WAYS = [
    *(
        {"backend": backend, "strategy": "exact"}
        for backend in api.BACKENDS
        if backend != "gpu" or gpu.available()
    ),
    *(
        {"backend": backend, "strategy": strategy}
        for backend in ("cpu", "dask", "gpu")
        for strategy in ("lsh", "auto")
        if backend != "gpu" or gpu.available()
    ),
]


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way.values()))
def way(request: pytest.FixtureRequest, backends: Backends) -> dict[str, Any]:
    """How to compare."""
    return request.param | {"backend": backends[request.param["backend"]]}


def test_widths_that_differ(alike: Alike, way: dict[str, Any]) -> None:
    for join in (threshold_join, join_blocks):
        with pytest.raises(DataError, match="left rows have 128 bits, right rows 64"):
            join(alike(5, 2, seed=1), alike(5, 1, seed=1), 0.8, **way)


@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 9), (9, 0)])
def test_zero_rows(alike: Alike, way: dict[str, Any], left: int, right: int) -> None:
    rows = alike(9, 2, seed=1)
    assert same(threshold_join(rows[:left], rows[:right], 0, **way), Pairs.empty())
    assert same(self_join(rows[:0], 0, **way), Pairs.empty())
    assert list(join_blocks(rows[:left], rows[:right], 0, **way)) == []


@pytest.mark.parametrize("measure", sorted(MEASURES))
@pytest.mark.parametrize("threshold", [0, 0.5, 1])
def test_all_zero_rows_match_nothing(way: dict[str, Any], measure: str, threshold: float) -> None:
    """Hamming would call two rows without a bit equal: a missing name must not link two strangers."""
    rows = np.zeros((40, 2), np.uint64)
    assert len(threshold_join(rows, rows, threshold, measure=measure, **way)) == 0
    assert len(self_join(rows, threshold, measure=measure, **way)) == 0


@pytest.mark.parametrize("measure", sorted(MEASURES))
@pytest.mark.parametrize("words", [1, 17])
def test_all_one_rows_match_each_other(way: dict[str, Any], measure: str, words: int) -> None:
    rows = np.full((40, words), 2**64 - 1, np.uint64)
    pairs = threshold_join(rows, rows, 1, measure=measure, **way)
    assert len(pairs) == 1600
    assert set(pairs.score.tolist()) == {1.0}
    assert len(self_join(rows, 1, measure=measure, **way)) == 780


@pytest.mark.parametrize(
    "threshold",
    [float("nan"), float("inf"), -0.1, 1.1, -1e-300, np.nextafter(1, 2), Fraction(-1, 9), Fraction(10, 9),
     "0.8", None, True, 1j, [0.8]],
    ids=str,
)  # fmt: skip
def test_a_threshold_that_is_none(alike: Alike, way: dict[str, Any], threshold: Any) -> None:
    rows = alike(5, 1, seed=1)
    for ask in (threshold_join, join_blocks):
        with pytest.raises(UsageError, match="threshold"):
            ask(rows, rows, threshold, **way)
    with pytest.raises(UsageError, match="threshold"):
        self_join(rows, threshold, **way)
    with pytest.raises(UsageError, match="threshold"):
        explain(rows, rows, threshold)


def test_a_threshold_so_low_that_everything_matches(alike: Alike, way: dict[str, Any]) -> None:
    left, right = alike(80, 1, seed=1) | np.uint64(1), alike(70, 1, seed=2) | np.uint64(1)
    assert len(threshold_join(left, right, 0, **way)) == 80 * 70
    with pytest.raises(RefusedError, match="more than 100 pairs score 0 or more") as refusal:
        threshold_join(left, right, 0, max_pairs=100, **way)
    fits = float(str(refusal.value.hint).split()[1])
    assert len(threshold_join(left, right, fits, max_pairs=100, **way)) <= 100
    assert sum(map(len, join_blocks(left, right, 0, **way))) == 80 * 70


@pytest.mark.parametrize(
    "laid_out",
    [
        lambda rows: rows.astype(">u8"),
        lambda rows: rows.astype("<u8"),
        np.asfortranarray,
        lambda rows: np.repeat(rows, 2, axis=0)[::2],
        lambda rows: np.repeat(rows, 2, axis=1)[:, ::2],
        lambda rows: rows[::-1][::-1],
        lambda rows: np.frombuffer(b"x" + rows.tobytes(), np.uint8)[1:].view(np.uint64).reshape(rows.shape),
    ],
    ids=["big-endian", "little-endian", "columns", "rows skipped", "words skipped", "reversed", "unaligned"],
)
def test_arrays_laid_out_otherwise(alike: Alike, way: dict[str, Any], laid_out: Any) -> None:
    left, right = alike(60, 3, seed=1), alike(50, 3, seed=1)
    wanted = threshold_join(left, right, 0.7, **way)
    assert len(wanted)
    assert same(threshold_join(laid_out(left), laid_out(right), 0.7, **way), wanted)


def test_rows_that_need_a_copy_larger_than_memory(way: dict[str, Any]) -> None:
    """128 TB, of which one row is there."""
    endless = np.broadcast_to(np.ones(16, np.uint64), (10**12, 16))
    few = np.ones((3, 16), np.uint64)
    with pytest.raises(UnavailableError, match=r"a copy of the left rows needs 119,209\.3 GiB"):
        threshold_join(endless, few, 0.8, **way)
    with pytest.raises(UnavailableError, match="a copy of the right rows needs"):
        join_blocks(few, endless, 0.8, **way)


def test_a_join_larger_than_memory_is_refused_before_it_begins(
    alike: Alike, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = alike(3000, 16, seed=1)
    needed = explain(rows, rows, 0.8).memory
    monkeypatch.setattr(memory, "free", lambda: needed - 1)
    for strategy in ("auto", "exact", "lsh"):
        with pytest.raises(UnavailableError, match="a join of these rows needs"):
            threshold_join(rows, rows, 0.8, strategy=strategy)
    monkeypatch.setattr(memory, "free", lambda: 2 * needed)
    threshold_join(rows, rows, 0.8)


LIMITED = """
import resource, sys
import numpy as np
from pplink import memory
from pplink.errors import UnavailableError
from pplink.join.api import threshold_join
rows = np.random.default_rng(0).integers(0, 2**64, (2000, 16), np.uint64)
threshold_join(rows, rows, 0.9, strategy=sys.argv[1], threads=1)  # all that is loaded once is
rows = np.repeat(rows, 400, axis=0)
memory.require = lambda *_: None  # the system tells of more than we may have
limit = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize() + 150 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    threshold_join(rows, rows, 0.9, strategy=sys.argv[1], threads=1)
except UnavailableError as error:
    print(error.message)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_DATA"), reason="not Linux")
@pytest.mark.parametrize("strategy", ["exact", "lsh"])
def test_running_out_of_memory_is_an_error_and_no_crash(strategy: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, strategy], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("too little memory for ")


STREAMED = """
import resource, sys
import numpy as np
from pplink.errors import UnavailableError
from pplink.join.api import join_blocks, threshold_join
np.save(sys.argv[1], np.random.default_rng(0).integers(0, 2**64, (3000, 16), np.uint64))
rows = np.load(sys.argv[1], mmap_mode="r")
threshold_join(rows[:9], rows[:9], 0.9, threads=1)
limit = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize() + 205 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
print(sum(len(block) for block in join_blocks(rows, rows, 0, threads=1)))
try:
    threshold_join(rows, rows, 0, threads=1)
except UnavailableError as error:
    print(error.message)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_DATA"), reason="not Linux")
def test_rows_on_disk_of_which_all_match_are_more_than_memory_and_no_more_than_blocks(tmp_path: Path) -> None:
    """Nine million pairs are 216 MB, and a few times that until they are in order."""
    done = subprocess.run(
        [sys.executable, "-c", STREAMED, tmp_path / "rows.npy"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["9000000", "too little memory for the pairs of this join"]


def test_a_block_that_memory_is_too_little_for(alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:
    def ordered(*_: object) -> Pairs:
        raise MemoryError

    rows = alike(10, 1, seed=1)
    monkeypatch.setattr(Pairs, "ordered", ordered)
    with pytest.raises(UnavailableError, match="too little memory for a block of pairs"):
        list(join_blocks(rows, rows, 0.8))
