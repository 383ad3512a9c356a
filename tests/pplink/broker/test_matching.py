"""A run is a folder that verifies, or no folder; each unit gets its own links and nobody else's."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from pplink.audit.verification import verify
from pplink.broker import matching, writing
from pplink.broker.matching import match
from pplink.disclosure.hits import open_run
from pplink.disclosure.resolving import to_columns
from pplink.errors import AgreementError, IntegrityError, PplinkError, UnavailableError, UsageError
from pplink.files import write_atomically

EXPECTED = {
    "north": {("north-4", "south"), ("north-5", "south"), ("north-5", "west"), ("north-0", "west")},
    "south": {("south-4", "north"), ("south-5", "north"), ("south-5", "west")},
    "west": {("west-5", "north"), ("west-5", "south"), ("west-0", "north")},
}


def go(desk, target=None, **options):
    target = target or desk.folder / "run"
    return match(
        desk.files, desk.agreement_file, desk.rings["hub"], target, **({"now": lambda: desk.noon} | options)
    )


def told(desk, unit, ids):
    opened = open_run(desk.rings[unit], desk.folder / "run", agreement_id=desk.agreement.id)
    found = to_columns(opened.hits, ids, desk.rings[unit].handle_key(desk.agreement.id))
    return set(zip(found["record_id"], found["other_unit"], strict=True))


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix not in (".json", ".safetensors"))


def test_each_unit_learns_its_own_links_and_the_run_verifies(desk):
    outcome = go(desk)
    people = {"north": range(6), "south": range(4, 8), "west": (5, 0, 8)}
    for unit, held in people.items():
        assert told(desk, unit, [f"{unit}-{person}" for person in held]) == EXPECTED[unit]
    assert verify(desk.folder / "run", agreement_id=desk.agreement.id).first_failure is None
    assert outcome.hits == {"north": 4, "south": 3, "west": 3}
    assert outcome.records == {"north": 6, "south": 4, "west": 3}
    assert (outcome.comparisons, outcome.clusters) == (54, 3)
    assert left_behind(desk.folder) == ["run"]


def test_two_units_are_matched_too(make_desk):
    desk = make_desk(parties=("north", "south", "hub"))
    assert go(desk).hits == {"north": 2, "south": 2}
    assert verify(desk.folder / "run").first_failure is None


def test_only_who_may_learn_is_told(make_desk):
    desk = make_desk(change=lambda terms: terms["learns"].update(hits_to=["west"]))
    assert go(desk).hits == {"west": 3}
    assert [path.name for path in (desk.folder / "run" / "hits").iterdir()] == ["west.sealed"]


@pytest.mark.parametrize("empty", [("south",), ("north", "south", "west")])
def test_datasets_without_records_make_a_run_that_verifies(desk, empty):
    for unit in desk.agreement.units:
        desk.made(unit, 0 if unit in empty else 4)
    hits = go(desk).hits
    assert {hits[unit] for unit in empty} == {0}
    assert verify(desk.folder / "run").first_failure is None


@pytest.mark.parametrize("kind", ["folder", "full folder", "file", "link", "dangling link"])
def test_what_is_there_already_is_never_replaced(desk, kind):
    target = desk.folder / "run"
    if "folder" in kind:
        target.mkdir()
    elif kind == "file":
        target.write_text("x")
    else:
        target.symlink_to("." if kind == "link" else "nowhere")
    if kind == "full folder":
        (target / "x").touch()
    with pytest.raises(UsageError, match="exists"):
        go(desk)
    assert left_behind(desk.folder) == ["run"]


def test_a_folder_that_is_not_there_is_found_out_before_the_comparing(desk, monkeypatch):
    monkeypatch.setattr(matching, "link", None)
    with pytest.raises(UsageError, match="its folder does not exist"):
        go(desk, desk.folder / "none" / "run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_closed_to_us_is_found_out_before_the_comparing(desk, tmp_path):
    (desk.folder / "closed").mkdir(mode=0o500)
    with pytest.raises(UnavailableError, match="closed to you"):
        go(desk, desk.folder / "closed" / "run")


def test_bad_input_leaves_nothing(desk):
    desk.file("north").write_bytes(b"x")
    with pytest.raises(IntegrityError):
        go(desk)
    assert left_behind(desk.folder) == []


@pytest.mark.parametrize("bytes_", [0, 1000, 3000, 6000])
def test_a_full_disk_is_unavailable_and_leaves_nothing(desk, bytes_):
    """A limit on file size stands for the full disk: both fail a write midway."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, limits[1]))
    try:
        with pytest.raises(UnavailableError, match="cannot write") as caught:
            go(desk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert ".part" not in caught.value.message
    assert left_behind(desk.folder) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError])
def test_interrupted_while_comparing_or_writing_it_leaves_nothing(desk, monkeypatch, error):
    def fail(*_):
        raise error("x")

    with pytest.raises(UnavailableError if error is MemoryError else error):
        go(desk, progress=fail)
    assert left_behind(desk.folder) == []
    monkeypatch.setattr(
        writing.files, "write_atomically", lambda path, data: (write_atomically(path, data), fail())
    )
    with pytest.raises(error):
        go(desk)
    assert left_behind(desk.folder) == []


def test_of_runs_to_one_folder_at_once_one_wins_whole(desk):
    def attempt(_):
        try:
            return go(desk)
        except PplinkError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))
    won = [result for result in results if not isinstance(result, PplinkError)]
    assert len(won) == 1
    assert {type(result) for result in results if result not in won} <= {UsageError, UnavailableError}
    report = verify(desk.folder / "run", agreement_id=desk.agreement.id)
    assert report.first_failure is None
    assert left_behind(desk.folder) == ["run"]


def test_killed_at_any_time_there_is_a_whole_run_or_none(desk):
    script = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from pplink import files
from pplink.broker.matching import match
from pplink.keys import ring
folder, home, noon, writes = Path(sys.argv[1]), Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), int(sys.argv[4])
whole = files.write_atomically
def write(path, data):
    global writes
    writes -= 1
    if writes < 0:
        path.write_bytes(data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    whole(path, data)
files.write_atomically = write
files = sorted(folder.glob("*.safetensors"))
match(files, folder / "agreement.json", ring.load(home), folder / "run", now=lambda: noon)
"""
    for writes in (0, 4):
        arguments = [desk.folder, desk.rings["hub"].home, desk.noon.isoformat(), writes]
        done = subprocess.run([sys.executable, "-c", script, *map(str, arguments)], check=False)
        assert done.returncode == -signal.SIGKILL
        assert not (desk.folder / "run").exists()
    assert go(desk).pairs > 0


def test_the_agreement_ending_in_the_middle_of_a_run_ends_the_run(make_desk):
    desk = make_desk(days=1)
    last = datetime.combine(desk.agreement.terms.valid_until, time(23, 59, 59), UTC)
    clock = iter([last, last, last + timedelta(seconds=5)])
    with pytest.raises(IntegrityError, match="does not stand up to verification: dates") as caught:
        go(desk, now=lambda: next(clock))
    assert caught.value.hint
    assert left_behind(desk.folder) == []


def test_a_clock_that_is_set_back_in_the_middle_does_no_harm(desk):
    clock = iter([desk.noon, desk.noon, desk.noon - timedelta(minutes=5)])
    go(desk, now=lambda: next(clock))
    assert verify(desk.folder / "run").first_failure is None


@pytest.mark.parametrize("days", [-1, 31])
def test_no_run_is_made_outside_the_agreement(desk, days):
    with pytest.raises(AgreementError):
        go(desk, now=lambda: desk.noon + timedelta(days))
    assert left_behind(desk.folder) == []


def test_the_folder_has_the_rights_that_the_user_gives(desk):
    before = os.umask(0o077)
    try:
        go(desk)
    finally:
        os.umask(before)
    assert stat.S_IMODE((desk.folder / "run").stat().st_mode) == 0o700


def test_the_broker_cannot_open_what_it_sealed(desk):
    go(desk)
    with pytest.raises(PplinkError):
        open_run(desk.rings["hub"], desk.folder / "run")
    with pytest.raises(PplinkError):
        told(desk, "north", ["south-4", "south-5"])
