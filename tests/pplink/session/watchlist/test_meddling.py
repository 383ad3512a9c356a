"""Meddling with queries: what was changed, repeated or never agreed ends a session, or serves nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pplink.audit.folder import LOG
from pplink.errors import AgreementError, IntegrityError, PeerError, UsageError
from pplink.session.watchlist.asker import Session
from pplink.session.watchlist.parts import joined, split

ANNA = ("ab 1234", None, None, None)


def _flipped(body, at):
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


@pytest.mark.parametrize(
    "spoil",
    {
        "nothing": lambda body: b"",
        "a length that lies": lambda body: b"\xff\xff\xff\xff" + body[4:],
        "cut": lambda body: body[:-1],
        "a bit of the proof": lambda body: _flipped(body, 300),
        "a bit of the letter": lambda body: _flipped(body, -5),
        "no proof": lambda body: joined(split(body, "us", 2)[1:]),
        "two letters": lambda body: joined([split(body, "us", 2)[1]] * 2),
        "a part too many": lambda body: body + joined([b"x"]),
    }.items(),
    ids=lambda each: each[0],
)
def test_a_query_that_was_changed_ends_the_session(failure, scene, spoil):
    session = scene.session()
    scene.ask(session, *ANNA)
    session._channel.change = lambda way, data: spoil[1](data) if way == "there" else data
    with pytest.raises((IntegrityError, PeerError)):
        scene.ask(session, *ANNA)
    session._channel.change = lambda way, data: data
    with pytest.raises(UsageError, match="this session is over"):
        scene.ask(session, *ANNA)
    with pytest.raises((UsageError, PeerError), match=r"no such session|sent nothing"):
        scene.desk.take(session.name, b"")
    assert failure(scene) is None


@pytest.mark.parametrize("body", [b"", b"\xff" * 9, joined([b"x"]), joined([b"x" * 100] * 2)])
def test_what_a_stranger_sends_into_a_session_ends_it_for_nobody(failure, scene, body):
    session = scene.session()
    with pytest.raises((IntegrityError, PeerError)):
        scene.desk.take(session.name, body)
    assert scene.ask(session, *ANNA) == ["document"]
    assert failure(scene) is None


def test_no_query_is_answered_after_the_agreement_nor_after_its_session(failure, scene):
    session, other = scene.session(), scene.session("west")
    scene.at += timedelta(days=31)
    with pytest.raises(AgreementError, match="not in force any more"):
        scene.ask(session, *ANNA)
    scene.at -= timedelta(days=31)
    clerk = scene.desk._clerks[other.name]
    scene.desk._end(other.name, "replaced")
    scene.desk._clerks["another"] = clerk  # a request that was under way when its session was ended
    other._channel.desk = type("Under", (), {"take": lambda _, __, body: clerk.take(body)[0]})()
    with pytest.raises(UsageError, match="no such session"):
        scene.ask(other, *ANNA)
    assert failure(scene) is None


def test_a_purpose_serves_no_other_query_and_no_other_session(scene):
    first, second = scene.session(), scene.session()
    scene.ask(first, *ANNA)
    proof = split(first._channel.bodies[-1][1], "us", 2)[0]
    second._channel.change = lambda way, data: (
        joined([proof, split(data, "us", 2)[1]]) if way == "there" else data
    )
    with pytest.raises(IntegrityError, match="stated a purpose for another query"):
        scene.ask(second, *ANNA)


def test_another_unit_cannot_ask_in_a_session_that_is_not_its_own(scene, rings):
    south = scene.session("south")
    west = scene.session("west")
    west.name = south.name
    with pytest.raises(IntegrityError, match="is not signed by south"):
        scene.ask(west, *ANNA)


def test_yesterday_s_opening_opens_nothing(scene):
    session = scene.session()
    opening = session._channel.bodies[0][1]
    log = (scene.record / LOG).read_bytes()
    assert scene.desk.open(opening) == scene.desk.open(
        opening
    )  # the reply that it had, as its answer may be lost
    assert (scene.record / LOG).read_bytes() == log
    assert scene.ask(session, *ANNA)
    scene.later(hours=1)
    with pytest.raises(IntegrityError, match="at another time than now"):
        scene.desk.open(opening)


@pytest.mark.parametrize("unit", ["hub", "north", "officer"])
def test_only_units_that_may_ask_can(scene, rings, unit):
    with pytest.raises(AgreementError, match="is not one that may ask"):
        Session(scene.agreement, rings[unit], scene.direct())
    south = Session(scene.agreement, rings["south"], scene.direct(), now=scene.now)
    south._ring = rings[unit]
    with pytest.raises(IntegrityError, match=r"may not open a session|no opening by a party"):
        south.begin(None)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff", b"x" * 70000])
def test_an_opening_that_is_none_is_refused(scene, body):
    with pytest.raises(IntegrityError):
        scene.desk.open(body)


@pytest.mark.parametrize("way", ["an answer cut", "an answer's bit", "another's head", "no head"])
def test_an_answer_that_was_changed_is_not_believed(scene, way):
    session = scene.session()

    def change(direction, data):
        if direction == "there":
            return data
        head, *letters = split(data, "us", 9)
        if way == "an answer cut":
            return data[:-1]
        if way == "an answer's bit":
            return joined([head, _flipped(letters[0], -9)])
        return joined([b"" if way == "no head" else head.replace(b"north", b"south"), *letters])

    session._channel.change = change
    with pytest.raises((IntegrityError, PeerError)):
        scene.ask(session, *ANNA)
