"""Two units and a broker in one process: real keys, really encoded people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pplink.agreement.model import Agreement
from pplink.keys.ring import KeyRing
from pplink.session import blinded_broker, blinded_terms
from pplink.session.blocking import shape
from pplink.session.inputs import Inputs, prepare
from pplink.session.transports.memory import MemoryTransport
from protocols import loopback
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from tests.pplink.session.parties import UNITS, Parties

GIVEN = ("Amina", "Boris", "Chiara", "Dmitri", "Elena", "Farid", "Greta", "Hassan", "Ines", "Jakub")
FAMILY = ("Novak", "Petrov", "Rossi", "Schmidt", "Haddad", "Kowalski", "Lindqvist", "Moreau", "Okafor")
PLACES = ("Varna", "Trieste", "Lyon", "Malmo", "Izmir", "Lagos", "Gdansk", "Bremen")


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
) -> Callable[..., Parties]:
    """make_table(transport=..., lists=..., **options of signed_agreement) -> Parties."""

    def make(
        transport: Any = None, lists: Mapping[str, pd.DataFrame] | None = None, **options: Any
    ) -> Parties:
        parties = (*UNITS, "hub", "officer")
        agreement = signed_agreement(**{"parties": parties, "protocol": "blinded_broker"} | options)
        return Parties(
            rings=rings,
            agreement=agreement,
            folder=tmp_path / "homes",
            transport=MemoryTransport() if transport is None else transport,
            inputs={unit: make_inputs(agreement, unit, (lists or {}).get(unit)) for unit in UNITS},
        )

    return make


@pytest.fixture
def table(make_table: Callable[..., Parties]) -> Parties:
    return make_table()


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles have 64 rows, as many as a block of a blocked list."""
    for module in (blinded_broker, blinded_terms):
        monkeypatch.setattr(module, "SIDE", 64)


@pytest.fixture
def many(people: Mapping[str, pd.DataFrame], small_tiles: None) -> dict[str, pd.DataFrame]:
    """Lists long enough for nine tiles."""
    found = {}
    for unit, frame in people.items():
        copies = [
            frame.assign(
                record_id=frame["record_id"] + f"-{copy}", family_name=frame["family_name"] + letter * 3
            )
            for copy, letter in enumerate("abcde")
        ]
        found[unit] = pd.concat(copies, ignore_index=True).iloc[:150]
    return found


@pytest.fixture
def begun(make_table: Callable[..., Parties], many: Mapping[str, pd.DataFrame]) -> Callable[..., Parties]:
    """begun(transport, **options) -> a table of these lists."""
    options = {"lists": many, "threshold": 0.8, "assignment": "many-to-many", "score": "exact"}
    return lambda transport, **others: make_table(transport, **options | others)


@pytest.fixture
def blocks_pay(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blocks pay, even for three records; bins are few, so that blocks are."""
    monkeypatch.setattr(shape, "COSTS", {64: 1e-9})
    monkeypatch.setattr(shape, "BINS", (8,))
    shape.shape_of.cache_clear()
    yield
    shape.shape_of.cache_clear()
