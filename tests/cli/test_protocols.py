"""The table of protocols: complete, and the same in README.md."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from pplink.agreement.preset import Protocol
from pplink.agreement.protocols import PROTOCOLS
from pplink.cli.main import run
from pplink.session.costs.estimates import TRIALS

ROOT = Path(__file__).parents[2]


def test_every_protocol_that_may_be_agreed_is_told_of_and_tried_out() -> None:
    assert set(PROTOCOLS) == set(TRIALS) == set(get_args(Protocol))


def test_readme_has_the_table_with_what_the_command_tells() -> None:
    text = ROOT.joinpath("README.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if re.match(r"\| `[a-z_]+` \|", line)
    ]
    told = [[f"`{name}`", each.unit, each.broker, each.attacked] for name, each in PROTOCOLS.items()]
    assert [row[:4] for row in rows if row[0].strip("`") in PROTOCOLS and len(row) == 5] == told


def test_measured_attacks_name_a_source_that_is_there() -> None:
    for each in PROTOCOLS.values():
        assert (each.source is None) == each.attacked.startswith("nothing to attack")
        for name in re.findall(r"[A-Za-z/_]+\.md", each.source or ""):
            assert ROOT.joinpath(name).exists()


def test_costs_are_told_for_the_sizes_that_were_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["unit", "protocols", "--rows", "2048", "--other", "3000", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sizes"]["other"] == 3000
    costs = {name: each["costs"] for name, each in told["protocols"].items()}
    assert all(cost["seconds"] > 0 and cost["bytes"] > 0 for each in costs.values() for cost in each)
    assert all(costs.values())


def test_costs_may_be_left_away(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["unit", "protocols", "--no-costs"]) == 0
    assert "cost" not in capsys.readouterr().out
