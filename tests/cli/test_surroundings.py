"""The program among others: readers that go away, closed streams, signals, odd surroundings. As processes."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pplink as pplink_package

VERIFY = ["auditor", "verify", "run"]
HITS = ["unit", "hits", "run", "--people", "north.csv", "--home", "north"]
ENCODE = ["unit", "encode", "north.csv", "-a", "agreement.json", "-o", "n.safetensors", "--home", "north"]
MATCH = ["broker", "match", "north.safetensors", "south.safetensors", "-a", "agreement.json", "-o", "new"]
INIT = ["unit", "init", "east", "--home", "east"]


def command(words: list[str]) -> list[str]:
    return [sys.executable, "-m", "pplink", *words]


def pplink(words: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(words), capture_output=True, text=True, check=False, **options)


def unread(words: list[str], stream: str) -> int:
    """The exit code if nobody reads on from `stream` any more."""
    reader, writer = os.pipe()
    os.close(reader)
    streams: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: writer}
    try:
        return subprocess.run(command(words), check=False, **streams).returncode
    finally:
        os.close(writer)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_when_the_reader_goes_away_the_verdict_still_counts(
    scene: Callable[[str], Path], stream: str
) -> None:
    folder = scene("matched")
    assert unread(HITS, stream) == 0
    (folder / "run" / "stray").touch()
    assert unread(VERIFY, stream) == 5


def test_with_all_streams_closed_the_work_is_done(scene: Callable[[str], Path]) -> None:
    folder = scene("signed")

    def close() -> None:
        for number in range(3):
            os.close(number)

    done = subprocess.run(command(ENCODE), check=False, preexec_fn=close)
    assert done.returncode == 0
    assert pplink(["unit", "inspect", "n.safetensors", "-a", "agreement.json"]).returncode == 0
    failed = subprocess.run(command([*ENCODE[:2], "none", *ENCODE[3:]]), check=False, preexec_fn=close)
    assert failed.returncode == 2
    assert {path.name for path in folder.glob("n.*")} == {"n.safetensors"}


def test_a_result_that_cannot_be_written_is_an_error(scene: Callable[[str], Path]) -> None:
    scene("matched")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command(HITS), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 7
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_names_that_the_terminal_cannot_show_or_that_steer_it_are_escaped(
    scene: Callable[[str], Path],
) -> None:
    folder = scene("encoded")
    odd = os.fsdecode(b"\xffn\x1b[31m.safetensors")
    (folder / "north.safetensors").rename(folder / odd)
    (folder / "north.csv").rename(folder / os.fsdecode(b"\xff.csv"))
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    shown = pplink(["unit", "inspect", odd], env=ascii_only)
    assert shown.returncode == 0
    missing = pplink(["unit", "inspect", f"no{odd}"], env=ascii_only)
    assert missing.returncode == 2
    made = pplink(["unit", "encode", os.fsdecode(b"\xff.csv"), *ENCODE[3:5], "-o", odd, *ENCODE[7:]])
    assert made.returncode == 0
    for done in (shown, missing, made):
        assert "\x1b" not in done.stdout + done.stderr


def test_a_purpose_of_broken_bytes_is_refused_by_its_path(scene: Callable[[str], Path]) -> None:
    scene("signed")
    parties = [f"--party={name}.json" for name in ("north", "south", "hub")]
    rest = ["--purpose", os.fsdecode(b"\xff"), "--legal-basis", "x", "--days", "1", "-o", "a.json"]
    done = pplink(["unit", "propose", *parties, *rest])
    assert done.returncode == 3
    assert "$.terms.purpose: has bytes that are not UTF-8" in done.stderr


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("n\n", 8, "unit north did not sign, as you said"),
        ("", 2, "nobody answered whether to sign"),
        ("x\n", 2, "nobody answered whether to sign"),
    ],
)
def test_without_a_yes_nothing_is_signed(
    scene: Callable[[str], Path], typed: str, code: int, said: str
) -> None:
    folder = scene("signed")
    before = (folder / "unsigned.json").read_bytes()
    done = pplink(["unit", "agree", "unsigned.json", "--home", "north"], input=typed)
    assert done.returncode == code
    assert said in done.stderr
    assert (folder / "unsigned.json").read_bytes() == before


def test_a_home_that_is_nobodys_is_a_usage_error(scene: Callable[[str], Path]) -> None:
    scene("empty")
    done = pplink(["unit", "init", "east"], env=os.environ | {"PPLINK_HOME": "~nobody-of-that-name/x"})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pplink: error: ~nobody-of-that-name/x: there is no such home folder\n")


@pytest.mark.parametrize("words", [ENCODE, [*MATCH, "--home", "hub"], [*HITS, "-o", "n.csv"], INIT], ids=str)
def test_a_full_disk_is_one_clear_error_and_leaves_nothing(
    scene: Callable[[str], Path], words: list[str]
) -> None:
    """A limit on file size stands for the full disk: both fail a write midway."""
    folder = scene("matched")
    before = sorted(path for path in folder.rglob("*") if path.is_file())
    done = pplink(words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
    assert done.returncode == 7
    error, hint = done.stderr.splitlines()
    assert error.startswith("pplink: error: cannot write")
    assert hint.startswith("pplink: hint: ")
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == before


def test_too_few_addresses_for_the_libraries_are_one_clear_error(scene: Callable[[str], Path]) -> None:
    """Else these end the process, or Arrow's reader of CSV waits for a thread that could not be started."""
    scene("matched")
    few = 600 << 20
    done = pplink(ENCODE, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (few, few)))
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith("pplink: error: a process may have 0.6 GiB of addresses here")
    assert done.stderr.splitlines()[1].startswith("pplink: hint: ")


INTERRUPTED_WRITING = """
import os
from pplink import files
from pplink.cli import output
from pplink.cli.main import main
whole, note = files.write_atomically, output.note
def write(path, data, **options):
    path.write_bytes(data[:10])
    os.kill(os.getpid(), {sent})
    whole(path, data, **options)
def interrupted_note(text):
    if {twice}:
        os.kill(os.getpid(), {sent})
    note(text)
files.write_atomically = write
output.note = interrupted_note
main({words})
"""


def interrupted(sent: signal.Signals, *, twice: bool = False) -> list[str]:
    """The command of a match that gets a signal while it writes its run folder; twice: and while it says so."""
    words = [*MATCH, "--home", "hub"]
    return [sys.executable, "-c", INTERRUPTED_WRITING.format(sent=int(sent), twice=twice, words=words)]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_says_so_and_leaves_nothing(
    scene: Callable[[str], Path], sent: signal.Signals
) -> None:
    """In the middle of writing a run folder."""
    folder = scene("encoded")
    before = sorted(path.name for path in folder.iterdir())
    done = subprocess.run(interrupted(sent), capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr.strip() == "pplink: interrupted; nothing half-written was left under a final name"
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_again_it_ends_at_once_and_shows_no_traceback(
    scene: Callable[[str], Path], sent: signal.Signals
) -> None:
    scene("encoded")
    done = subprocess.run(interrupted(sent, twice=True), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (-sent, "")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGHUP])
def test_what_the_caller_has_it_ignore_does_not_interrupt_it(
    scene: Callable[[str], Path], sent: signal.Signals
) -> None:
    """As under nohup, or in the background of a script."""
    folder = scene("encoded")
    done = subprocess.run(
        interrupted(sent), preexec_fn=lambda: signal.signal(sent, signal.SIG_IGN), capture_output=True
    )
    assert done.returncode == 0
    assert (folder / "new" / "checkpoint").exists()


def test_of_two_who_make_one_key_ring_at_once_one_does(scene: Callable[[str], Path]) -> None:
    folder = scene("empty")
    both = [subprocess.Popen(command(INIT), stdout=-1, stderr=-1, text=True) for _ in range(2)]
    cards = [process.communicate()[0] for process in both]
    assert sorted(process.returncode for process in both) == [0, 8]
    assert "".join(cards) == (folder / "east" / "card.json").read_text()
    assert sorted(path.name for path in (folder / "east").iterdir()) == ["card.json", "ring.json"]


def test_of_two_units_that_sign_one_file_at_once_both_have_signed(scene: Callable[[str], Path]) -> None:
    scene("signed")
    agree = ["unit", "agree", "unsigned.json", "--home"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command([*agree, "north"]), stdout=subprocess.DEVNULL, **pipes) as slow:
        assert slow.stderr is not None
        shown = ""
        while "Sign as unit north" not in shown:  # it has read the file
            shown += slow.stderr.read(1)
        assert pplink([*agree, "south", "--yes"]).returncode == 0
        assert "complete" in slow.communicate("y\n")[1]
    assert slow.returncode == 0


INTERRUPTED_IMPORT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ["pplink", *{words}]
from pplink.cli.start import main
main()
"""


def test_a_pipe_in_the_output_s_place_is_not_waited_for(scene: Callable[[str], Path]) -> None:
    folder = scene("signed")
    os.mkfifo(folder / "merged.json")
    assert (
        pplink(["unit", "merge", "half.json", "agreement.json", "-o", "merged.json"], timeout=60).returncode
        == 0
    )
    assert (folder / "merged.json").read_bytes() == (folder / "agreement.json").read_bytes()


def test_what_is_wrong_with_the_copy_in_the_output_s_place_is_said_of_that_copy(
    scene: Callable[[str], Path],
) -> None:
    folder = scene("signed")
    shutil.rmtree(folder / "north" / "agreements")
    assert pplink(["unit", "agree", "unsigned.json", "--home", "north", "--yes"]).returncode == 0
    before = (folder / "agreement.json").read_bytes()
    merged = pplink(["unit", "merge", "unsigned.json", "-o", "agreement.json"])
    assert merged.returncode == 3
    assert "error: agreement.json is there: unit north signed this agreement in two ways" in merged.stderr
    assert "hint: name another file for the output, or move that one away" in merged.stderr
    assert (folder / "agreement.json").read_bytes() == before


def test_ctrl_c_while_the_program_still_loads_shows_no_traceback() -> None:
    program = INTERRUPTED_IMPORT.format(module="pplink.cli.main", words=[])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_before_ctrl_c_is_heeded_next_to_nothing_is_loaded() -> None:
    program = "import sys; sys.path.insert(0, sys.argv[1]); import pplink.cli.start; print(*sys.modules)"
    root = Path(pplink_package.__file__).parents[1]
    done = subprocess.run([sys.executable, "-S", "-c", program, root], capture_output=True, check=True)
    assert {"typing", "click", "importlib", "pathlib"}.isdisjoint(done.stdout.decode().split())


@pytest.mark.parametrize(
    "module", ["pplink.cli.unit", "pplink.cli.datasets", "numpy", "pyarrow", "pplink.encoders.pipeline"]
)
def test_ctrl_c_while_a_command_still_loads_is_an_interruption(
    scene: Callable[[str], Path], module: str
) -> None:
    folder = scene("signed")
    before = sorted(folder.iterdir())
    program = INTERRUPTED_IMPORT.format(module=module, words=ENCODE)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "pplink: interrupted; nothing half-written was left under a final name"
    assert sorted(folder.iterdir()) == before


def test_where_nobody_answers_nothing_is_signed(scene: Callable[[str], Path]) -> None:
    folder = scene("signed")
    before = (folder / "unsigned.json").read_bytes()
    done = pplink(["unit", "agree", "unsigned.json", "--home", "north"], stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "pplink: error: nobody answered whether to sign\npplink: hint: to sign without" in done.stderr
    assert (folder / "unsigned.json").read_bytes() == before
