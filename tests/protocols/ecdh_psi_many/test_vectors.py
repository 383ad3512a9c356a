from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import protocols
from protocols.errors import PeerError, RefusedError

VECTORS = sorted((Path(protocols.__file__).parent / "ecdh_psi_many" / "vectors").glob("*.json"))
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
    frames = writing.play(vector, roles)
    assert [[f.sender, f.recipient, hashlib.sha256(f.data).hexdigest()] for f in frames] == vector["frames"]
    assert {role.name: writing.learned(role) for role in roles} == vector["results"]
    assert {role.bound.hex() for role in roles} == {vector["bound"]}


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_run_stops_where_the_vector_says(path: Path, writing: ModuleType) -> None:
    vector = read(path)
    roles = writing.roles_of(vector)
    error = vector["error"]
    with pytest.raises((PeerError, RefusedError)) as caught:
        writing.play(vector, roles)
    assert [role.name for role in roles if role.state == "failed"] == [error["party"]]
    if error.get("refused"):
        assert isinstance(caught.value, RefusedError)
    else:
        assert (caught.value.step, caught.value.check) == (error["step"], error["check"])
    assert all(writing.learned(role) is None for role in roles if role.state == "failed")
