"""A join stops soon, whoever asks for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest

from pplink.join.api import join_blocks, threshold_join

ENDLESS = """
import numpy as np
import sys
from pplink.join.api import threshold_join
rows = np.random.default_rng(0).integers(0, 2**64, (400_000, 16), np.uint64)
def running(done, total):
    print("running", flush=True)
try:
    threshold_join(rows, rows, 0.8, strategy=sys.argv[1], progress=running)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def joining() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("pplink-join")]


@pytest.mark.parametrize("strategy", ["exact", "lsh"])
def test_ctrl_c_stops_a_long_join_within_a_second(
    strategy: str, processor_seconds: Callable[[int], float]
) -> None:
    """Of the processor, as a busy machine makes any clock long."""
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, strategy], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        before = processor_seconds(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().splitlines()[-1] == "stopped"
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert used.ru_utime + used.ru_stime - before < len(os.sched_getaffinity(0))  # a second on each core


@pytest.mark.parametrize(("strategy", "threshold"), [("exact", 0), ("lsh", 0.9)])
def test_a_caller_who_stops_reading_stops_the_work(
    alike: Callable[..., np.ndarray], strategy: str, threshold: float
) -> None:
    rows = alike(4000, 1, seed=1)
    blocks = join_blocks(rows, rows, threshold, strategy=strategy)
    next(blocks)
    assert joining()
    blocks.close()  # type: ignore[attr-defined]
    assert not joining()


def test_an_error_in_a_callback_comes_out_and_leaves_no_thread(alike: Callable[..., np.ndarray]) -> None:
    def fail(done: int, total: int) -> None:
        raise RuntimeError("the terminal went away")

    with pytest.raises(RuntimeError, match="terminal"):
        threshold_join(alike(600, 1, seed=1), alike(600, 1, seed=2), 0.5, progress=fail)
    assert not joining()
