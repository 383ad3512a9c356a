from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import protocols
from protocols.errors import PeerError, RefusedError
from protocols.loopback import run
from protocols.role import Frame

VECTORS = sorted((Path(protocols.__file__).parent / "blinded_broker" / "vectors").glob("*.json"))
RUNS = [path for path in VECTORS if path.stem.startswith("run_")]
BROKEN = [path for path in VECTORS if path.stem.startswith("broken_")]


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_most_vectors_must_fail() -> None:
    assert len(RUNS) + len(BROKEN) == len(VECTORS)
    assert len(BROKEN) > 3 * len(RUNS) > 0


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_run_sends_what_the_vector_says(path: Path, writing: ModuleType) -> None:
    vector = read(path)
    roles = writing.roles_of(vector)
    frames = run(roles)
    assert [[f.sender, f.recipient, hashlib.sha256(f.data).hexdigest()] for f in frames] == vector["frames"]
    for role in roles[:2]:
        assert role.bound.hex() == vector["bound"]
        if vector["parameters"]["reveal"] in ("both", role.name):
            hits = role.result
            assert (
                sorted(map(list, zip(hits.alice.tolist(), hits.bob.tolist(), strict=True))) == vector["hits"]
            )
        else:
            assert role.result is None


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_run_stops_where_the_vector_says(path: Path, writing: ModuleType) -> None:
    vector = read(path)
    roles = writing.roles_of(vector)
    error = vector["error"]
    numbers = iter(range(10**9))

    def network(frame: Frame) -> Iterable[Frame]:
        change = vector.get("change")
        if change is None or next(numbers) != change["frame"]:
            return (frame,)
        return writing.changed(frame, change, vector["nonces"], vector["bound"])

    with pytest.raises((PeerError, RefusedError)) as caught:
        run(roles, network=network)
    assert [role.name for role in roles if role.state == "failed"] == [error["party"]]
    if error.get("refused"):
        assert isinstance(caught.value, RefusedError)
    else:
        assert (caught.value.step, caught.value.check) == (error["step"], error["check"])
    assert next(role for role in roles if role.name == error["party"]).state == "failed"
