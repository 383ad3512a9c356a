"""Memory: how much can be had, so that a job too large is refused in words and not killed by the system.

Read from Linux itself: psutil tells of the machine, and not of the container that we may run in.
"""

from __future__ import annotations

import ctypes
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pplink.errors import UnavailableError

PROCESSES = Path("/proc/meminfo")
GROUP = Path("/sys/fs/cgroup")
"""Where Linux tells of the machine, and of the container that we run in."""
TAKEN = Path("/proc/self/statm")
"""Where it tells, first, how many pages of addresses this process has."""
TRIM, MAP = -1, -3
"""glibc's `mallopt`: bytes free at the top of a heap from which on they go back to the system, and bytes from which on
each request is one to the system."""
KEPT, LARGEST = 1 << 30, 32 << 20
"""What `reuse` sets them to; the second is the most that glibc takes."""
HINT = "close other programs, use a larger machine, or split the list"
LIMITED = "lift the limit of this process (`ulimit -v unlimited`), or split the list"


def free() -> int:
    """Bytes that can be had, by what Linux says of the machine, the container and this process's limit (`ulimit -v`);
    elsewhere as if without end."""
    return min(_machine(), _addresses())


def _machine() -> int:
    known = dict(line.split(":") for line in _lines(PROCESSES))
    if "MemAvailable" not in known:
        return sys.maxsize
    machine = 1024 * sum(int(known.get(name, "0 kB").split()[0]) for name in ("MemAvailable", "SwapFree"))
    limit = next(iter(_lines(GROUP / "memory.max")), "max")
    if not limit.isdigit():
        return machine
    used = dict(line.split() for line in _lines(GROUP / "memory.stat"))
    return min(machine, max(0, int(limit) - int(used.get("anon", "0"))))


def _addresses() -> int:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    pages = next(iter(_lines(TAKEN)), "").split()
    if limit == resource.RLIM_INFINITY or not pages:
        return sys.maxsize
    return max(0, limit - int(pages[0]) * resource.getpagesize())


def require(size: int, what: str) -> None:
    """Raise UnavailableError unless so many bytes can be had. what: that needs them, at the start of the sentence."""
    _check(size, _had(size), what)


class Budget:
    """What several jobs of this process, at the same time, take together: each is refused before it begins if it is
    too much beside those that go on. For threads."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}
        self._lock = threading.Lock()
        self._have = 0

    def take(self, job: str, size: int, what: str) -> None:
        """Note that a job takes so many bytes at most, in place of what was noted of it before. Raises
        UnavailableError, and notes nothing, if they cannot be had; what: as in `require`."""
        with self._lock:
            others = sum(taken for name, taken in self._taken.items() if name != job)
            if not others:
                self._have = _had(size)
            _check(size, max(0, self._have - others), what)
            self._taken[job] = size

    def give(self, job: str) -> None:
        """It has ended, or never took anything."""
        with self._lock:
            self._taken.pop(job, None)


def _check(size: int, have: int, what: str) -> None:
    if size > have:
        raise UnavailableError(
            f"{what} needs {size / 2**30:,.1f} GiB, and {have / 2**30:,.1f} are free", _hint()
        )


def _hint() -> str:
    return LIMITED if _addresses() < _machine() else HINT


def _had(size: int) -> int:
    """Bytes that can be had: as `free` says, and if that is too little for `size`, with what the C library keeps of
    what was freed (see `reuse`), which is given back first."""
    if size <= (have := free()):
        return have
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
    return free()


@contextmanager
def enough(what: str) -> Iterator[None]:
    """Turn a MemoryError, which says nothing, into an UnavailableError that says what there was too little for.

    So is Python's error for a thread that has no room for its stack.
    """
    try:
        yield
    except MemoryError:
        raise UnavailableError(f"too little memory for {what}", _hint()) from None
    except RuntimeError as error:
        if str(error) != "can't start new thread":
            raise
        raise UnavailableError(f"too little memory for the threads of {what}", _hint()) from None


def reuse() -> None:
    """Have the C library keep what is freed, for what is asked for next; of others than glibc, nothing is asked.

    Who takes and gives megabytes again and again else gets each time pages that the system has to make and clear.
    """
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(MAP, LARGEST)
        library.mallopt(TRIM, KEPT)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:  # not Linux, or a container that does not show it
        return []
