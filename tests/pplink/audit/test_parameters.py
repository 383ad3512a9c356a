"""Parameters and counts of a run: they are those agreed, and such as can be."""

from __future__ import annotations

import pytest

from pplink.audit.verification import verify


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("threshold", 0.5),
        ("threshold", "0.8"),
        ("assignment", "many-to-many"),
        ("protocol", "other"),
        ("measure", "jaccard"),
        ("solver", "optimal"),
        ("learns", {"hits_to": ["north", "south", "west"], "score": "exact", "decimals": 0}),
        ("learns", []),
        ("threshold", None),
    ],
)
def test_a_run_with_other_parameters_is_found(failure, run, tmp_path, key, value):
    declared = run.acts[run.place("run-started")].body["parameters"]
    cheat = run.rewritten("run-started", parameters=declared | {key: value})
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "parameters"
    assert key in detail


def test_encodings_that_nobody_consented_to_show_are_found(failure, signed_agreement, make_run, tmp_path):
    cheat = make_run(signed_agreement(change=lambda terms: terms.pop("consent")))
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "parameters"
    assert "consented" in detail


@pytest.mark.parametrize("key", ["extra", "\x1b[31m", "\u202e"])
def test_a_parameter_that_was_not_agreed_is_found_and_not_repeated(failure, run, tmp_path, key):
    declared = run.acts[run.place("run-started")].body["parameters"]
    cheat = run.rewritten("run-started", parameters=declared | {key: 1})
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "parameters"
    assert key not in detail


def test_a_parameter_left_out_is_found(failure, run, tmp_path):
    declared = dict(run.acts[run.place("run-started")].body["parameters"])
    del declared["threshold"]
    cheat = run.rewritten("run-started", parameters=declared)
    assert failure(cheat.write(tmp_path / "run")) == (
        "parameters",
        "the run's threshold is not the agreement's",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"comparisons": 349},
        {"found": 6},
        {"found": 351},
        {"clusters": 0},
        {"clusters": 8},
        {"links": []},
        {"links": [{"left": "north", "right": "south", "links": 7}]},
        {
            "links": [
                {"left": "south", "right": "north", "links": 4},
                {"left": "north", "right": "west", "links": 2},
                {"left": "south", "right": "west", "links": 1},
            ]
        },
        {
            "found": 20,
            "links": [
                {"left": "north", "right": "south", "links": 4},
                {"left": "north", "right": "west", "links": 6},
                {"left": "south", "right": "west", "links": 1},
            ],
        },
    ],
)
def test_counts_that_cannot_be_are_found(failure, run, tmp_path, change):
    counts = run.acts[run.place("run-finished")].body["counts"]
    cheat = run.rewritten("run-finished", counts=counts | change)
    assert failure(cheat.write(tmp_path / "run"))[0] == "counts"


@pytest.mark.parametrize(
    ("chosen", "counts", "ok"),
    [
        ({}, {"recall": 0.999, "cut": 7}, True),
        ({"strategy": "lsh", "recall": 0.5, "seed": 9}, {"recall": 0.5}, True),
        ({"strategy": "exact", "recall": 0.5}, {"recall": 1}, True),
        ({}, {"recall": 0.99}, False),
        ({"recall": 0.5}, {"recall": 0.6}, False),
        ({"strategy": "exact"}, {"recall": 0.999}, False),
        ({}, {"recall": 1, "cut": 7}, False),
    ],
    ids=str,
)
def test_a_run_finds_as_many_as_it_set_out_to(failure, run, tmp_path, chosen, counts, ok):
    started, finished = (run.acts[run.place(f"run-{what}")].body for what in ("started", "finished"))
    told = run.rewritten("run-started", chosen=started["chosen"] | chosen)
    told = told.rewritten("run-finished", counts=finished["counts"] | counts)
    folder = told.write(tmp_path / "run")
    assert verify(folder).first_failure is None if ok else failure(folder)[0] == "counts"


def test_a_parameter_nested_without_end_is_found(failure, run, tmp_path):
    deep: list = []
    for _ in range(300):
        deep = [deep]
    cheat = run.rewritten("run-started", parameters={"learns": deep})
    assert failure(cheat.write(tmp_path / "run"))[0] == "parameters"
