"""A holder's list and desk, and those who ask, in one process: real keys, no network."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from pplink.audit.verification import verify
from pplink.errors import UsageError
from pplink.session.watchlist import asking, lists
from pplink.session.watchlist.asker import Session
from pplink.session.watchlist.channel import NoSessionError
from pplink.session.watchlist.desk import Desk
from pplink.session.watchlist.limits import Limits
from pplink.session.watchlist.register import opened

HEADER = ["record_id", "document", "phone", "name", "birth_date"]
PEOPLE = [
    ["n1", "AB1234;CD5678", None, "Anna Berg", "1980-04-03"],
    ["n2", "EF9999", "+46701234567", "Jan Maria Nowak", "1970"],
    ["n3", "AB1234", None, "Olga Holm", "1999-01-02"],
]


def frame(*rows):
    return pd.DataFrame(list(rows), columns=HEADER)


class Direct:
    """A channel without a network; `change` may do something to what goes by."""

    def __init__(self, desk, change=lambda way, data: data):
        self.desk, self.change, self.bodies = desk, change, []

    def post(self, session, body, limit):
        body = self.change("there", body)
        self.bodies.append((session, body))
        try:
            reply = self.desk.open(body) if session is None else self.desk.take(session, body)
        except UsageError as error:
            raise NoSessionError(error.message) from None
        return self.change("back", reply)


class Scene:
    """A list, its desk, and units that ask."""

    people = PEOPLE
    frame = staticmethod(frame)

    def __init__(self, rings, agreement, folder, stack, **limits):
        self.rings, self.agreement, self.folder, self.stack = rings, agreement, folder / "list", stack
        for ring in rings.values():  # rings are of all tests, and what an asker keeps is of this one
            shutil.rmtree(ring.home / "watchlists", ignore_errors=True)
        self.at = datetime.now(UTC)
        self.limits = limits
        lists.build(self.folder, frame(*PEOPLE), agreement, rings["north"], now=self.at)
        self.serve()

    def direct(self):
        return Direct(self.desk)

    def now(self):
        return self.at

    def serve(self):
        stored = lists.load(self.folder)
        self.register = self.stack.enter_context(opened(self.folder, self.agreement, self.rings["north"]))
        daily = self.limits.get("daily", self.agreement.terms.watchlist.daily)
        limits = Limits(daily, self.limits.get("per_minute", 1000), self.limits.get("bases", ()))
        self.desk = Desk(stored, self.register, self.rings["north"], limits, now=self.now)

    def session(self, unit="south", *, pinned=None, change=lambda way, data: data):
        session = Session(self.agreement, self.rings[unit], Direct(self.desk, change), now=self.now)
        session.begin(pinned)
        return session

    def ask(self, session, *row, case="2026/1", basis="Art. 9"):
        person = asking.persons(frame(["1", *row]), self.agreement)[0]
        hits = session.ask(person.keys, case, basis)
        return sorted({name for name, hit in zip(person.names, hits, strict=True) if hit})

    def later(self, **more):
        self.at += timedelta(**more)

    @property
    def record(self):
        return self.folder / "record"


@pytest.fixture
def agreed(signed_agreement):
    def make(**exact):
        parties = ("north", "south", "west", "hub", "officer")
        terms = {"holder": "north", "step": 16, "capacity": 64, "asked": 16}
        return signed_agreement("watchlist", parties=parties, exact=terms | exact)

    return make


@pytest.fixture
def make_scene(rings, agreed, tmp_path):
    with ExitStack() as stack:
        yield lambda exact=None, **limits: Scene(rings, agreed(**(exact or {})), tmp_path, stack, **limits)


@pytest.fixture
def scene(make_scene):
    return make_scene()


@pytest.fixture(scope="session")
def failure() -> Callable[[Scene], Any]:
    """failure(scene): the first thing wrong with the list's record, or None."""
    return lambda scene: verify(scene.record, agreement_id=scene.agreement.id).first_failure
