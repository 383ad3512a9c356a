"""Command-line stories, as plain transcripts: what is typed, what is printed, the exit code.

A transcript's first line names its scene. `[..]` in expected output stands for any text within the line,
a line `[...]` for any lines. `[exit N]` ends a command; without it the code must be 0.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pplink.cli.main import run

TRANSCRIPTS = sorted(Path(__file__).parent.joinpath("transcripts").glob("*.txt"))


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_story_goes_as_told(
    transcript: Path, scene: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    head, _, body = transcript.read_text().partition("\n")
    scene(head.removeprefix("# scene: "))
    capfd.readouterr()
    for line, command, expected in commands(body):
        code = 0 if play(command) else run(shlex.split(command.removeprefix("pplink ")))
        out, err = capfd.readouterr()
        told = (out + err).rstrip("\n") + (f"\n[exit {code}]" if code else "")
        assert re.fullmatch(pattern(expected), told.strip("\n")), f"line {line}: {command}\n{told}"


def commands(body: str) -> Iterator[tuple[int, str, str]]:
    """(line number, command, expected output) of each `$ ` line."""
    command, expected, start = "", [], 0
    for number, line in enumerate([*body.splitlines(), "$ "], 2):
        if line.startswith("$ "):
            if command:
                yield start, command, "\n".join(expected).strip("\n")
            command, expected, start = line[2:], [], number
        elif not line.startswith("# "):
            expected.append(line)


def play(command: str) -> bool:
    """The few other commands a story needs: `write FILE TEXT` and `cut FILE BYTES`."""
    words = shlex.split(command)
    if words[0] == "write":
        Path(words[1]).write_bytes(words[2].encode().decode("unicode_escape").encode("latin-1"))
    elif words[0] == "cut":
        Path(words[1]).write_bytes(Path(words[1]).read_bytes()[: int(words[2])])
    return words[0] in ("write", "cut")


def pattern(expected: str) -> str:
    """The regular expression of an expected output."""
    text = re.escape(expected).replace(re.escape("[..]"), "[^\\n]*")
    text = text.replace(re.escape("[...]") + "\\\n", "(?:[^\\n]*\\n)*?")
    return text.replace(re.escape("[...]"), "[\\s\\S]*")
