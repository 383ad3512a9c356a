"""Queries against a list: what comes of them, what stands in the log, and what ends a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pplink import canonical
from pplink.audit.log import Log
from pplink.audit.verification import verify
from pplink.errors import AgreementError, DataError, IntegrityError, PeerError, RefusedError, UsageError
from pplink.session.watchlist import asking, lists
from pplink.session.watchlist.asker import Session
from pplink.session.watchlist.channel import NoSessionError
from pplink.session.watchlist.memory import opened as shelved
from pplink.session.watchlist.parts import joined, split
from pplink.session.watchlist.register import opened

ANNA = ("ab 1234", None, None, None)


def failure(scene):
    return verify(scene.record, agreement_id=scene.agreement.id).first_failure


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
        (("ZZ0000", None, "Nobody Atall", "1980-04-03"), []),
    ],
)
def test_a_person_is_on_the_list_by_any_of_its_keys_or_is_not(scene, row, keys):
    assert scene.ask(scene.session(), *row) == keys


def test_the_log_verifies_and_holds_a_signed_purpose_of_each_query_and_nothing_personal(scene):
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


def test_a_list_changes_in_place_while_sessions_go_on(scene, rings):
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


def test_a_session_goes_on_in_a_later_command_and_serves_once(scene, rings):
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


def test_when_the_holder_began_anew_another_session_is_opened(scene, rings):
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
def test_queries_beyond_a_limit_are_refused_and_the_log_says_so(make_scene, limits, exact, said):
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


def test_a_quota_outlives_a_restart(make_scene, rings):
    scene = make_scene({"daily": 1})
    scene.ask(scene.session(), *ANNA)
    scene.stack.pop_all().close()
    scene.serve()
    with pytest.raises(RefusedError, match="agreed for a day"):
        scene.ask(scene.session(), *ANNA)
    assert failure(scene) is None
    scene.later(days=1)
    assert scene.ask(scene.session(), *ANNA) == ["document"]


def test_a_holder_may_answer_for_some_legal_bases_alone(make_scene):
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
    many = ";".join([f"DOC{n:04}" for n in range(40)] + ["AB1234"])
    with shelved(rings["south"], scene.agreement) as shelf:
        shelf.keep(None, b"")
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
def test_a_query_that_was_changed_ends_the_session(scene, spoil):
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
def test_what_a_stranger_sends_into_a_session_ends_it_for_nobody(scene, body):
    session = scene.session()
    with pytest.raises((IntegrityError, PeerError)):
        scene.desk.take(session.name, body)
    assert scene.ask(session, *ANNA) == ["document"]
    assert failure(scene) is None


def test_no_query_is_answered_after_the_agreement_nor_after_its_session(scene):
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
    with pytest.raises(IntegrityError, match="opened this session before"):
        scene.desk.open(opening)
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


def test_a_unit_has_no_more_than_a_few_sessions(scene):
    sessions = [scene.session() for _ in range(5)]
    with pytest.raises(NoSessionError):
        scene.ask(sessions[0], *ANNA)
    assert scene.ask(sessions[1], *ANNA) == ["document"]
    assert failure(scene) is None


def test_a_full_log_is_followed_by_another_that_names_it(scene, monkeypatch):
    from pplink.session.watchlist import register

    scene.ask(scene.session(), *ANNA)
    monkeypatch.setattr(register, "FULL", 10)
    session = scene.session("west")
    monkeypatch.setattr(register, "FULL", 1 << 20)
    scene.ask(session, *ANNA)
    for place in (scene.folder / "record-1", scene.record):
        assert verify(place, agreement_id=scene.agreement.id).first_failure is None
    old = Log.from_bytes((scene.folder / "record-1" / "log.jsonl").read_bytes())
    assert old.root.hex().encode() in (scene.record / "log.jsonl").read_bytes()


def test_a_quota_outlives_a_new_log_and_a_restart(make_scene, monkeypatch):
    from pplink.session.watchlist import register

    scene = make_scene({"daily": 1})
    scene.ask(scene.session(), *ANNA)
    monkeypatch.setattr(register, "FULL", 10)
    scene.session("west")
    monkeypatch.setattr(register, "FULL", 1 << 20)
    scene.stack.pop_all().close()
    scene.serve()
    with pytest.raises(RefusedError, match="agreed for a day"):
        scene.ask(scene.session(), *ANNA)
    assert failure(scene) is None


def test_a_crash_costs_half_a_line_at_most_and_a_changed_log_is_not_gone_on_with(scene, rings):
    scene.ask(scene.session(), *ANNA)
    scene.stack.pop_all().close()
    path = scene.record / "log.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])
    scene.serve()
    assert failure(scene) is None
    scene.stack.pop_all().close()
    path.write_bytes(whole.replace(b"2026/1", b"2026/2"))
    with (
        pytest.raises(IntegrityError, match="is not the log that its checkpoint fixes"),
        opened(scene.folder, scene.agreement, rings["north"]),
    ):
        pass


def test_one_process_at_a_time_serves_a_list(scene, rings):
    with (
        pytest.raises(RefusedError, match="another process serves"),
        opened(scene.folder, scene.agreement, rings["north"]),
    ):
        pass


def test_a_list_is_its_holder_s_alone(scene, rings, agreed, tmp_path):
    with pytest.raises(AgreementError, match="is not one that has the list"):
        lists.build(
            tmp_path / "other", scene.frame(*scene.people), scene.agreement, rings["south"], now=scene.at
        )
    with pytest.raises(UsageError, match="exists"):
        lists.build(scene.folder, scene.frame(*scene.people), scene.agreement, rings["north"], now=scene.at)
    with pytest.raises(DataError, match="are not on the list"):
        lists.update(scene.folder, rings["north"], remove=["n9"], now=scene.at)
    with pytest.raises(DataError, match="nobody would be left"):
        lists.update(scene.folder, rings["north"], remove=["n1", "n2", "n3"], now=scene.at)
    many = [[f"m{n}", f"DOC{n:05}", None, None, None] for n in range(65)]
    with pytest.raises(DataError, match="more than the 64 keys"):
        lists.build(tmp_path / "many", scene.frame(*many), scene.agreement, rings["north"], now=scene.at)
    scene.folder.chmod(0o755)
    with pytest.raises(RefusedError):
        lists.load(scene.folder)


def test_a_damaged_list_is_not_served(scene):
    path = next(scene.folder.glob("rows.*"))
    path.write_bytes(_flipped(path.read_bytes(), 20))
    with pytest.raises(IntegrityError, match="is damaged"):
        lists.load(scene.folder)


def test_a_handle_and_an_output_are_all_that_a_list_holds(scene):
    data = b"".join(path.read_bytes() for path in scene.folder.glob("rows.*"))
    assert not any(text in data for text in (b"Anna", b"1234", b"berg", b"1980"))
    stored = lists.load(scene.folder)
    assert repr(stored) == "Stored(version 1, 3 records)"
    assert replace(stored, version=2).records == 3
    assert canonical.exactly((scene.folder / "list.json").read_bytes())["rows"] == len(stored.rows)
