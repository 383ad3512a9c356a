from __future__ import annotations

import platform
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pplink import memory
from pplink.errors import UnavailableError
from pplink.memory import Budget, reuse

MEMINFO = "MemTotal:       8000 kB\nMemAvailable:   3000 kB\nSwapFree:       1000 kB\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what Linux says: 4,000 KiB free."""
    (tmp_path / "meminfo").write_text(MEMINFO)
    monkeypatch.setattr(memory, "PROCESSES", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "GROUP", tmp_path)
    return tmp_path


def test_what_is_free_is_what_is_available_and_the_swap(machine: Path) -> None:
    assert memory.free() == 4000 * 1024


@pytest.mark.parametrize(
    ("limit", "free"),
    [("max", 4_096_000), ("1000000", 700_000), ("100000", 0), ("99999999", 4_096_000), ("", 4_096_000)],
)
def test_a_container_may_have_less(machine: Path, limit: str, free: int) -> None:
    (machine / "memory.max").write_text(limit + "\n")
    (machine / "memory.stat").write_text("anon 300000\nfile 5000000\n")
    assert memory.free() == free


def test_a_process_may_have_less(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "statm").write_text("3 2 1 0 0 1 0\n")
    monkeypatch.setattr(memory, "TAKEN", machine / "statm")
    page = resource.getpagesize()
    for limit, free in ((5 * page, 2 * page), (2 * page, 0), (resource.RLIM_INFINITY, 4_096_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert memory.free() == free


def test_of_a_process_that_may_have_less_the_hint_is_its_limit(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No program that is closed, and no larger machine, would help it."""
    (machine / "statm").write_text("3 2 1 0 0 1 0\n")
    monkeypatch.setattr(memory, "TAKEN", machine / "statm")
    for limit, said in ((5 * resource.getpagesize(), True), (resource.RLIM_INFINITY, False)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        with pytest.raises(UnavailableError) as caught:
            memory.require(2**30, "this")
        assert ("ulimit -v" in str(caught.value.hint)) == said
        with pytest.raises(UnavailableError) as caught, memory.enough("this"):
            raise MemoryError
        assert ("ulimit -v" in str(caught.value.hint)) == said


def test_where_it_cannot_be_told_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PROCESSES", tmp_path / "none")
    assert memory.free() == sys.maxsize
    memory.require(2**50, "this")


def test_what_does_not_fit_is_refused_with_both_sizes(machine: Path) -> None:
    memory.require(4000 * 1024, "this")
    with pytest.raises(UnavailableError, match=r"^this needs 3\.0 GiB, and 0\.0 are free") as caught:
        memory.require(3 * 2**30, "this")
    assert caught.value.hint


def test_running_out_is_told_by_what_ran_out() -> None:
    with pytest.raises(UnavailableError, match="too little memory for this join"), memory.enough("this join"):
        raise MemoryError
    with pytest.raises(UnavailableError, match="for the threads of this join"), memory.enough("this join"):
        raise RuntimeError("can't start new thread")
    for other in (ValueError("else"), RuntimeError("else")):
        with pytest.raises(type(other), match="else"), memory.enough("this join"):
            raise other


def test_this_machine_tells() -> None:
    assert 2**20 < memory.free() < 2**50 or memory.free() == sys.maxsize


FAULTS = """
import resource, sys
from pplink.memory import Budget, reuse
if sys.argv[1:]:
    reuse()
for _ in range(20):
    if _ == 1:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    [b"x" * (8 << 20) for _ in range(4)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_that_is_freed_serves_again_and_the_system_is_not_asked() -> None:
    asked = [
        int(subprocess.run([sys.executable, "-c", FAULTS, *words], check=True, capture_output=True).stdout)
        for words in ((), ("reuse",))
    ]
    assert asked[1] < asked[0] / 10


def test_where_the_library_has_no_such_word_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    reuse()


def test_jobs_at_the_same_time_are_refused_together_and_one_that_ended_makes_room(machine: Path) -> None:
    budget = Budget()
    budget.take("one", 3_000_000, "this")
    with pytest.raises(UnavailableError, match="that needs"):
        budget.take("other", 2_000_000, "that")
    budget.take("other", 1_000_000, "that")
    budget.take("one", 3_096_000, "this")  # in place of what it took before
    budget.give("one")
    budget.give("one")
    budget.take("other", 4_096_000, "that")


def test_what_others_have_taken_by_now_does_not_count_twice(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = Budget()
    budget.take("one", 3_000_000, "this")
    monkeypatch.setattr(memory, "free", lambda: 1_096_000)  # as it is once the first has what it needs
    budget.take("other", 1_000_000, "that")


KEEPS = """
from pathlib import Path
from pplink import memory
from pplink.errors import UnavailableError
def held():
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])
memory.reuse()
parts = [b"x" * (1 << 20) for _ in range(400)]
full = held()
del parts
kept = held()
try:
    memory.require(1 << 60, "this")
except UnavailableError:
    print(full - kept, kept - held())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_what_the_library_keeps_is_given_back_before_anything_is_refused() -> None:
    told = subprocess.run([sys.executable, "-c", KEEPS], check=True, capture_output=True).stdout
    at_once, when_asked = map(int, told.split())
    assert at_once < 100 << 20 < 300 << 20 < when_asked
