"""Rows like encodings: related, unrelated, empty, full, equal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pplink.join import api
from pplink.join.backends import gpu
from pplink.join.backends.cluster import Cluster
from pplink.join.backends.distributed import Dask
from pplink.join.backends.interface import Backend
from pplink.join.keeping import Piece

BitRows = npt.NDArray[np.uint64]


def _alike(size: int, words: int, seed: int, fill: float = 0.4) -> BitRows:
    random = np.random.default_rng(seed)
    bits = random.random((size, 64 * words)) < fill
    origins = random.integers(0, max(1, size // 2), size)
    bits = np.where(random.random((size, 1)) < 0.6, bits[origins], bits)
    bits ^= random.random(bits.shape) < random.choice([0, 0.01, 0.05, 0.1], (size, 1))
    bits[random.random(size) < 0.02] = False
    bits[random.random(size) < 0.02] = True
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


@pytest.fixture(scope="session")
def alike() -> Callable[..., BitRows]:
    """alike(size, words, seed, fill=0.4): rows of which many are copies with some bits changed."""
    return _alike


SCHEDULER = """
from distributed import LocalCluster
options = {"host": "127.0.0.1", "protocol": "tcp://", "dashboard_address": "127.0.0.1:0"}
with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, **options) as cluster:
    print(cluster.scheduler_address, flush=True)
    input()
"""


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """The address of a real Dask scheduler with two workers, all in one process, so that it is soon there."""
    with subprocess.Popen([sys.executable, "-c", SCHEDULER], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate("\n")


@pytest.fixture(scope="session")
def backends(scheduler: str) -> Iterator[Mapping[str, str | Backend]]:
    """Every backend by name, as threshold_join takes it; connected once."""
    with Dask(scheduler) as cluster:
        yield {
            name: cluster if name == "dask" else name
            for name in api.BACKENDS
            if name != "gpu" or gpu.available()
        }


@pytest.fixture(scope="session")
def processor_seconds() -> Callable[[int], float]:
    """processor_seconds(pid): what that process has used."""

    def used(pid: int) -> float:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    return used


@pytest.fixture(scope="module")
def near() -> Iterator[str]:
    """A scheduler whose workers are threads of ours, so that what we patch holds for them."""
    from distributed import LocalCluster

    options = {"host": "127.0.0.1", "protocol": "tcp://", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, **options) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    """A cluster of two real processes."""
    cluster = Cluster(None, None, 2)
    yield cluster
    cluster.close()


class Killer:
    """Kills workers for real, when a join has told of progress so often."""

    def __init__(self, own: Cluster, when: Mapping[int, int]) -> None:
        """when: how many workers, by the number of the call."""
        self.own, self.when, self.calls, self.killed = own, when, 0, list[int]()

    def __call__(self, done: int, total: int) -> None:
        self.calls += 1
        many = self.when.get(self.calls, 0)
        if many:
            self._up()
        for nanny in list(self.own._own.workers.values())[:many]:
            os.kill(nanny.pid, signal.SIGKILL)
            self.killed.append(nanny.pid)

    def _up(self) -> None:
        """Wait till both are up again: Dask gives up one that is killed while it starts."""
        while self.own.threads() < 2 or any(
            nanny.pid in (*self.killed, None) for nanny in self.own._own.workers.values()
        ):
            time.sleep(0.05)


@pytest.fixture
def killer(own: Cluster) -> Callable[[Mapping[int, int]], Killer]:
    """killer(when): a callback for progress."""
    return lambda when: Killer(own, when)


class Shelf:
    """A keeper in memory, that puts by after each step."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, Piece]] = []

    def kept(self, shape: str) -> Iterator[Piece]:
        for kept, piece in list(self.pieces):
            assert kept == shape
            yield piece

    def due(self) -> bool:
        return True

    def keep(self, shape: str, piece: Piece) -> None:
        self.pieces.append((shape, piece))


@pytest.fixture
def shelf() -> Callable[[], Shelf]:
    """shelf(): an empty one."""
    return Shelf
