from __future__ import annotations

import subprocess
import sys
from typing import Annotated, Any, Literal

import msgspec
import pytest

from pplink.canonical import MalformedError
from pplink.keys.strict import read_strict


class Inner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    weight: Annotated[float, msgspec.Meta(gt=0)]
    kind: Literal["a", "b"]


class Outer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    fields: tuple[Inner, ...]
    name: str


GOOD: dict[str, Any] = {"fields": [{"weight": 1, "kind": "a"}], "name": "x"}


def test_what_fits_is_read() -> None:
    assert read_strict(GOOD, Outer).fields[0].weight == 1.0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "$: expected `object`, got `array`"),
        (None, "$: expected `object`, got `null`"),
        ({"name": "x"}, "$.fields: missing"),
        ({**GOOD, "nmae": "x"}, "$.nmae: unknown key"),
        ({**GOOD, "name": 5}, "$.name: expected `str`, got `int`"),
        ({**GOOD, "fields": {}}, "$.fields: expected `array`, got `object`"),
        (
            {**GOOD, "fields": [{"weight": "1", "kind": "a"}]},
            "$.fields[0].weight: expected `float`, got `str`",
        ),
        (
            {**GOOD, "fields": [{"weight": True, "kind": "a"}]},
            "$.fields[0].weight: expected `float`, got `bool`",
        ),
        ({**GOOD, "fields": [{"weight": 0, "kind": "a"}]}, "$.fields[0].weight: expected `float` > 0.0"),
        ({**GOOD, "fields": [{"weight": 10**400, "kind": "a"}]}, "$.fields[0].weight: number out of range"),
        ({**GOOD, "fields": [GOOD["fields"][0], {"weight": 1}]}, "$.fields[1].kind: missing"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(value: Any, said: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read_strict(value, Outer)
    assert str(caught.value) == said


def test_a_path_starts_at_the_root_it_is_given() -> None:
    with pytest.raises(MalformedError, match=r"^\$\.terms\.name: missing$"):
        read_strict({"fields": []}, Outer, "$.terms")


@pytest.mark.parametrize(
    "value",
    [
        {**GOOD, "fields": [{"weight": 1, "kind": "Ada Lovelace"}]},
        {**GOOD, "Ada Lovelace": 1},
        {**GOOD, "x` - at `Ada Lovelace": 1},
        {**GOOD, "fields": ["Ada Lovelace"]},
        {**GOOD, "fields": "Ada Lovelace"},
    ],
)
def test_no_value_and_no_odd_key_is_repeated(value: Any) -> None:
    with pytest.raises(MalformedError) as caught:
        read_strict(value, Outer)
    assert "Ada" not in str(caught.value)
    assert caught.value.__cause__ is None


FIRST_READ_BY_TWO = """
from __future__ import annotations
import threading, time
import msgspec
from pplink.keys.strict import read_strict

def slowly() -> type:
    time.sleep(0.2)  # the interpreter lock goes to the other thread
    return int

class Inner(msgspec.Struct, kw_only=True):
    weight: slowly()

class Outer(msgspec.Struct, kw_only=True):
    name: str
    inner: Inner

def read():
    read_strict({"name": "x", "inner": {"weight": 1}}, Outer)
    print("read ", end="")

threads = [threading.Thread(target=read) for _ in range(2)]
threads[0].start(); time.sleep(0.05); threads[1].start()
for thread in threads:
    thread.join()
"""


def test_two_threads_that_read_a_kind_for_the_first_time_do_not_end_the_process() -> None:
    """msgspec shows a type to other threads before it has all of it: a unit that met two others died so."""
    ended = subprocess.run(
        [sys.executable, "-c", FIRST_READ_BY_TWO], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout.split()) == (0, ["read", "read"])
