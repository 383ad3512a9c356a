from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pplink.broker.matching import Outcome
from pplink.cli.matching import show
from pplink.evaluation.calibration.estimating import Estimate
from pplink.evaluation.calibration.misfit import Share
from pplink.evaluation.calibration.stating import Stated


def outcome(best: float) -> Outcome:
    """Of a run at 0.65."""
    share, false = Share(value=0.9, low=0.8, high=1.0), Stated(false=3.0, low=1.0, high=9.0)
    told = Estimate(
        precision=share, recall=share, best=best, best_precision=0.97, best_recall=0.98, false=false
    )
    return Outcome(
        run="a",
        threshold=0.65,
        records={"north": 100, "south": 100},
        hits={"north": 50},
        possible=None,
        comparisons=10_000,
        pairs=52,
        clusters=50,
        recall=1.0,
        cut=0,
        reused=0,
        expected_false=false,
        estimated=told,
    )


@pytest.mark.parametrize(("best", "where"), [(0.497, "lower than agreed"), (0.7, "higher than agreed")])
def test_another_threshold_is_told_with_what_it_costs_and_how_to_agree_on_it(
    best: float, where: str, capsys: Any
) -> None:
    show(outcome(best), Path("run"), json_=False)
    said = capsys.readouterr().err
    assert f"expected at threshold {best}, {where}: precision 0.970, recall 0.980" in said
    assert "precision 0.900 (0.800 to 1.000), recall 0.900 (0.800 to 1.000); intervals of 95 %" in said
    assert f"unit propose ... --threshold {best}" in said


def test_nothing_is_to_be_done_where_the_threshold_agreed_is_the_best(capsys: Any) -> None:
    show(outcome(0.65), Path("run"), json_=False)
    said = capsys.readouterr().err
    assert "expected at threshold 0.65, as agreed" in said
    assert "propose" not in said


def test_another_program_reads_the_same(capsys: Any) -> None:
    show(outcome(0.497), Path("run"), json_=True)
    told = capsys.readouterr().out
    assert '"best": 0.497' in told
    assert '"best_precision": 0.97' in told
    assert '"threshold": 0.65' in told


def test_of_no_pairs_none_is_expected_to_be_false(capsys: Any) -> None:
    show(replace(outcome(0.65), pairs=0), Path("run"), json_=False)
    assert "of these pairs" not in capsys.readouterr().err


def test_no_more_pairs_are_expected_to_be_false_than_there_are() -> None:
    assert Stated(false=60.0, low=40.0, high=90.0).at_most(52) == Stated(false=52, low=40.0, high=52)
