"""What README.md says is there, is there; and what is there, it says."""

from __future__ import annotations

import pkgutil
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pplink.agreement.presets import PRESETS
from pplink.cli.main import cli, run

ROOT = Path(__file__).parents[2]
README = ROOT.joinpath("README.md").read_text()
PLACEHOLDER = re.compile(r"\s{2,}.*$")


def shown() -> list[list[str]]:
    """The words of each command in README.md, without the remark that follows it."""
    lines = re.findall(r"^pplink .*$", README, re.MULTILINE)
    inline = re.findall(r"`pplink ([a-z]+ ?[a-z]*)`", README)
    return [shlex.split(PLACEHOLDER.sub("", line))[1:] for line in lines] + [each.split() for each in inline]


def commands(group: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from commands(command, *path, name)
    else:
        yield path, group


COMMANDS = dict(commands(cli))


def of(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    for length in (3, 2, 1):
        if tuple(words[:length]) in COMMANDS:
            return tuple(words[:length]), words[length:]
    pytest.fail(f"README.md shows `pplink {' '.join(words)}`, which is no command")


@pytest.mark.parametrize("words", shown(), ids=" ".join)
def test_each_command_in_the_readme_exists_and_knows_its_options(words: list[str]) -> None:
    path, rest = of(words)
    known = {option for each in COMMANDS[path].params for option in each.opts}
    options = {word for word in rest if word.startswith("-") and word != "-"}
    assert options <= known
    values = [each for each in COMMANDS[path].params if each.required and isinstance(each, click.Option)]
    assert not rest or all(options & set(each.opts) for each in values), "a required option is not shown"


@pytest.mark.parametrize("words", [words for words in shown() if len(words) > 2], ids=" ".join)
def test_each_command_in_the_readme_parses(words: list[str]) -> None:
    path, rest = of(words)
    COMMANDS[path].make_context("pplink", list(rest))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_is_in_the_readme(path: tuple[str, ...]) -> None:
    if path[-1] not in ("init", "inspect", "demo"):  # one for each role; a look at a file; `make demo`
        assert list(path) in [words[: len(path)] for words in shown()]


@pytest.mark.parametrize(
    "path", [(), *sorted({path[:1] for path in COMMANDS if len(path) > 1}), *COMMANDS], ids=" ".join
)
def test_every_command_has_help(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*path, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: {' '.join(('pplink', *path))}")
    for each in COMMANDS[path].params if path in COMMANDS else []:
        if isinstance(each, click.Option):
            assert each.opts[-1] in text
            assert each.help, f"{each.opts[-1]} has no words"


def test_each_public_name_in_the_readme_exists() -> None:
    names = re.findall(r"`(pplink\.[A-Za-z_.]+)\(", README)
    assert "pplink.keys.ring.load" in names
    for name in names:
        assert callable(pkgutil.resolve_name(name)), name


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_is_in_the_readme_with_its_protocol_and_threshold(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}`.*$", README, re.MULTILINE)
    preset = PRESETS[name]
    assert f"| `{preset.protocol}` |" in row
    assert row.endswith(f"| {preset.threshold} |") == (preset.threshold < 1)  # keys are equal or not
    table = README[README.index("| preset | protocol |") :].partition("\n\n")[0]
    assert all(f"`{field.name}`" in table for field in preset.fields)


def test_each_file_in_the_readme_exists() -> None:
    names = re.findall(r"`(pplink/[a-z_/.]+)`|\]\(([A-Za-z_/.]+)\)", README)
    assert names
    assert [name for pair in names for name in pair if name and not ROOT.joinpath(name).exists()] == []


def test_each_room_is_in_the_readme() -> None:
    rooms = {path.parent.name for path in ROOT.joinpath("pplink").glob("*/__init__.py")}
    table = README.partition("## Rooms")[2]
    assert sorted(room for room in rooms if f"`{room}`" not in table) == []
