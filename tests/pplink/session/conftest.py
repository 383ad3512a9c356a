"""Three parties in one process: real keys, really encoded people, each party in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pplink.agreement.model import Agreement
from pplink.keys.ring import KeyRing
from pplink.session.blocking import shape
from pplink.session.inputs import Inputs, prepare
from pplink.session.party import Linked, Party, deal, link
from pplink.session.transcript import opened
from pplink.session.transports.memory import MemoryTransport
from protocols import loopback
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters

GIVEN = ("Amina", "Boris", "Chiara", "Dmitri", "Elena", "Farid", "Greta", "Hassan", "Ines", "Jakub")
FAMILY = ("Novak", "Petrov", "Rossi", "Schmidt", "Haddad", "Kowalski", "Lindqvist", "Moreau", "Okafor")
PLACES = ("Varna", "Trieste", "Lyon", "Malmo", "Izmir", "Lagos", "Gdansk", "Bremen")
UNITS = ("north", "south")


def lists() -> dict[str, pd.DataFrame]:
    """40 and 30 people; the first 15 are on both, some with a slip."""
    dice = np.random.default_rng(5)
    people = [
        [dice.choice(GIVEN), dice.choice(FAMILY), f"19{dice.integers(40, 99)}-0{dice.integers(1, 9)}-1{n % 10}",
         dice.choice(PLACES)] for n in range(55)
    ]  # fmt: skip
    slipped = [[given[:-1] if n % 3 == 0 else given, *rest] for n, (given, *rest) in enumerate(people)]
    found = {}
    for unit, rows in {"north": people[:40], "south": slipped[:15] + people[40:]}.items():
        frame = pd.DataFrame(rows, columns=["given_name", "family_name", "birth_date", "place"])
        frame.insert(0, "record_id", [f"{unit}-{n}" for n in range(len(rows))])
        found[unit] = frame
    return found


@dataclass(kw_only=True)
class Table:
    """All three parties of one session, and what came of each."""

    rings: Mapping[str, KeyRing]
    agreement: Agreement
    folder: Path
    transport: Any
    inputs: Mapping[str, Inputs]
    seconds: float = 120
    results: dict[str, Any] = field(default_factory=dict)
    """By party: what it has, or the error it ended with."""

    def home(self, name: str) -> Path:
        return self.folder / name

    def run(self, *names: str, **changes: Any) -> dict[str, Any]:
        """Run these parties, all by default, to their ends; changes: of `Party`, by party's name."""
        threads = [
            threading.Thread(target=self._one, args=(name, changes.get(name, {})), daemon=True)
            for name in names or (*UNITS, "hub")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(180)
            assert not thread.is_alive()
        return self.results

    def _one(self, name: str, changes: Mapping[str, Any]) -> None:
        try:
            with ExitStack() as stack:
                transcript = stack.enter_context(opened(self.home(name)))
                options = {
                    "agreement": self.agreement,
                    "ring": self.rings[name],
                    "units": UNITS,
                    "transcript": transcript,
                    "transport": self.transport,
                    "seconds": self.seconds,
                }
                inputs = changes.get("inputs", self.inputs.get(name))
                rest = {key: value for key, value in changes.items() if key != "inputs"}
                party = Party(**options | rest)
                self.results[name] = deal(party) if name == "hub" else link(party, inputs)
        except Exception as error:  # noqa: BLE001  the test looks at it
            self.results[name] = error

    def linked(self, name: str) -> Linked:
        found = self.results[name]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Kernels are compiled before any test waits for a message."""
    parameters = Parameters(bits=1024, threshold=Fraction(33, 50), scores=True)
    rows = np.ones((2, 16), np.uint64)
    common = {"session": bytes(32), "parameters": parameters, "spent": set()}
    alice, bob = Alice(rows=rows, seed=b"a" * 32, **common), Bob(rows=rows, seed=b"b" * 32, **common)
    loopback.run([alice, bob, Dealer(seed=b"c" * 32, **common)])


@pytest.fixture(scope="session")
def people() -> dict[str, pd.DataFrame]:
    return lists()


@pytest.fixture
def make_inputs(rings: Mapping[str, KeyRing], people: Mapping[str, pd.DataFrame]) -> Callable[..., Inputs]:
    def make(agreement: Agreement, unit: str, frame: pd.DataFrame | None = None) -> Inputs:
        now = pd.Timestamp(agreement.terms.valid_from, tz="UTC").to_pydatetime()
        return prepare(people[unit] if frame is None else frame, agreement, rings[unit], now=now)

    return make


@pytest.fixture
def make_table(
    rings: Mapping[str, KeyRing],
    signed_agreement: Callable[..., Agreement],
    make_inputs: Callable[..., Inputs],
    tmp_path: Path,
) -> Callable[..., Table]:
    """make_table(transport=..., lists=..., **options of signed_agreement) -> Table."""

    def make(transport: Any = None, lists: Mapping[str, pd.DataFrame] | None = None, **options: Any) -> Table:
        parties = (*UNITS, "hub", "officer")
        agreement = signed_agreement(**{"parties": parties, "protocol": "blinded_broker"} | options)
        return Table(
            rings=rings,
            agreement=agreement,
            folder=tmp_path / "homes",
            transport=MemoryTransport() if transport is None else transport,
            inputs={unit: make_inputs(agreement, unit, (lists or {}).get(unit)) for unit in UNITS},
        )

    return make


@pytest.fixture
def table(make_table: Callable[..., Table]) -> Table:
    return make_table()


@pytest.fixture
def blocks_pay(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blocks pay, even for three records; bins are few, so that blocks are."""
    monkeypatch.setattr(shape, "COSTS", {64: 1e-9})
    monkeypatch.setattr(shape, "BINS", (8,))
    shape.shape_of.cache_clear()
    yield
    shape.shape_of.cache_clear()
