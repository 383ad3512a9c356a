"""Writes protocols/NAME/vectors/*.json: `python -m tests.protocols.write_vectors NAME ...`, in the root.

What a protocol's vectors hold stands in tests/protocols/NAME/vectors.py: INPUTS, RUNS, BROKEN, MESSAGES, roles_of,
learned, and `edit` where a change is like no other protocol's. What each broken vector must give is written there
by hand, from SPEC.md; test_vectors.py then asks the roles.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import protocols
from protocols.errors import PeerError, RefusedError
from protocols.loopback import run
from protocols.role import Frame
from tests.protocols.frames import flip, follow, message_of, overwrite, resealed

ORDER = ("set", "xor", "copy", "mirror", "invent", "cut", "more")
"""Changes to one frame, in the order in which they are made; then it gets a fitting length and tag. set, xor: bytes at
a place. copy: from, to, how many. mirror: a place for the recipient's own nonce. invent: another message's number and
how many zero bytes it has. cut, more: bytes taken from the end or added. again: a second one follows, with the next
sequence; next: and with the next block."""


def home(name: str) -> Path:
    """Where a protocol's vectors lie."""
    return Path(protocols.__file__).parent / name / "vectors"


def book_of(name: str) -> ModuleType:
    """What a protocol's vectors hold."""
    return import_module(f"tests.protocols.{name}.vectors")


def play(book: ModuleType, vector: Mapping[str, Any], roles: list[Any]) -> list[Frame]:
    """The frames of a run, in the order in which they are sent; of a changed one, as it was before."""
    numbers, change = iter(range(10**9)), vector.get("change")

    def network(frame: Frame) -> Iterable[Frame]:
        if change is None or next(numbers) != change["frame"]:
            return (frame,)
        return changed(book, frame, change, bytes.fromhex(vector["bound"]), roles)

    return run(roles, network=network)


def changed(
    book: ModuleType, frame: Frame, change: Mapping[str, Any], bound: bytes, roles: list[Any]
) -> list[Frame]:
    """The frames that take a frame's place."""
    body = bytearray(frame.data[:-16])
    for what in ORDER:
        if what in change:
            _CHANGES[what](body, change[what], frame, roles)
    if hasattr(book, "edit"):
        book.edit(body, change, frame, roles)
    frames = [_sealed(book, frame, body, bound)]
    if change.get("again") or change.get("next"):
        body[64] += bool(change.get("next"))
        follow(body)
        frames.append(_sealed(book, frame, body, bound))
    return frames


def _set(body: bytearray, places: Any, *_: Any) -> None:
    overwrite(body, places)


def _xor(body: bytearray, places: Any, *_: Any) -> None:
    flip(body, places)


def _copy(body: bytearray, what: Any, *_: Any) -> None:
    source, target, size = what
    body[target : target + size] = body[source : source + size]


def _mirror(body: bytearray, place: int, frame: Frame, roles: list[Any]) -> None:
    body[place : place + 32] = next(role for role in roles if role.name == frame.recipient)._nonce


def _invent(body: bytearray, what: Any, *_: Any) -> None:
    body[46], body[64:] = what[0], bytes(what[1])


def _cut(body: bytearray, size: int, *_: Any) -> None:
    del body[len(body) - size :]


def _more(body: bytearray, size: int, *_: Any) -> None:
    body += bytes(size)


_CHANGES: dict[str, Any] = {
    "set": _set,
    "xor": _xor,
    "copy": _copy,
    "mirror": _mirror,
    "invent": _invent,
    "cut": _cut,
    "more": _more,
}


def _sealed(book: ModuleType, frame: Frame, body: bytearray, bound: bytes) -> Frame:
    kind = book.MESSAGES.get(message_of(body))
    return resealed(frame, body, bound if kind is None or kind.BOUND else b"")


def merged(inputs: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs, some of them others; of parameters, only those that are named."""
    parameters = inputs["parameters"] | other.get("parameters", {})
    return {**inputs, **other, "parameters": parameters}


def write(name: str) -> None:
    """One protocol's vectors."""
    book = book_of(name)
    for title, options in book.RUNS.items():
        vector = merged(book.INPUTS, options)
        roles = book.roles_of(vector)
        sent = [
            [f.sender, f.recipient, hashlib.sha256(f.data).hexdigest()] for f in play(book, vector, roles)
        ]
        results = {role.name: book.learned(role) for role in roles}
        found = {"bound": roles[0].bound.hex(), "frames": sent, "results": results}
        _write(name, title, vector | found)
    for title, case in book.BROKEN.items():
        vector = merged(book.INPUTS, case.get("inputs", {}))
        roles = book.roles_of(vector)
        try:
            play(book, vector, roles)
        except (PeerError, RefusedError):
            assert "change" not in case
        told = {key: value for key, value in case.items() if key != "inputs"}
        _write(name, f"broken_{title}", vector | {"bound": roles[0].bound.hex()} | told)


def _write(name: str, title: str, vector: Mapping[str, Any]) -> None:
    home(name).mkdir(exist_ok=True)
    text = json.dumps(vector, indent=1) + "\n"
    home(name).joinpath(f"{title}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for each in sys.argv[1:]:
        write(each)
