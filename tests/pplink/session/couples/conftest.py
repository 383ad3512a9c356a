"""Three units and a broker in one process, each of them in threads of its own."""

from __future__ import annotations

from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest

from pplink.join.api import threshold_join
from pplink.session.couples import Gathered, deal_all, link_all
from pplink.session.gathering import Gathering
from pplink.session.transports.memory import MemoryTransport
from pplink.solvers import assign
from tests.pplink.session.parties import Parties

UNITS = ("north", "south", "west")


@pytest.fixture(scope="session")
def people(people) -> dict[str, pd.DataFrame]:
    """West has people of both, and of the 15 whom both have."""
    north, south = people["north"], people["south"]
    west = pd.concat([north.iloc[5:25], south.iloc[20:28]], ignore_index=True)
    west["record_id"] = [f"west-{n}" for n in range(len(west))]
    return {**people, "west": west}


@dataclass(kw_only=True)
class Circle(Parties):
    """Three units, of which each two meet in a session of their own."""

    units: tuple[str, ...] = UNITS
    ways: Any = field(default_factory=lambda: defaultdict(MemoryTransport))

    def act(self, name: str, **options: Any) -> Gathered:
        inputs = options.pop("inputs", self.inputs.get(name))
        party = Gathering(**{"way": lambda couple: nullcontext(self.ways[couple])} | options)
        return deal_all(party) if name == "hub" else link_all(party, inputs)

    def plain(self, one: str, other: str) -> list[tuple[bytes, bytes, float]]:
        """What a couple's hits are by the plain join: handles that stay at their units, and scores."""
        left, right, terms = self.inputs[one], self.inputs[other], self.agreement.terms
        pairs = assign(threshold_join(left.rows, right.rows, terms.threshold))
        return sorted(
            (left.handles[i].tobytes(), right.handles[j].tobytes(), score)
            for i, j, score in zip(pairs.left, pairs.right, pairs.score.tolist(), strict=True)
        )

    def met(self, one: str, other: str) -> list[tuple[bytes, bytes, float]]:
        """The same of what both units found, put together by the names that they told each other."""
        mine = next(each for each in self.result(one).couples if each.peer == other)
        theirs = next(each for each in self.result(other).couples if each.peer == one)
        ends = {
            (told.tobytes(), peer.tobytes()): own.tobytes()
            for told, peer, own in zip(theirs.told, theirs.theirs, theirs.own, strict=True)
        }
        return sorted(
            (own.tobytes(), ends[peer.tobytes(), told.tobytes()], score)
            for own, told, peer, score in zip(
                mine.own, mine.told, mine.theirs, mine.score.tolist(), strict=True
            )
        )


@pytest.fixture
def make_circle(rings, signed_agreement, make_inputs, tmp_path):
    def make(lists: Any = None, **options: Any) -> Circle:
        agreement = signed_agreement(**{"protocol": "blinded_broker"} | options)
        return Circle(
            rings=rings,
            agreement=agreement,
            folder=tmp_path / "homes",
            inputs={unit: make_inputs(agreement, unit, (lists or {}).get(unit)) for unit in UNITS},
        )

    return make


@pytest.fixture
def circle(make_circle) -> Circle:
    return make_circle()
