"""A cluster gives one machine's bytes, loses a tile and no more with a worker, and fails in plain words."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pplink.errors import RefusedError, UnavailableError, UsageError
from pplink.join import collect
from pplink.join.api import join_blocks, self_join, threshold_join
from pplink.join.backends import cluster as clusters
from pplink.join.backends import cpu, outline, tasks, worker
from pplink.join.backends.cluster import Cluster
from pplink.join.backends.distributed import Dask
from pplink.join.backends.slices import TILE
from pplink.join.backends.store import Kept
from pplink.join.backends.sweep import Area
from pplink.join.backends.worker import Job, Step
from tests.pplink.join.comparing import same, spied

Alike = Callable[..., np.ndarray]
NOWHERE = Kept(*("a" * 64 for _ in Kept._fields))
JOB = Job("/nowhere", NOWHERE, NOWHERE, 2, False, "dice", Fraction(4, 5), worker.ours(), TILE)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small areas, a task for each, and little room in it."""
    monkeypatch.setattr(outline, "PAIRS", 1)
    monkeypatch.setattr(outline, "TILES", 1)
    monkeypatch.setattr(cpu, "ROOM", 100 * TILE)
    monkeypatch.setattr(tasks, "GOAL", 1e-9)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("threshold", [0, 0.3, 0.8])
def test_tasks_that_pause_and_go_on_lose_nothing(alike: Alike, near: str, threshold: float) -> None:
    left, right = alike(TILE + 130, 2, seed=6), alike(2 * TILE + 1, 2, seed=7)
    wanted = threshold_join(left, right, threshold, strategy="exact")
    with Dask(near) as cluster:
        blocks = list(join_blocks(left, right, threshold, backend=cluster))
        assert max(map(len, blocks)) <= cpu.ROOM + TILE
        assert same(threshold_join(left, right, threshold, backend=cluster), wanted)
        assert same(self_join(left, threshold, backend=cluster), self_join(left, threshold))


@pytest.mark.usefixtures("small")
def test_a_join_goes_on_where_another_machine_was_broken_off(alike: Alike, near: str, shelf: Any) -> None:
    rows = alike(3 * TILE, 2, seed=3)
    wanted = threshold_join(rows, rows, 0.6, strategy="exact")
    with Dask(near) as cluster:
        for first, then in (("cpu", cluster), (cluster, "cpu")):
            some, whole = shelf(), shelf()
            threshold_join(rows, rows, 0.6, strategy="exact", backend=first, keeper=whole)
            assert len(whole.pieces) > 10
            some.pieces = whole.pieces[:7]
            assert same(threshold_join(rows, rows, 0.6, strategy="exact", backend=then, keeper=some), wanted)


def test_a_killed_worker_costs_its_tile(
    alike: Alike, own: Cluster, killer: Any, monkeypatch: pytest.MonkeyPatch, small: None
) -> None:
    """Really killed, twice, and then both at once."""
    rows = alike(6 * TILE, 4, seed=3)
    wanted = threshold_join(rows, rows, 0.7, strategy="exact")
    backend, kill = Dask(), killer({3: 1, 20: 1, 40: 2})
    monkeypatch.setattr(backend, "_cluster", own)
    monkeypatch.setattr(backend, "_users", 1)
    assert same(threshold_join(rows, rows, 0.7, backend=backend, progress=kill), wanted)
    assert len(set(kill.killed)) == 4


def test_a_task_that_kills_its_workers_is_an_error() -> None:
    import dask
    import distributed  # noqa: F401  whose settings must be there before one is changed

    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        cluster = Cluster(None, None, 1)
    try:
        with pytest.raises(UnavailableError, match="died again and again"):
            cluster.result(cluster.submit(os._exit, 1))
    finally:
        cluster.close()


def test_without_workers_we_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 0.1)
    monkeypatch.setattr(clusters, "ALONE", 3)
    cluster = Cluster(None, None, 1)
    try:
        future = cluster.submit(time.sleep, 60)
        for nanny in cluster._own.workers.values():
            nanny.close_gracefully()  # it starts no other in its place
            os.kill(nanny.pid, signal.SIGKILL)
        with pytest.raises(UnavailableError, match="no worker of the cluster is left"):
            cluster.result(future)
    finally:
        cluster.close()


def test_tasks_carry_digests_and_ranges_and_never_rows(alike: Alike, scheduler: str) -> None:
    rows = alike(3000, 16, seed=1)
    backend = Dask(scheduler)
    backend._cluster, sent = spied(scheduler)
    threshold_join(rows, rows, 0.8, backend=backend)
    assert sent
    for job, steps, threshold, cursor in sent:
        assert isinstance(job, Job)
        assert cursor is None
        assert len(pickle.dumps((job, steps, threshold))) < 4000 < rows.nbytes / 50


def test_the_bar_rises_for_tasks_too(
    alike: Alike, near: str, monkeypatch: pytest.MonkeyPatch, small: None
) -> None:
    left, right = alike(2 * TILE, 1, seed=2), alike(TILE + 9, 1, seed=3)
    monkeypatch.setattr(collect, "SLACK", 1000)
    hints = []
    with Dask(near) as cluster:
        for backend in ("cpu", cluster):
            with pytest.raises(RefusedError) as refusal:
                threshold_join(left, right, 0.1, max_pairs=500, backend=backend, strategy="exact")
            hints.append(refusal.value.hint)
    assert hints[0] == hints[1]


def test_workers_that_live_on_hold_no_rows(alike: Alike, near: str) -> None:
    rows, held = alike(300, 2, seed=1), list[int]()

    def look(*_: int) -> None:
        held.append(worker._mapped.cache_info().currsize)

    threshold_join(rows, rows, 0.8, backend=Dask(near), progress=look)
    assert set(held) == {1}
    assert worker._mapped.cache_info().currsize == 0
    with pytest.raises(RuntimeError):
        threshold_join(rows, rows, 0.8, backend=Dask(near), progress=fail)
    assert worker._mapped.cache_info().currsize == 0


def fail(*_: int) -> None:
    raise RuntimeError("the terminal went away")


def folders(place: Path) -> list[Path]:
    return sorted(place.iterdir())


def test_rows_lie_in_a_private_folder_while_the_join_runs_and_no_longer(
    alike: Alike, scheduler: str, tmp_path: Path
) -> None:
    before, seen = os.umask(0), list[int]()

    def look(*_: int) -> None:
        (folder,) = folders(tmp_path)
        files = folders(folder)
        assert len(files) == len(Kept._fields)  # both sides are the same
        seen.extend(stat.S_IMODE(path.stat().st_mode) for path in (folder, *files))

    rows = alike(300, 2, seed=1)
    try:
        threshold_join(rows, rows, 0.8, backend=Dask(scheduler, tmp_path), progress=look)
    finally:
        os.umask(before)
    assert set(seen) == {0o700, 0o600}
    assert folders(tmp_path) == []


def test_after_an_error_nothing_is_left(alike: Alike, scheduler: str, tmp_path: Path) -> None:
    rows = alike(300, 2, seed=1)
    with pytest.raises(RuntimeError):
        threshold_join(rows, rows, 0.8, backend=Dask(scheduler, tmp_path), progress=fail)
    assert folders(tmp_path) == []
    blocks = join_blocks(rows, rows, 0.3, backend=Dask(scheduler, tmp_path))
    next(blocks)
    blocks.close()  # type: ignore[attr-defined]
    assert folders(tmp_path) == []


def test_a_store_that_is_no_folder_is_refused(alike: Alike, scheduler: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        threshold_join(
            alike(3, 1, seed=1), alike(3, 1, seed=1), 0.8, backend=Dask(scheduler, tmp_path / "no")
        )


def test_rows_that_a_worker_cannot_see_are_an_error_with_a_hint() -> None:
    with pytest.raises(UnavailableError, match="cannot read dataset") as caught:
        worker.work(JOB, [Step(0, 0, Area(0, 1, 0, 1))], JOB.threshold, None)
    assert "--store" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"software": "9.9"}, "a worker has pplink"), ({"tile": TILE // 2}, "rows at a time")],
    ids=str,
)
def test_a_worker_of_another_kind_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(UnavailableError, match=said):
        worker.work(JOB._replace(**change), [], JOB.threshold, None)  # type: ignore[arg-type]


def test_a_scheduler_that_is_not_there_is_unavailable(alike: Alike) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UnavailableError, match="cannot be reached"):
        threshold_join(alike(3, 1, seed=1), alike(3, 1, seed=1), 0.8, backend=Dask(address))


@pytest.mark.parametrize("address", ["", "nonsense", "foo://a:1", "tcp://a:b", "tcp://"])
def test_an_address_that_is_none_is_refused(alike: Alike, address: str) -> None:
    with pytest.raises(UsageError, match="is not a scheduler's address"):
        threshold_join(alike(3, 1, seed=1), alike(3, 1, seed=1), 0.8, backend=Dask(address))


def test_without_dask_there_is_a_hint(alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UnavailableError, match="not installed") as caught:
        threshold_join(alike(3, 1, seed=1), alike(3, 1, seed=1), 0.8, backend="dask")
    assert "pplink[dask]" in str(caught.value.hint)


ENDLESS = """
import os, sys, tempfile
import numpy as np
from pathlib import Path
from pplink.join.api import threshold_join
from pplink.join.backends.distributed import Dask
if __name__ == "__main__":
    rows = np.random.default_rng(0).integers(0, 2**64, (100_000, 16), np.uint64)
    said = False
    def running(done, total):
        global said
        if not said:
            print("running", flush=True)
        said = True
    try:
        threshold_join(rows, rows, 0.8, backend=Dask(store=Path(sys.argv[1])), threads=2, progress=running)
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""


def running_in(group: int) -> list[int]:
    """Processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = path.read_text().rpartition(")")
        except OSError:  # it has ended meanwhile
            continue
        state, _, its_group, *_ = rest.split()
        if int(its_group) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


def test_ctrl_c_stops_a_cluster_of_our_own_and_leaves_nothing(
    tmp_path: Path, processor_seconds: Callable[[int], float]
) -> None:
    """As a terminal does it: to the whole process group, workers included. The join takes 7 seconds of the
    processor and more; stopping is told in these too, as a busy machine makes any clock long."""
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "running\n"
        before = sum(map(processor_seconds, running_in(process.pid)))
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "stopped\n"
        assert process.stderr.read() == ""
        _, status, used = os.wait4(process.pid, 0)  # of it and of its workers
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert used.ru_utime + used.ru_stime - before < 3
    assert folders(tmp_path) == []
    deadline = time.monotonic() + 10
    while running_in(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running_in(process.pid) == []
