"""A match that was broken off goes on from its journal, and decides and tells what it would have."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pplink import canonical
from pplink.agreement import text
from pplink.audit.verification import verify
from pplink.broker import header, journal, matching
from pplink.broker.journal import Journal, beside
from pplink.broker.linking import Effort
from pplink.broker.matching import match, resume
from pplink.disclosure import columns
from pplink.disclosure.hits import open_hits
from pplink.errors import IntegrityError, RefusedError, UnavailableError, UsageError
from pplink.join.backends import outline

SIZE = 540
"""Two tiles on each side."""


def people(unit: str, records: int = SIZE) -> np.ndarray:
    """Unlike rows, of which the first 300 are those of every unit with a few bits changed."""
    dice = np.random.default_rng(len(unit) + ord(unit[0]))
    rows = dice.integers(0, 2**64, (records, 16), np.uint64) & dice.integers(
        0, 2**64, (records, 16), np.uint64
    )
    rows[:300] = np.random.default_rng(0).integers(0, 2**64, (300, 16), np.uint64)
    rows[np.arange(300), dice.integers(0, 16, 300)] ^= np.uint64(1) << dice.integers(0, 64, 300, np.uint64)
    return rows


@pytest.fixture
def crowded(desk, monkeypatch):
    """A desk with larger datasets, where every step is put by."""
    for unit in desk.agreement.units:
        desk.made(unit, SIZE, encoding=people(unit))
    monkeypatch.setattr(outline, "PAIRS", 1)
    monkeypatch.setattr(journal, "EVERY", 0)
    return desk


def go(desk, target="run", **options):
    options = {"now": lambda: desk.noon} | options
    return match(desk.files, desk.agreement_file, desk.rings["hub"], desk.folder / target, **options)


def go_on(desk, **options):
    return resume(desk.folder / "run", desk.rings["hub"], **({"now": lambda: desk.noon} | options))


def break_off(desk, after, **options):
    """Ctrl-C after so many steps."""
    left = iter(range(after))

    def advance(*_):
        if next(left, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(desk, progress=advance, **options)


def pieces(desk) -> list[Path]:
    return sorted(beside(desk.folder / "run").glob("*.piece"))


def undisturbed(desk, monkeypatch, **options) -> Path:
    """The run that there would have been, under the name that the journal gave it."""
    told = canonical.exactly((beside(desk.folder / "run") / journal.HEADER).read_bytes())
    with monkeypatch.context() as patched:
        patched.setattr(secrets, "token_hex", lambda _: told["run"])
        patched.setattr(journal, "EVERY", 1e9)
        go(desk, "calm", **options)
    return desk.folder / "calm"


def decided(desk, folder: Path) -> list[bytes]:
    """All of a run but what HPKE seals anew each time: the log to its end of comparing, and the hits in clear."""
    lines = (folder / "log.jsonl").read_bytes().splitlines()
    found = [(folder / "agreement.json").read_bytes(), *lines[: -len(desk.agreement.units)]]
    assert b"run-finished" in found[-1]
    for unit in desk.agreement.units:
        data = (folder / "hits" / f"{unit}.sealed").read_bytes()
        found += [data.partition(b"\n")[0]]
        found += [canonical.to_bytes(columns.to_json(open_hits(desk.rings[unit], data).hits))]
    return found


KILLED = """
import sys, time
from datetime import datetime
from pathlib import Path
from pplink.broker import journal
from pplink.broker.linking import Effort
from pplink.broker.matching import match
from pplink.join.backends import outline
from pplink.keys import ring
folder, home, noon, strategy = Path(sys.argv[1]), Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), sys.argv[4]
outline.PAIRS, journal.EVERY = 1, 0
match(sorted(folder.glob("*.safetensors")), folder / "agreement.json", ring.load(home), folder / "run",
      now=lambda: noon, effort=Effort(strategy=strategy, recall=0.8, seed=5), progress=lambda *_: time.sleep(0.05))
"""


@pytest.mark.parametrize(("strategy", "many"), [("exact", 1), ("exact", 30), ("lsh", 4)])
def test_killed_in_the_middle_it_goes_on_to_the_same_run(crowded, monkeypatch, strategy, many):
    desk, effort = crowded, Effort(strategy=strategy, recall=0.8, seed=5)
    arguments = [desk.folder, desk.rings["hub"].home, desk.noon.isoformat(), strategy]
    with subprocess.Popen([sys.executable, "-c", KILLED, *map(str, arguments)]) as process:
        while len(pieces(desk)) < many:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (desk.folder / "run").exists()
    calm = undisturbed(desk, monkeypatch, effort=effort)
    assert go_on(desk, threads=1).pairs >= 900
    assert decided(desk, desk.folder / "run") == decided(desk, calm)
    assert verify(desk.folder / "run", agreement_id=desk.agreement.id).first_failure is None
    assert not beside(desk.folder / "run").exists()


@pytest.mark.parametrize("strategy", ["exact", "lsh"])
def test_broken_off_again_and_again_it_goes_on_to_the_same_run(crowded, monkeypatch, strategy):
    desk, effort = crowded, Effort(strategy=strategy, recall=0.8)
    break_off(desk, 3, effort=effort)
    calm = undisturbed(desk, monkeypatch, effort=effort)
    sizes = [len(pieces(desk))]
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            break_off_again(desk, 4)
        sizes.append(len(pieces(desk)))
    assert sizes == sorted(set(sizes))
    go_on(desk)
    assert decided(desk, desk.folder / "run") == decided(desk, calm)


def break_off_again(desk, after):
    left = iter(range(after))

    def advance(*_):
        if next(left, None) is None:
            raise KeyboardInterrupt

    go_on(desk, progress=advance)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES = {
    "a bit": flip,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "gone": Path.unlink,
    "another": lambda path: shutil.copy(path.with_name("00000001.piece"), path),
    "no piece": lambda path: path.write_bytes(bytes(100)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_piece_costs_what_follows_and_no_more(crowded, monkeypatch, damage):
    desk = crowded
    break_off(desk, 12)
    calm = undisturbed(desk, monkeypatch)
    held = pieces(desk)
    assert len(held) >= 12
    damage(held[8])
    again = Journal.reopened(desk.folder / "run")
    assert again.size == 8
    assert pieces(desk) == held[:8]
    again.close()
    go_on(desk)
    assert decided(desk, desk.folder / "run") == decided(desk, calm)


def test_what_a_kill_left_half_written_is_cleared_away(crowded):
    break_off(crowded, 2)
    place = beside(crowded.folder / "run")
    (place / ".00000003.piece.abc.part").write_bytes(b"half")
    Journal.reopened(crowded.folder / "run").close()
    assert {path.suffix for path in place.iterdir()} == {".json", ".piece"}


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"format":"pplink-journal/2"}'])
def test_a_damaged_header_is_refused(crowded, data):
    break_off(crowded, 2)
    (beside(crowded.folder / "run") / journal.HEADER).write_bytes(data)
    with pytest.raises(IntegrityError, match="the journal") as caught:
        go_on(crowded)
    assert "match anew" in caught.value.hint


def test_a_header_that_was_changed_has_no_pieces(crowded):
    """Another seed would find other pairs: what was found with the first is none of them."""
    break_off(crowded, 3)
    path = beside(crowded.folder / "run") / journal.HEADER
    told = canonical.exactly(path.read_bytes())
    path.write_bytes(canonical.to_bytes(told | {"chosen": told["chosen"] | {"seed": 8}}))
    again = Journal.reopened(crowded.folder / "run")
    assert again.size == 0
    again.close()


def test_other_inputs_are_refused_and_the_journal_stays(crowded):
    desk = crowded
    break_off(desk, 3)
    before = desk.file("south").read_bytes()
    desk.made("south", 10)
    with pytest.raises(IntegrityError, match=r"south\.safetensors is not the file that the match began with"):
        go_on(desk)
    desk.file("south").unlink()
    with pytest.raises(UsageError, match="does not exist"):
        go_on(desk)
    desk.file("south").write_bytes(before)
    assert len(pieces(desk)) >= 3
    go_on(desk)


def test_another_agreement_is_refused(crowded, signed_agreement):
    break_off(crowded, 3)
    crowded.agreement_file.write_bytes(text.write(signed_agreement(threshold=0.9)))
    with pytest.raises(IntegrityError):
        go_on(crowded)


def test_another_pplink_is_refused(crowded, monkeypatch):
    break_off(crowded, 3)
    monkeypatch.setattr(header, "software", lambda: "pplink 9.9.9")
    with pytest.raises(UsageError, match=r"was begun by pplink .*, and this is pplink 9.9.9"):
        go_on(crowded)


def test_steps_of_another_machine_are_refused(crowded, monkeypatch):
    break_off(crowded, 3)
    monkeypatch.setattr(outline, "PAIRS", 2**24)
    with pytest.raises(IntegrityError, match="compared otherwise"):
        go_on(crowded)


def test_a_journal_open_to_others_is_refused(crowded):
    break_off(crowded, 2)
    beside(crowded.folder / "run").chmod(0o750)
    with pytest.raises(RefusedError, match="open to other users"):
        go_on(crowded)


def test_a_journal_is_its_owners_alone(crowded):
    before = os.umask(0)
    try:
        break_off(crowded, 2)
    finally:
        os.umask(before)
    place = beside(crowded.folder / "run")
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}


def test_without_a_journal_there_is_nothing_to_go_on_with(desk):
    with pytest.raises(UsageError, match="there is no journal"):
        go_on(desk)


def test_a_run_that_is_there_is_not_gone_on_with(crowded):
    break_off(crowded, 2)
    (crowded.folder / "run").mkdir()
    with pytest.raises(UsageError, match="exists"):
        go_on(crowded)


def test_a_new_match_does_not_trample_on_a_journal(crowded):
    break_off(crowded, 2)
    with pytest.raises(UsageError, match="holds what an earlier match") as caught:
        go(crowded)
    assert "--resume" in caught.value.hint
    assert len(pieces(crowded)) >= 2


def test_two_cannot_go_on_with_one_journal(crowded):
    break_off(crowded, 2)
    first = Journal.reopened(crowded.folder / "run")
    with pytest.raises(UsageError, match="another match's"):
        go_on(crowded)
    first.close()
    go_on(crowded)


def test_two_matches_to_one_folder_do_not_share_a_journal(crowded):
    def intrude(*_):
        if not beside(crowded.folder / "run").exists():
            return
        with pytest.raises(UsageError, match=r"another match's|holds what"):
            go(crowded)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(crowded, progress=intrude)
    go_on(crowded)


def test_what_is_refused_leaves_no_journal(crowded, monkeypatch):
    def refuse(*_):
        raise RefusedError("too many")

    monkeypatch.setattr(matching, "seal_hits", refuse)
    with pytest.raises(RefusedError):
        go(crowded)
    assert not beside(crowded.folder / "run").exists()


def test_what_may_work_later_leaves_its_journal(crowded, monkeypatch):
    def fail(*_):
        raise UnavailableError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(matching, "write_run", fail)
        with pytest.raises(UnavailableError):
            go(crowded)
    assert len(pieces(crowded)) > 3
    go_on(crowded)


def test_a_match_of_seconds_has_no_journal(desk, monkeypatch):
    monkeypatch.setattr(journal.Journal, "_make", None)
    go(desk)


def test_a_match_that_is_done_leaves_the_run_alone(crowded):
    go(crowded)
    assert sorted(path.name for path in crowded.folder.iterdir() if path.is_dir()) == ["run"]
