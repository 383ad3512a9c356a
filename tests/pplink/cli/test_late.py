"""Groups that import a command's module when it is called: to the user they are as other groups."""

from __future__ import annotations

import sys

import click
import pytest
from click.testing import CliRunner

from pplink.cli.late import LateGroup

HOMES = {"late": "late_command:late", "lost": "late_command:nothing", "away": "no_such_module:away"}
SOURCE = '''
import click

@click.command()
def late():
    """Comes when it is called."""
    click.echo("here")
'''


@pytest.fixture
def group(tmp_path, monkeypatch):
    tmp_path.joinpath("late_command.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "late_command", raising=False)
    made = LateGroup("group", homes={"late": HOMES["late"]})
    made.add_command(click.Command("early", callback=lambda: click.echo("there")))
    return made


def test_a_command_is_imported_when_it_is_called_and_not_before(group):
    assert CliRunner().invoke(group, ["early"]).output == "there\n"
    assert "late_command" not in sys.modules
    assert CliRunner().invoke(group, ["late"]).output == "here\n"


def test_help_lists_all_commands_in_order(group):
    said = CliRunner().invoke(group, ["--help"]).output
    assert said.index("early") < said.index("late   Comes when it is called.")


def test_an_unknown_command_is_a_usage_error(group):
    done = CliRunner().invoke(group, ["other"])
    assert done.exit_code == 2
    assert "No such command 'other'" in done.output


@pytest.mark.parametrize("name", ["lost", "away"])
def test_a_command_that_is_not_where_it_should_be_is_a_fault(group, name):
    group.homes = HOMES
    assert isinstance(CliRunner().invoke(group, [name]).exception, (AttributeError, ImportError))
