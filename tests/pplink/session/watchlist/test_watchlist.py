"""Queries against a list: what comes of them, what stands in the log, and what ends a session."""

from __future__ import annotations

import pytest

from pplink.audit.log import Log
from pplink.errors import IntegrityError, RefusedError, UsageError
from pplink.session.watchlist import asking, lists
from pplink.session.watchlist.channel import NoSessionError
from pplink.session.watchlist.memory import opened as shelved

ANNA = ("ab 1234", None, None, None)


@pytest.mark.parametrize(
    ("row", "keys"),
    [
        (("ab-1234", None, None, None), ["document"]),
        (("CD5678", None, "Berg, Anna Lena", "1980-03-04"), ["document", "name:pairs+birth_date:tolerant"]),
        ((None, "0046 70 123 45 67", None, None), ["phone"]),
        ((None, None, "NOWAK Jan", "1970-05-06"), ["name:pairs+birth_date:tolerant"]),
        ((None, None, "Anna Berg", "1981-04-03"), ["name:pairs+birth_date:tolerant"]),
        ((None, None, "Anna Berg", "1980"), ["name:pairs+birth_date:tolerant"]),
        ((None, None, "Anna Berg", "1983-04-03"), []),
        ((None, None, "Anna Holm", "1980-04-03"), []),
        (("ZZ8888", None, "Nobody Atall", "1980-04-03"), []),
    ],
)
def test_a_person_is_on_the_list_by_any_of_its_keys_or_is_not(scene, row, keys):
    assert scene.ask(scene.session(), *row) == keys


def test_the_log_verifies_and_holds_a_signed_purpose_of_each_query_and_nothing_personal(failure, scene):
    south, west = scene.session("south"), scene.session("west")
    for n in range(3):
        scene.ask(south, *ANNA, case=f"2026/{n}")
    scene.ask(west, None, None, "Olga Holm", "1999-01-02", basis="Art. 10")
    scene.desk.close()
    assert failure(scene) is None
    data = (scene.record / "log.jsonl").read_bytes()
    queries = [each for each in Log.from_bytes(data).entries() if each.body.get("type") == "query"]
    told = [
        (each.signer, each.body["case"], each.body["legal_basis"], each.body["number"]) for each in queries
    ]
    assert told == [
        ("south", "2026/0", "Art. 9", 0), ("south", "2026/1", "Art. 9", 1), ("south", "2026/2", "Art. 9", 2),
        ("west", "2026/1", "Art. 10", 0),
    ]  # fmt: skip
    assert len({each.body["digest"] for each in queries}) == 4
    for value in (b"AB1234", b"ab1234", b"olga holm", b"Olga Holm", b"1999-01", b'"hit'):
        assert value not in data


def test_an_asker_has_the_log_s_head_for_each_answer(scene):
    session = scene.session()
    heads = []
    for _ in range(2):
        scene.ask(session, *ANNA)
        heads.append(int(session.checkpoint.split(b"\n")[1]))
    assert heads == [6 + 1, 6 + 2]  # three signatures, a list, an opening, an acceptance


def test_a_list_changes_in_place_while_sessions_go_on(failure, scene, rings):
    session = scene.session()
    assert scene.ask(session, *ANNA) == ["document"]
    more = scene.frame(["n4", "ZZ1111", None, None, None], ["n2", "NEW777", None, None, None])
    made = lists.update(scene.folder, rings["north"], add=more, remove=["n1"], now=scene.at)
    assert (made.version, made.records) == (2, 3)
    scene.desk.exchange(lists.load(scene.folder))
    assert scene.ask(session, "CD5678", None, None, None) == []
    assert scene.ask(session, *ANNA) == ["document"]  # another person on the list has that document too
    assert scene.ask(session, "ZZ1111", None, None, None) == ["document"]
    assert scene.ask(session, "EF9999", None, None, None) == []
    assert scene.ask(session, "NEW777", None, None, None) == ["document"]
    assert failure(scene) is None


def test_a_session_goes_on_in_a_later_command_and_serves_once(failure, scene, rings):
    with shelved(rings["south"], scene.agreement) as shelf:
        person = asking.persons(scene.frame(["1", *ANNA]), scene.agreement)
        for expected in (1, 2, 3):
            channel = scene.direct()
            replies = list(
                asking.ask(person, shelf, scene.agreement, rings["south"], channel, case="c", basis="b")
            )
            assert replies[0].keys == ("document",)
            assert [session is None for session, _ in channel.bodies].count(True) == (expected == 1)
        first, second = shelf.take(), shelf.take()
        assert first is not None
        assert second is None
    assert failure(scene) is None


def test_when_the_holder_began_anew_another_session_is_opened(failure, scene, rings):
    with shelved(rings["west"], scene.agreement) as shelf:
        person = asking.persons(scene.frame(["1", *ANNA]), scene.agreement)

        def ask():
            channel = scene.direct()
            return list(
                asking.ask(person, shelf, scene.agreement, rings["west"], channel, case="c", basis="b")
            )

        ask()
        scene.desk.close()
        assert ask()[0].keys == ("document",)
        assert failure(scene) is None


def test_a_list_built_anew_has_another_key_which_nobody_takes_unasked(make_scene, rings):
    scene = make_scene()
    key = scene.session().public_key
    scene.session(pinned=key)
    with pytest.raises(IntegrityError, match="answers with another key than before"):
        scene.session(pinned=bytes(32))


@pytest.mark.parametrize(
    ("limits", "exact", "said"),
    [
        ({}, {"daily": 2}, "more queries than agreed for a day"),
        ({"per_minute": 2}, {}, "more queries than it takes in a minute"),
    ],
)
def test_queries_beyond_a_limit_are_refused_and_the_log_says_so(failure, make_scene, limits, exact, said):
    scene = make_scene(exact, **limits)
    session = scene.session()
    for _ in range(2):
        scene.ask(session, *ANNA)
    with pytest.raises(RefusedError, match=said):
        scene.ask(session, *ANNA)
    with pytest.raises(NoSessionError):
        scene.direct().post(session.name, b"", 0)
    with pytest.raises(RefusedError, match=said):
        scene.ask(scene.session(), *ANNA)  # a new session has no new quota
    assert failure(scene) is None
    assert (scene.record / "log.jsonl").read_bytes().count(b"query-refused") == 2
    assert scene.ask(scene.session("west"), *ANNA) == ["document"]


def test_a_quota_outlives_a_restart(failure, make_scene, rings):
    scene = make_scene({"daily": 1})
    scene.ask(scene.session(), *ANNA)
    scene.stack.pop_all().close()
    scene.serve()
    with pytest.raises(RefusedError, match="agreed for a day"):
        scene.ask(scene.session(), *ANNA)
    assert failure(scene) is None
    scene.later(days=1)
    assert scene.ask(scene.session(), *ANNA) == ["document"]


def test_a_holder_may_answer_for_some_legal_bases_alone(failure, make_scene):
    scene = make_scene(bases=("Art. 9",))
    assert scene.ask(scene.session(), *ANNA) == ["document"]
    with pytest.raises(RefusedError, match="not on this legal basis"):
        scene.ask(scene.session(), *ANNA, basis="Art. 1")
    assert failure(scene) is None


@pytest.mark.parametrize(
    ("case", "basis"), [("", "Art. 9"), ("2026/1", ""), ("x" * 65, "a"), ("a\nb", "a"), ("a", "b" * 193)]
)
def test_a_query_without_a_proper_purpose_is_not_sent(scene, case, basis):
    session = scene.session()
    with pytest.raises(UsageError, match="is printable text"):
        scene.ask(session, *ANNA, case=case, basis=basis)


def test_a_person_with_more_keys_than_a_query_has_takes_several_queries(scene, rings):
    many = ";".join([f"DOC{n:04}" for n in range(1, 41)] + ["AB1234"])
    with shelved(rings["south"], scene.agreement) as shelf:
        shelf.keep(None)
        persons = asking.persons(scene.frame(["1", many, None, None, None]), scene.agreement)
        replies = list(
            asking.ask(persons, shelf, scene.agreement, rings["south"], scene.direct(), case="c", basis="b")
        )
    assert replies[0].keys == ("document",)
    assert (scene.record / "log.jsonl").read_bytes().count(b'"type":"query"') == 3


def test_the_same_request_again_does_nothing_more_and_has_the_same_reply(scene):
    session = scene.session()
    scene.ask(session, *ANNA)
    channel = session._channel
    name, body = channel.bodies[-1]
    lines = (scene.record / "log.jsonl").read_bytes()
    assert scene.desk.take(name, body) == scene.desk.take(name, body)
    assert (scene.record / "log.jsonl").read_bytes() == lines
