from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from pplink.agreement import signatures
from pplink.agreement.model import Agreement
from pplink.agreement.presets import propose
from pplink.cli import strangers
from pplink.evaluation.population import make_lists
from pplink.keys import ring
from pplink.session.inputs import Inputs, prepare
from pplink.session.plan import Couple

FIELDS = ["record_id", "given_name", "family_name", "birth_date", "place"]


@pytest.fixture(scope="module")
def north(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agreement, Inputs]:
    """An agreement with south, and 400 people of north's."""
    place = tmp_path_factory.mktemp("strangers")
    roles = {"north": "unit", "south": "unit", "hub": "broker"}
    rings = {name: ring.create(place / name, name, role) for name, role in roles.items()}
    day = date(2026, 1, 1)
    signed = propose(
        "persons",
        [each.card for each in rings.values()],
        purpose="test",
        legal_text="none",
        days=30,
        today=day,
    )
    now = datetime(2026, 1, 2, tzinfo=UTC)
    for unit in ("north", "south"):
        signed = signatures.agree(signed, rings[unit], now)
    people = make_lists(["north"], 400, overlap=0.0).frames["north"][FIELDS]
    return signed, prepare(people, signed, rings["north"], bad_rows="blank", now=now)


def couple(size: int | None) -> Couple:
    none = np.zeros((0, 16), np.uint8)
    return Couple(
        peer="south", own=none, theirs=none, score=np.zeros(0), rows=np.zeros(0, np.int64), size=size
    )


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    strangers.note(*arguments)  # type: ignore[arg-type]
    return capsys.readouterr().err


def test_false_hits_are_told_by_how_many_records_the_other_has(
    north: tuple[Agreement, Inputs], capsys: pytest.CaptureFixture[str]
) -> None:
    signed, brought = north
    figures = []
    for size in (1_000, 100_000):
        said = told(capsys, [couple(size)], brought, signed, "north")
        assert said.startswith(
            "matches with south expected to be false, before each record keeps one at most: "
        )
        figures.append(float(said.split("at most: ")[1].split(" ")[0].replace(",", "")))
    assert figures[1] == pytest.approx(100 * figures[0], rel=0.2)
    assert figures[1] > 1


def test_nothing_is_told_of_what_cannot_be_known(
    north: tuple[Agreement, Inputs], capsys: pytest.CaptureFixture[str]
) -> None:
    signed, brought = north
    few = Inputs(
        rows=brought.rows[:50],
        handles=brought.handles[:50],
        confirmation=brought.confirmation,
        validation=brought.validation,
    )
    assert told(capsys, [couple(1000)], few, signed, "north") == ""
    assert told(capsys, [couple(None)], brought, signed, "north") == ""
    assert told(capsys, [couple(1000)], brought, signed, "hub") == ""  # who learns no hits
    assert told(capsys, [couple(1000)], object(), signed, "north") == ""  # keys, not encodings
