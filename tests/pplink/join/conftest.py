"""Rows like encodings: related, unrelated, empty, full, equal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pytest

from pplink.join import api
from pplink.join.backends import gpu
from pplink.join.backends.distributed import Dask
from pplink.join.backends.interface import Backend

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
