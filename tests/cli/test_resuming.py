"""A match that is stopped says what is done and how to go on; the next command does."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pplink.cli import output
from pplink.cli.main import run

MATCH = "broker match north.safetensors south.safetensors -a agreement.json -o run --home hub"
STOPPED = """
import os
from pplink.broker import journal
from pplink.cli.main import main
from pplink.join.backends import outline
outline.PAIRS, journal.EVERY = 1, 0
keep = journal.Journal.keep
def stop(self, *arguments):
    keep(self, *arguments)
    os.kill(os.getpid(), SIGNAL)
journal.Journal.keep = stop
main(WORDS)
"""


def stopped(sent: signal.Signals) -> subprocess.CompletedProcess[str]:
    script = STOPPED.replace("SIGNAL", str(int(sent))).replace("WORDS", str(MATCH.split()))
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_says_how_to_go_on_and_does(
    scene: Callable[[str], Path],
    sent: signal.Signals,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pplink.join.backends import outline

    folder = scene("encoded")
    done = stopped(sent)
    assert done.returncode == 130
    told, command, last = filter(None, done.stderr.splitlines())
    assert re.fullmatch(r"\d+ % compared, and put by in run.journal but for the last seconds", told)
    assert last == "pplink: interrupted; nothing half-written was left under a final name"
    monkeypatch.setattr(outline, "PAIRS", 1)
    assert run(shlex.split(MATCH)) == 2
    assert "holds what an earlier match to run found" in capsys.readouterr().err
    assert run(shlex.split(command.removeprefix("go on with: pplink "))) == 0
    assert "run folder run" in capsys.readouterr().err
    assert run(shlex.split("auditor verify run -a agreement.json")) == 0
    assert not (folder / "run.journal").exists()


def test_killed_it_goes_on(
    scene: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pplink.join.backends import outline

    scene("encoded")
    assert stopped(signal.SIGKILL).returncode == -signal.SIGKILL
    monkeypatch.setattr(outline, "PAIRS", 1)
    assert run(shlex.split("broker match --resume run --home hub --json")) == 0
    assert '"comparisons": 2500' in capsys.readouterr().out


def test_a_cluster_of_this_machine_goes_on_with_what_it_began(
    scene: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pplink.join.backends import outline

    scene("encoded")
    assert stopped(signal.SIGKILL).returncode == -signal.SIGKILL
    monkeypatch.setattr(outline, "PAIRS", 1)
    assert run(shlex.split("broker match --resume run --home hub --backend dask --threads 1")) == 0
    assert "2,500 comparisons" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "north.safetensors south.safetensors -a agreement.json -o run --scheduler tcp://a:1",
        "north.safetensors south.safetensors -a agreement.json -o run --store .",
        "north.safetensors south.safetensors -a agreement.json -o run --backend dask --scheduler nowhere",
        "north.safetensors south.safetensors -a agreement.json -o run --backend dask --store none",
        "north.safetensors south.safetensors -a agreement.json -o run --backend abacus",
        "north.safetensors --resume run",
        "--resume run -a agreement.json",
        "--resume run -o run",
        "--resume run --recall 0.9",
        "--resume run --strategy exact",
        "--resume run --seed 0",
        "--resume run --explain",
        "--resume run --cache found",
        "--resume run",
        "--resume none/run",
        "north.safetensors south.safetensors -a agreement.json",
        "north.safetensors south.safetensors -o run",
        "-a agreement.json -o run",
        "",
    ],
)
def test_what_cannot_be_asked_for_together_is_refused(
    scene: Callable[[str], Path], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = scene("encoded")
    before = sorted(folder.iterdir())
    assert run(["broker", "match", *words.split(), "--home", "hub"]) == 2
    assert capsys.readouterr().err.startswith("pplink: error: ")
    assert sorted(folder.iterdir()) == before


def test_a_line_tells_rate_and_time_left_of_what_is_done_now(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An earlier run had done 600 of 1,000 million; this one has done 100 in 10 seconds."""
    clock = iter([0.0, 0.0, 0.0, 10.0, 10.0, 10.0, 10.0])
    monkeypatch.setattr(output.time, "monotonic", lambda: next(clock))
    with output.progress("comparing") as advance:
        advance(600_000_000, 10**9)
        advance(700_000_000, 10**9)
    assert capsys.readouterr().err == "comparing: 70 %, 10.0 million/s, about 30 s left\n"


def test_the_first_moment_of_work_gives_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a small match that waited for its kernels would be told to run at 6.5 billion a second."""
    clock = iter([0.0, 0.001, 0.4])
    monkeypatch.setattr(output.time, "monotonic", lambda: next(clock))
    pace = output.Pace()
    for done in (0, 1_700_000, 3_400_000):
        pace.advance(done)
        assert bool(pace.rate) == (done == 3_400_000)
    assert pace.text == "8.5 million/s"


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(0, ""), (7, "7/s"), (1500, "1.5 thousand/s"), (2.5e6, "2.5 million/s"), (3.21e12, "3,210.0 billion/s")],
)
def test_a_rate_is_told_in_words(rate: float, shown: str) -> None:
    pace = output.Pace()
    pace.rate = rate
    assert pace.text == shown


def test_on_a_terminal_there_is_a_bar_with_rate_and_time_left() -> None:
    """The terminal is a real one: a pseudo-terminal."""
    import os
    import pty

    script = """
import time
from pplink.cli import output
with output.progress("comparing") as advance:
    for done in range(0, 40):
        advance(done * 10**8, 50 * 10**8)
        time.sleep(0.02)
"""
    reader, writer = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen([sys.executable, "-c", script], stderr=writer, env=environment) as process:
        os.close(writer)
        shown = b""
        while True:
            try:
                some = os.read(reader, 4096)
            except OSError:  # how Linux says that the terminal has no more users
                break
            if not some:
                break
            shown += some
    os.close(reader)
    assert process.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert re.search(r"comparing .* \d+% \d\.\d billion/s 0:00:0\d", text), text


def test_a_match_that_is_whole_is_not_gone_on_with(
    scene: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = scene("encoded")
    (folder / "run").mkdir()
    assert run(shlex.split("broker match --resume run --home hub")) == 2
    assert "no match to it was broken off" in capsys.readouterr().err
