"""Tables on a cluster: one machine's bytes and counts, whatever is cut, paused, broken off or killed."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pplink.errors import RefusedError
from pplink.join import planner
from pplink.join.api import explain, join_blocks, self_join, threshold_join
from pplink.join.backends import tasks
from pplink.join.backends.cluster import Cluster
from pplink.join.backends.distributed import Dask
from pplink.join.lsh import tables
from pplink.join.lsh.buckets import TILE
from pplink.join.lsh.worker import Tabled
from pplink.join.measures import MEASURES
from pplink.join.pairs import Pairs
from pplink.join.report import Report
from tests.pplink.join.comparing import same, spied

Alike = Callable[..., np.ndarray]


def mixed(alike: Alike) -> np.ndarray:
    """Rows of three fills, so that there are several bands."""
    return np.concatenate([alike(600, 8, seed=1, fill=fill) for fill in (0.1, 0.3, 0.6)])


def told(report: Report) -> dict[str, object]:
    """All that does not depend on the clock."""
    return {name: value for name, value in vars(report).items() if name not in ("plan", "seconds")}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task for each table."""
    monkeypatch.setattr(tasks, "GOAL", 1e-9)


@pytest.mark.usefixtures("small")
def test_tables_on_a_cluster_give_the_bytes_of_one_machine(alike: Alike, near: str) -> None:
    left, right = mixed(alike), mixed(alike)[::2]
    assert len(explain(left, right, 0.8, strategy="lsh").bands) > 1
    reports: list[Report] = []
    with Dask(near) as cluster:
        for backend in ("cpu", cluster):
            options: Any = {"strategy": "lsh", "recall": 0.9, "backend": backend, "report": reports.append}
            found = threshold_join(left, right, 0.8, **options)
            alone = self_join(left, 0.8, **options)
            if backend == "cpu":
                wanted = found, alone
        assert len(found) > 100
        assert same(found, wanted[0])
        assert same(alone, wanted[1])
        blocks = join_blocks(left, right, 0.8, strategy="lsh", recall=0.9, backend=cluster)
        assert same(Pairs.together(blocks), found)
    assert [told(each) for each in reports[:2]] == [told(each) for each in reports[2:]]


words = st.one_of(st.sampled_from([0, 1, 3, 2**64 - 1, 0xFF, 0xFE, 0xF0F0]), st.integers(0, 2**64 - 1))


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # a thread of Dask does, meanwhile
@pytest.mark.parametrize("measure", sorted(MEASURES))
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(words, min_size=1, max_size=9), st.integers(10, 60), st.floats(0, 1), st.integers(0, 9))
def test_whatever_the_rows_a_cluster_finds_what_one_machine_finds(
    cluster: Dask, measure: str, pool: list[int], size: int, threshold: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    left, right = (random.choice(np.array(pool, np.uint64), (size, 2)) for _ in range(2))
    options: Any = {"measure": measure, "strategy": "lsh", "recall": 0.9, "seed": seed}
    found = threshold_join(left, right, threshold, backend=cluster, **options)
    assert same(found, threshold_join(left, right, threshold, **options))
    wanted = threshold_join(left, right, threshold, measure=measure, backend="reference")
    triples = [set(zip(each.left, each.right, each.score, strict=True)) for each in (found, wanted)]
    assert triples[0] <= triples[1]


@pytest.fixture(scope="module")
def cluster(scheduler: str) -> Any:
    with Dask(scheduler) as cluster:
        yield cluster


def crowd(size: int, words: int, seed: int) -> np.ndarray:
    """Rows of which most share a common name: most bits are alike, and yet hardly two match."""
    random = np.random.default_rng(seed)
    bits = random.random((size, 64 * words)) < 0.35
    bits[:, : 32 * words] = np.arange(32 * words) % 3 == 0
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


@pytest.mark.parametrize("goal", [1e-9, 0.01, 100])
def test_what_tables_leave_out_is_counted_and_found_by_later_ones_as_on_one_machine(
    near: str, monkeypatch: pytest.MonkeyPatch, goal: float
) -> None:
    monkeypatch.setattr(tables, "HEAVY", 30)
    monkeypatch.setattr(tasks, "GOAL", goal)
    left, right = crowd(600, 8, seed=1), crowd(600, 8, seed=2)
    right[:300] = left[:300] ^ np.uint64(1)
    reports: list[Report] = []
    options: Any = {"strategy": "lsh", "recall": 0.99, "report": reports.append}
    wanted = threshold_join(left, right, 0.9, **options)
    assert same(threshold_join(left, right, 0.9, backend=Dask(near), **options), wanted)
    assert reports[0].cut_buckets > 0
    assert told(reports[0]) == told(reports[1])


@pytest.mark.usefixtures("small")
def test_tables_that_pause_and_go_on_lose_nothing(
    alike: Alike, near: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "EFFORT", 50)
    monkeypatch.setattr(tables, "ROOM", TILE)
    rows = np.repeat(alike(40, 2, seed=3), 20, axis=0)
    reports: list[Report] = []
    options: Any = {"strategy": "lsh", "recall": 0.9999, "report": reports.append}
    with Dask(near) as backend:
        found = threshold_join(rows, rows[:333], 0.9, backend=backend, **options)
    assert same(found, threshold_join(rows, rows[:333], 0.9, **options))
    assert same(found, threshold_join(rows, rows[:333], 0.9))
    assert told(reports[0]) == told(reports[1])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("heavy", [30, 2**26])
def test_tables_go_on_where_another_machine_was_broken_off(
    alike: Alike, near: str, monkeypatch: pytest.MonkeyPatch, shelf: Any, heavy: int
) -> None:
    monkeypatch.setattr(tables, "HEAVY", heavy)
    rows = crowd(400, 8, seed=1)
    rows[:200] = rows[200:] ^ np.uint64(1)
    reports: list[Report] = []
    options: Any = {"strategy": "lsh", "recall": 0.99, "report": reports.append}
    wanted = threshold_join(rows, rows, 0.9, **options)
    with Dask(near) as backend:
        for first, then in (("cpu", backend), (backend, "cpu")):
            some, whole = shelf(), shelf()
            threshold_join(rows, rows, 0.9, backend=first, keeper=whole, **options)
            assert len(whole.pieces) > 6
            some.pieces = whole.pieces[:4]
            assert same(threshold_join(rows, rows, 0.9, backend=then, keeper=some, **options), wanted)
    assert len({str(told(each)) for each in reports}) == 1


@pytest.mark.usefixtures("small")
def test_a_killed_worker_costs_its_tables(
    alike: Alike, own: Cluster, killer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Really killed, and then both at once."""
    rows = alike(1500, 8, seed=3)
    wanted = threshold_join(rows, rows, 0.8, strategy="lsh")
    backend, kill = Dask(), killer({3: 1, 20: 2})
    monkeypatch.setattr(backend, "_cluster", own)
    monkeypatch.setattr(backend, "_users", 1)
    assert same(threshold_join(rows, rows, 0.8, strategy="lsh", backend=backend, progress=kill), wanted)
    assert len(set(kill.killed)) == 3


def test_tasks_carry_digests_and_numbers_and_never_rows(alike: Alike, scheduler: str) -> None:
    rows = alike(3000, 16, seed=1)
    backend = Dask(scheduler)
    backend._cluster, sent = spied(scheduler)
    threshold_join(rows, rows, 0.8, strategy="lsh", backend=backend)
    assert sent
    assert isinstance(sent[0][0], Tabled)
    assert max(len(pickle.dumps(each)) for each in sent) < 8000 < rows.nbytes / 40


def test_auto_plans_for_a_cluster_as_for_one_machine(
    alike: Alike, near: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its result would be another's."""
    monkeypatch.setattr(planner, "AFFORDABLE", 0)
    rows, reports = mixed(alike), list[Report]()
    wanted = threshold_join(rows, rows, 0.9, recall=0.5, report=reports.append)
    found = threshold_join(rows, rows, 0.9, recall=0.5, backend=Dask(near), report=reports.append)
    assert same(found, wanted)
    assert told(reports[0]) == told(reports[1])
    assert reports[0].plan.recall == reports[1].plan.recall


def test_the_bar_and_the_cap_hold_on_a_cluster(alike: Alike, near: str) -> None:
    rows, hints = alike(500, 2, seed=1), []
    with Dask(near) as backend:
        for chosen in ("cpu", backend):
            with pytest.raises(RefusedError) as refusal:
                threshold_join(rows, rows, 0.9, strategy="lsh", max_pairs=50, backend=chosen)
            hints.append(refusal.value.hint)
    assert hints[0] == hints[1]
