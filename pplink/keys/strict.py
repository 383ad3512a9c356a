"""Strict: JSON values into frozen structs. What does not fit is named by its JSON path, never by value.

Modules of those that every command reads do without `from __future__ import annotations`: msgspec would have to compile
each annotation, which took 4 of the 6 ms of an agreement's first reading.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from typing import TypeVar

import msgspec

from pplink.canonical import Json, MalformedError, step

T = TypeVar("T")

_AT = re.compile(r"(?P<problem>.*) - at `(?P<path>\$[^`]*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<key>.*)`", re.DOTALL)
_LEARNT: set[type] = set()
_LEARNING = threading.Lock()


def read_strict(value: Json, kind: type[T], root: str = "$") -> T:
    """`value` as a `kind`; nothing is coerced, unknown keys and wrong types are refused.

    root: the path of `value` in its document. Raises MalformedError, `$.fields[2].weight: expected ...`.
    A reader that lets `"threshold": "0.8"` or `"treshold"` pass makes two parties act on different terms.
    """
    _learn(kind)
    try:
        return msgspec.convert(value, type=kind, strict=True)
    except msgspec.ValidationError as error:
        raise MalformedError(_explain(str(error), root)) from None


def _learn(kind: type) -> None:
    """Have msgspec look at a type, one thread at a time: it shows others what it has of one before that is whole, and
    they then read through a null pointer (as of msgspec 0.22)."""
    if kind not in _LEARNT:
        with _LEARNING:
            with suppress(msgspec.ValidationError):
                msgspec.convert(None, type=kind)
            _LEARNT.add(kind)


def _explain(message: str, root: str) -> str:
    match = _AT.fullmatch(message)
    problem = match["problem"] if match else message
    path = root + match["path"][1:] if match else root
    if unknown := _UNKNOWN.fullmatch(problem):
        return f"{path}{step(unknown['key'])}: unknown key"
    if missing := _MISSING.fullmatch(problem):
        return f"{path}{step(missing['key'])}: missing"
    if problem.startswith("Invalid enum value"):
        return f"{path}: not one of the values allowed here"
    return f"{path}: {problem[:1].lower()}{problem[1:]}"
