"""A session that one process leaves is gone on with by another; a list is exchanged for one prepared anew."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from protocols.errors import MisuseError, PeerError
from protocols.oprf_hit import Asker, Holder, key_pair, prepared
from protocols.role import Frame
from tests.protocols.runs import seed_of

QUERIES = ((b"person 3", b"nobody"), (b"nobody",), (b"person 12",))


def passed(roles: list[Any], frames: list[Frame]) -> list[bytes]:
    """Deliver frames until none is left."""
    at, sent = {role.name: role for role in roles}, list(frames)
    for frame in sent:
        sent.extend(at[frame.recipient].receive(frame.sender, frame.data))
    return [frame.data for frame in sent]


def begun(cases: ModuleType) -> list[Any]:
    roles = cases.session(seed_of, asked=[], stay=True)["make"]()
    passed(roles, [frame for role in roles for frame in role.begin()])
    return roles


def taken_up(cases: ModuleType, asker: Asker) -> Asker:
    """Another process's role, from what the first one kept."""
    other = cases.session(seed_of, asked=[], stay=True)["make"]()[0]
    other.go_on(asker.kept())
    return other


def test_a_session_that_is_gone_on_with_sends_byte_for_byte_what_it_would_have_sent(
    cases: ModuleType,
) -> None:
    asker, holder = begun(cases)
    other, second = begun(cases)
    for keys in QUERIES:
        whole = passed([asker, holder], asker.ask(cases.query(*keys)))
        other = taken_up(cases, other)
        assert passed([other, second], other.ask(cases.query(*keys))) == whole
        assert other.answers[-1] == asker.answers[-1]
    passed([other, second], other.close())
    assert second.finished


def test_updates_are_kept(cases: ModuleType) -> None:
    asker, holder = begun(cases)
    passed([asker, holder], holder.update(add=[b"newcomer"], remove=[b"person 3"]))
    other = taken_up(cases, asker)
    passed([other, holder], holder.update(add=[b"another"]))
    for key, hit in ((b"newcomer", True), (b"person 3", False), (b"another", True)):
        passed([other, holder], other.ask(cases.query(key)))
        assert other.answers[-1] == (hit,)


def test_a_session_is_not_kept_while_a_query_is_under_way_nor_gone_on_with_twice(cases: ModuleType) -> None:
    asker, holder = begun(cases)
    kept = asker.kept()
    frames = asker.ask(cases.query(b"person 1"))
    with pytest.raises(MisuseError, match="between queries"):
        asker.kept()
    with pytest.raises(MisuseError, match="begins or goes on once"):
        asker.go_on(kept)
    passed([asker, holder], frames)
    old = cases.session(seed_of, asked=[], stay=True)["make"]()[0]
    old.go_on(kept)  # what was kept before that query: the holder has heard that number
    with pytest.raises(PeerError) as caught:
        passed([old, holder], old.ask(cases.query(b"person 2")))
    assert caught.value.check == "W6"


def test_a_list_prepared_anew_takes_the_place_of_the_old_one(cases: ModuleType) -> None:
    asker, holder = begun(cases)
    secret = key_pair(cases.SEED, b"test", True)[0]
    passed([asker, holder], holder.exchange(prepared([b"person 1", b"newcomer"], secret)))
    for key, hit in ((b"person 1", True), (b"newcomer", True), (b"person 2", False)):
        passed([asker, holder], asker.ask(cases.query(key)))
        assert asker.answers[-1] == (hit,)


def test_a_list_under_another_secret_or_before_queries_is_not_taken(cases: ModuleType) -> None:
    asker, holder = begun(cases)
    stranger = prepared([b"person 1"], key_pair(bytes(32), b"test", True)[0])
    fresh: Holder = cases.session(seed_of, asked=[])["make"]()[1]
    for role, watchlist in ((holder, stranger), (fresh, holder.watchlist)):
        with pytest.raises(MisuseError, match="a list is exchanged while queries are answered"):
            role.exchange(watchlist)
    passed([asker, holder], asker.ask(cases.query(b"person 1")))
    assert asker.answers == [(True,)]
