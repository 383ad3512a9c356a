"""Cases: a small run of every protocol, which the tests of every protocol repeat, disturb and compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from protocols import PROTOCOLS
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.primitives import paillier
from protocols.role import Role
from tests.protocols import plain_group, statistics_of_views
from tests.protocols.runs import seed_of

settings.register_profile("protocols", deadline=None)  # kernels compile in the first example
settings.load_profile("protocols")

SESSION = bytes(range(32))
paillier.encrypt, paillier.decrypt = cache(paillier.encrypt), cache(paillier.decrypt)
paillier.encrypt_own = cache(paillier.encrypt_own)
"""With keys of 3,072 bits one takes 30 ms, and tests repeat the same run a thousand times."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One protocol on one pair of inputs."""

    protocol: str
    make: Callable[..., list[Role]]
    """(session=..., run=...) gives fresh roles; run: a number that all seeds depend on."""
    answers: Mapping[str, Any]
    """What each party's result must be, by the plain computation; None for a party that learns nothing."""
    result: Callable[[Role], Any]
    """A role's result in the same form."""


def people(seed: int, count: int, words: int, like: np.ndarray | None = None) -> np.ndarray:
    """Rows of bits, a third set; some are rows of `like` with some bits changed, some are empty or full."""
    dice = np.random.default_rng(seed)
    shape = (count, 64 * words)
    bits = dice.random(shape) < 1 / 3
    if like is not None:
        for row in range(0, min(count, len(like)), 2):
            old = np.unpackbits(like[row].view(np.uint8), bitorder="little").astype(bool)
            bits[row] = old ^ (dice.random(64 * words) < 0.05 * (row % 5))
    bits[1], bits[-1] = False, True
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


@dataclass(frozen=True)
class Given:
    """A filling that is what it is."""

    places: np.ndarray
    words: np.ndarray

    def tell(self) -> np.ndarray:
        return self.words

    def fill(self, theirs: np.ndarray) -> np.ndarray:
        assert len(theirs) == len(self.words)
        return self.places


def given(rows: int, parameters: Parameters, seed: int) -> Given:
    """Each row is in some blocks; a third of the places is empty."""
    dice = np.random.default_rng(seed)
    places = np.full((parameters.pairs, parameters.side), -1)
    for row in range(rows):
        for block in {0, *dice.choice(parameters.pairs, min(2, parameters.pairs)).tolist()}:
            free = np.flatnonzero(places[block] < 0)
            if len(free) > parameters.side // 3:
                places[block, dice.choice(free)] = row
    words = dice.integers(0, 1 << 64, parameters.told, dtype=np.uint64)
    return Given(places.reshape(-1), words)


def meeting(fillings: Sequence[Given], side: int) -> set[tuple[int, int]]:
    """Rows that are in blocks of one number."""
    blocks = [filling.places.reshape(-1, side).tolist() for filling in fillings]
    return {(i, j) for left, right in zip(*blocks, strict=True) for i in left for j in right}


def plain_hits(
    alice: np.ndarray, bob: np.ndarray, parameters: Parameters, fillings: Sequence[Given] = ()
) -> list[tuple[int, int, int]]:
    """Hits of persons and the most common bits of their rows, by fractions."""
    found: dict[tuple[int, int], int] = {}
    met = meeting(fillings, parameters.side) if fillings else set()
    for i, x in enumerate(alice.tolist()):
        for j, y in enumerate(bob.tolist()):
            common = sum((a & b).bit_count() for a, b in zip(x, y, strict=True))
            total = sum(a.bit_count() for a in x) + sum(b.bit_count() for b in y)
            dice = parameters.measure == "dice"
            top, below = (2 * common, total) if dice else (common, total - common)
            meet = not fillings or (i, j) in met
            if total and meet and Fraction(top, below) >= parameters.threshold:
                pair = (i // parameters.alice_variants, j // parameters.bob_variants)
                found[pair] = max(common, found.get(pair, 0))
    return [(*pair, common) for pair, common in sorted(found.items())]


def blinded_broker(alice: np.ndarray, bob: np.ndarray, **options: Any) -> Case:
    """A run of blinded_broker on those rows."""
    parameters = Parameters(
        **{"bits": alice.shape[1] * 64, "threshold": Fraction(4, 5), "side": 64} | options
    )
    fillings: list[Any] = []
    if parameters.layout == "paired":
        fillings = [given(len(rows), parameters, seed) for seed, rows in enumerate((alice, bob))]

    def make(session: bytes = SESSION, run: int = 0) -> list[Role]:
        names = ("alice", "bob", "dealer")
        common = [
            {"session": session, "parameters": parameters, "seed": seed_of(name, run), "spent": set()}
            for name in names
        ]
        if fillings:
            for unit, filling in zip(common, fillings, strict=False):
                unit["filling"] = filling
        return [Alice(rows=alice, **common[0]), Bob(rows=bob, **common[1]), Dealer(**common[2])]

    def result(role: Role) -> Any:
        hits = getattr(role, "result", None)
        if hits is None:
            return None
        common = [0] * len(hits) if hits.common is None else hits.common.tolist()
        return sorted(zip(hits.alice.tolist(), hits.bob.tolist(), common, strict=True))

    hits = plain_hits(alice, bob, parameters, fillings)
    shown = hits if parameters.scores else [(i, j, 0) for i, j, _ in hits]
    learns = {name: shown if parameters.reveal in ("both", name) else None for name in ("alice", "bob")}
    return Case(protocol="blinded_broker", make=make, answers={**learns, "dealer": None}, result=result)


def beside(request: pytest.FixtureRequest, name: str) -> ModuleType:
    """A file beside the test that asks for it."""
    return import_module(f"tests.protocols.{request.path.parent.name}.{name}")


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest) -> ModuleType:
    """Runs of the protocol of this folder."""
    return beside(request, "cases")


@pytest.fixture(scope="module")
def plain(request: pytest.FixtureRequest) -> ModuleType:
    """The second implementation of the protocol of this folder."""
    return beside(request, "plain")


@pytest.fixture(scope="session")
def group() -> ModuleType:
    """ristretto255 in plain integers."""
    return plain_group


@pytest.fixture(scope="session")
def views() -> ModuleType:
    """Statistics of what parties see."""
    return statistics_of_views


def small() -> dict[str, Case]:
    """One small case of each protocol."""
    alice = people(1, 70, 1)
    return {
        "blinded_broker": blinded_broker(alice, people(2, 5, 1, alice), scores=True),
        "blinded_broker, variants": blinded_broker(
            people(1, 12, 1), people(2, 9, 1, people(1, 12, 1)), alice_variants=4, bob_variants=3
        ),
        "blinded_broker, proven": blinded_broker(alice, people(2, 5, 1, alice), sets=3),
        "broker_clk": Case(**import_module("tests.protocols.broker_clk.cases").session(seed_of)),
        "ecdh_psi": Case(**import_module("tests.protocols.ecdh_psi.cases").session(seed_of)),
        "ecdh_psi_many": Case(**import_module("tests.protocols.ecdh_psi_many.cases").session(seed_of)),
        "ecdh_psi_sum": Case(**import_module("tests.protocols.ecdh_psi_sum.cases").small(seed_of)),
        "oprf_hit": Case(**import_module("tests.protocols.oprf_hit.cases").session(seed_of)),
        "paillier_stats": Case(**import_module("tests.protocols.paillier_stats.cases").session(seed_of)),
    }


CASES = small()


def names() -> Sequence[str]:
    return sorted({*PROTOCOLS, *CASES})


@pytest.fixture(params=names())
def case(request: pytest.FixtureRequest) -> Case:
    """Each protocol in turn; a protocol without a case fails here."""
    return CASES[request.param]


@pytest.fixture
def run_of() -> Callable[..., Case]:
    """blinded_broker on any rows and parameters."""
    return blinded_broker


@pytest.fixture
def rows_of() -> Callable[..., np.ndarray]:
    return people
