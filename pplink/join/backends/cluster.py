"""Cluster: a Dask cluster that runs tasks of a join, and the store that its workers read."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pplink.errors import UnavailableError, UsageError
from pplink.join.backends.store import Store

PATIENCE = 5.0
"""Seconds between looks at whether there still are workers."""
FIRST = 60.0
"""Seconds that we wait for the first worker."""
ALONE = 300.0
"""Seconds without any worker, once there were some, after which we give up: on a busy machine it takes one to
start them anew."""


QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}
"""Dask's settings for workers on this machine, which should compare and not watch themselves, nor give back memory
after each task that the next one asks for."""


@dataclass(frozen=True)
class _Call:
    """A task in one piece: in tuples Dask would look for futures, which takes as long as all else of handing it out."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def _done(call: _Call) -> Any:
    return call.function(*call.arguments)


class Cluster:
    """Connected from the start till it is closed."""

    def __init__(self, scheduler: str | None, place: Path | None, threads: int) -> None:
        """scheduler: its address; None: so many workers of our own on this machine. place: of the store.

        Raises UsageError, UnavailableError; nothing is left open then.
        """
        try:
            import dask
            import distributed
        except ImportError:
            raise UnavailableError("backend dask is not installed", "pip install 'pplink[dask]'") from None
        if scheduler is not None:
            _check_reachable(scheduler)
        self.store = Store(place)
        self._client: Any = None
        self._own: Any = None
        try:
            if scheduler is None:
                # its own `silence_logs` ends with the cluster, and its threads show tracebacks of cut connections later
                logging.getLogger("distributed").setLevel(logging.CRITICAL)
                with dask.config.set(QUIET):
                    self._own = distributed.LocalCluster(**_local(threads, distributed.Security, self.store))
            self._client = distributed.Client(self._own or scheduler, timeout=10)
            self._await_workers()
        except (OSError, RuntimeError):
            self.close()
            raise UnavailableError("no cluster could be had", "is it a Dask scheduler? try again") from None
        except BaseException:
            self.close()
            raise

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """A future of what a worker makes of these arguments; should it die, another does the task."""
        return self._client.submit(_done, _Call(function, arguments), pure=False)

    def threads(self) -> int:
        """Of all workers that there are now; 1 at least."""
        with _told():
            threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def result(self, future: Any) -> Any:
        """Wait for a task, as long as there are workers. Raises UnavailableError, and what the task raised."""
        alone: float | None = None
        while True:
            with _told():
                try:
                    return future.result(timeout=PATIENCE)
                except TimeoutError:
                    workers = self._client.nthreads()
            now = time.monotonic()
            alone = None if workers else alone or now
            if alone is not None and now - alone >= ALONE:
                raise UnavailableError("no worker of the cluster is left", "start some, then try again")

    def cancel(self, futures: Iterable[Any]) -> None:
        """These are wanted no more."""
        with suppress(OSError):  # the scheduler may be why
            self._client.cancel(list(futures))

    def everywhere(self, function: Callable[[], None]) -> None:
        """Call it in every worker that there is."""
        with suppress(OSError):  # one that cannot be reached has nothing more to do for us
            self._client.run(function)

    def close(self) -> None:
        """Leave the cluster; our own ends, without waiting for what it is at. The store goes."""
        if self._own is not None:
            for nanny in self._own.workers.values():
                nanny.close_gracefully()  # it starts no other in its place
                with suppress(ProcessLookupError, TypeError):  # it has ended already, or not yet begun
                    os.kill(nanny.pid, signal.SIGKILL)
        for each in (self._client, self._own):
            if each is not None:
                each.close()
        self.store.remove()

    def _await_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=FIRST)
        except TimeoutError:
            raise UnavailableError("the cluster has no workers", "start some, then try again") from None


def _local(threads: int, security: Any, store: Store) -> dict[str, Any]:
    """Of a cluster of our own. Encrypted and with a key of its own, or others on this machine could hand in work."""
    return {
        "n_workers": threads,
        "threads_per_worker": 1,
        "memory_limit": 0,
        "host": "127.0.0.1",
        "dashboard_address": "127.0.0.1:0",
        "security": security.temporary(),
        "silence_logs": logging.CRITICAL,
        "local_directory": str(store.folder),
        "preload": "pplink.join.backends.worker",
    }


def _check_reachable(address: str) -> None:
    """Before there is a client, which would try on behind our back. Raises UsageError, UnavailableError."""
    from distributed.comm.addressing import get_address_host_port

    try:
        host, port = get_address_host_port(address)
    except (ValueError, NotImplementedError):
        raise UsageError(
            f"{address} is not a scheduler's address", "for example tcp://10.0.0.1:8786"
        ) from None
    try:
        socket.create_connection((host, port), timeout=10).close()
    except OSError as error:
        reason = error.strerror or "no answer"
        raise UnavailableError(f"scheduler {address} cannot be reached: {reason}", "is it running?") from None


@contextmanager
def _told() -> Iterator[None]:
    """What Dask raises, in our words."""
    from distributed import KilledWorker

    try:
        yield
    except KilledWorker:
        raise UnavailableError(
            "workers died again and again on one task", "have they enough memory? see their logs"
        ) from None
    except ModuleNotFoundError as error:
        raise UnavailableError(
            f"a worker lacks {error.name}", "install the same pplink on all workers"
        ) from None
    except (CancelledError, OSError):
        raise UnavailableError("the scheduler is gone", "start it again, then try again") from None
