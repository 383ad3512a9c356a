from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pplink.agreement import text
from pplink.cli.main import run
from pplink.evaluation.population import make_lists

FIELDS = ["record_id", "given_name", "family_name", "birth_date", "place"]


def test_either_unit_takes_the_smaller_number_of_both_lists(
    proposed_agreement: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """north's persons have one family name. South's file stands for what it sends."""
    monkeypatch.chdir(tmp_path)
    Path("agreement.json").write_bytes(text.write(proposed_agreement("persons")))
    for unit, frame in make_lists(("north", "south"), 150, seed=2).frames.items():
        full = frame["birth_date"].where(frame["birth_date"].str.len() == 10, "")
        alike = {"family_name": "Smith"} if unit == "north" else {}
        frame[FIELDS].assign(birth_date=full, **alike).to_csv(f"{unit}.csv", index=False)
        assert run(["unit", "calibrate", f"{unit}.csv", "-a", "agreement.json", "-o", f"{unit}.json"]) == 0
    options = ["-a", "agreement.json", "--other-report", "south.json", "-o", "both.json"]
    assert run(["unit", "calibrate", "north.csv", *options]) == 0
    assert "the other unit's report, of 150 records, predict" in capsys.readouterr().err.replace("\n", " ")
    both, north, south = (
        json.loads(Path(f"{name}.json").read_bytes()) for name in ("both", "north", "south")
    )
    assert (both["other"], both["against"]) == (150, [150])
    at = [
        {round(each["threshold"], 3): each["false"] for each in found["points"]}
        for found in (both, north, south)
    ]
    assert all(at[0][each] == pytest.approx(min(at[1][each], at[2][each])) for each in at[0])
    assert at[0][0.5] < at[1][0.5] / 2
