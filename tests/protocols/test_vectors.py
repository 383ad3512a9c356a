"""Vectors: runs repeat byte for byte, and most of them must stop where they say."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from protocols.errors import PeerError, RefusedError
from tests.protocols import write_vectors

HERE = Path(__file__).parent
OTHERS = {"rfc9497"}
"""Files beside them that are somebody else's vectors."""


BOOKS = {
    path.parent.name: write_vectors.book_of(path.parent.name) for path in sorted(HERE.glob("*/vectors.py"))
}


def files(kind: str) -> list[Any]:
    return [
        pytest.param(name, path, id=f"{name}-{path.stem}")
        for name in BOOKS
        for path in sorted(write_vectors.home(name).glob(f"{kind}_*.json"))
    ]


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", BOOKS)
def test_most_vectors_must_fail(name: str) -> None:
    found = {path.stem for path in write_vectors.home(name).glob("*.json")} - OTHERS
    broken = {stem for stem in found if stem.startswith("broken_")}
    assert found - broken == set(BOOKS[name].RUNS)
    assert broken == {f"broken_{title}" for title in BOOKS[name].BROKEN}
    assert len(broken) > 3 * len(found - broken) > 0


@pytest.mark.parametrize(("name", "path"), files("run"))
def test_a_run_sends_what_the_vector_says(name: str, path: Path) -> None:
    book, vector = BOOKS[name], read(path)
    roles = book.roles_of(vector)
    frames = write_vectors.play(book, vector, roles)
    assert [[f.sender, f.recipient, hashlib.sha256(f.data).hexdigest()] for f in frames] == vector["frames"]
    assert json.loads(json.dumps({role.name: book.learned(role) for role in roles})) == vector["results"]
    assert {role.bound.hex() for role in roles} == {vector["bound"]}


@pytest.mark.parametrize(("name", "path"), files("broken"))
def test_a_broken_run_stops_where_the_vector_says(name: str, path: Path) -> None:
    book, vector = BOOKS[name], read(path)
    roles = book.roles_of(vector)
    error = vector["error"]
    with pytest.raises((PeerError, RefusedError)) as caught:
        write_vectors.play(book, vector, roles)
    assert [role.name for role in roles if role.state == "failed"] == [error["party"]]
    if error.get("refused"):
        assert isinstance(caught.value, RefusedError)
    else:
        assert isinstance(caught.value, PeerError)
        assert (caught.value.step, caught.value.check) == (error["step"], error["check"])
    assert all(book.learned(role) is None for role in roles if role.state == "failed")
