"""Possible hits: told apart from hits, sealed and counted as they are, and only where the agreement has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pplink.audit.verification import verify
from pplink.broker.linking import Effort, link
from pplink.broker.matching import match
from pplink.disclosure.hits import open_run
from pplink.encoders.pipeline import encode_list
from pplink.errors import AgreementError

SURE = ("Amina", "Haddad", "1971-02-03", "Varna")
WRITTEN = ("Boris", "Petrov", "1985-11-30", "Trieste")
OTHERWISE = ("Borys", "Petrow", "1985-11-03", "Triest")
NOBODY = ("Chiara", "Rossi", "1962-07-14", "Lyon")
COLUMNS = ["given_name", "family_name", "birth_date", "place"]


def people(unit: str, *persons: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(persons, columns=COLUMNS)
    frame.insert(0, "record_id", [f"{unit}-{row}" for row in range(len(persons))])
    return frame


@pytest.fixture
def run(make_desk: Any) -> Any:
    """A run in which one person is surely on both lists, and another is written otherwise."""

    def make(**options: Any) -> Any:
        desk = make_desk(parties=("north", "south", "hub"), threshold=0.9, **options)
        for unit, listed in (("north", (SURE, WRITTEN, NOBODY)), ("south", (OTHERWISE, SURE))):
            desk.put(
                encode_list(people(unit, *listed), desk.agreement, desk.rings[unit], now=desk.noon).dataset
            )
        outcome = match(
            desk.files, desk.agreement_file, desk.rings["hub"], desk.folder / "run", now=lambda: desk.noon
        )
        return desk, outcome

    return make


def test_a_pair_below_the_threshold_is_told_apart(run: Any) -> None:
    desk, outcome = run(possible=0.4)
    assert outcome.hits == outcome.possible == {"north": 1, "south": 1}
    assert outcome.pairs == 1
    report = verify(desk.folder / "run", agreement_id=desk.agreement.id)
    assert report.first_failure is None
    for unit in ("north", "south"):
        opened = open_run(desk.rings[unit], desk.folder / "run")
        assert opened.possible is not None
        assert opened.hits.score is not None
        assert opened.possible.score is not None
        assert opened.hits.score.min() >= 0.9 > opened.possible.score.max() >= 0.4
        assert not np.array_equal(opened.hits.handle, opened.possible.handle)
        assert opened.possible.cluster.any()


def test_without_them_in_the_agreement_nothing_below_the_threshold_is_told(run: Any) -> None:
    desk, outcome = run()
    assert outcome.possible is None
    assert outcome.hits == {"north": 1, "south": 1}
    assert open_run(desk.rings["north"], desk.folder / "run").possible is None
    assert b"possible" not in (desk.folder / "run" / "log.jsonl").read_bytes()


@pytest.mark.parametrize("possible", [0.9, 0.95, 0.4000001, 0])
def test_a_score_that_is_not_below_the_threshold_or_too_fine_cannot_be_agreed(
    proposed_agreement: Any, possible: float
) -> None:
    with pytest.raises(AgreementError, match="possible"):
        proposed_agreement(threshold=0.9, possible=possible)


def test_where_nobody_sees_encodings_there_are_none(proposed_agreement: Any) -> None:
    with pytest.raises(AgreementError, match="possible"):
        proposed_agreement(possible=0.4, protocol="blinded_broker")


@pytest.mark.parametrize("assignment", ["one-to-one", "many-to-many"])
def test_a_record_with_a_hit_has_possible_hits_only_if_it_may_match_several(
    proposed_agreement: Any, assignment: str
) -> None:
    def change(terms: dict[str, Any]) -> None:
        terms["assignment"] = assignment

    terms = proposed_agreement(threshold=0.9, possible=0.4, change=change).terms
    row = np.random.default_rng(1).integers(0, 2**64, (1, 16), np.uint64)
    near = row.copy()
    near[0, :3] = 0
    links = link([row, np.concatenate((row, near))], terms, Effort(), None)
    assert links.possible is not None
    assert links.kept[0, 1].right.tolist() == [0]
    assert links.possible[0, 1].right.tolist() == ([] if assignment == "one-to-one" else [1])
    assert links.found == 1
