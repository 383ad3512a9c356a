from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.loopback import run
from protocols.oprf_hit import Asker, Holder, Parameters, Purpose, Query, Watchlist, key_pair, prepared
from protocols.role import Frame
from tests.protocols.runs import seed_of


def begun(cases: ModuleType, **options: Any) -> list[Any]:
    """Roles between two queries."""
    roles = cases.session(seed_of, asked=[], stay=True, **options)["make"]()
    passed(roles, [frame for role in roles for frame in role.begin()])
    return roles


def passed(roles: list[Any], frames: list[Frame]) -> int:
    """Deliver frames until none is left: how many there were."""
    at, sent = {role.name: role for role in roles}, list(frames)
    for frame in sent:
        sent.extend(at[frame.recipient].receive(frame.sender, frame.data))
    return len(sent)


@pytest.mark.parametrize("keys", [1, 2, 7])
@pytest.mark.parametrize("verifiable", [False, True])
def test_hits_are_those_of_the_list(cases: ModuleType, keys: int, verifiable: bool) -> None:
    asked = [tuple(b"person %d" % (5 * number + n) for n in range(keys)) for number in range(3)]
    case = cases.session(seed_of, asked=asked, keys=keys, verifiable=verifiable)
    asker, holder = roles = case["make"]()
    run(roles)
    assert asker.result == case["answers"]["asker"]
    assert holder.result == case["answers"]["holder"]


def test_answers_are_there_as_they_come_and_the_result_at_the_end(cases: ModuleType) -> None:
    asker, holder = roles = begun(cases)
    for number, key in enumerate((b"person 1", b"nobody"), 1):
        passed(roles, asker.ask(cases.query(key)))
        assert len(asker.answers) == len(holder.asked) == number
        assert asker.result is holder.result is None
    passed(roles, asker.close())
    assert asker.result == ((True,), (False,))
    assert asker.finished
    assert holder.finished


def test_queries_wait_for_the_answer_before_them(cases: ModuleType) -> None:
    asker, _ = roles = begun(cases)
    frames = asker.ask(cases.query(b"person 1"))
    assert asker.ask(cases.query(b"person 2")) == asker.close() == []
    assert passed(roles, frames) == 5
    assert asker.result == ((True,), (True,))


def test_the_holder_sees_the_purpose_of_each_query(cases: ModuleType) -> None:
    asker, holder = roles = begun(cases)
    purposes = [Purpose(case="1/26", basis="§ 7"), Purpose(case="é" * 32, basis="x" * 192)]
    for purpose in purposes:
        passed(roles, asker.ask(cases.query(b"k", purpose=purpose)))
    assert holder.asked == purposes


@pytest.mark.parametrize(
    ("case", "basis"),
    [
        ("", "b"),
        ("c", ""),
        ("c\n", "b"),
        ("c", "b\0"),
        ("c" * 65, "b"),
        ("é" * 33, "b"),
        ("c", "b" * 193),
        ("\t", "b"),
    ],
)
def test_a_purpose_is_printable_text_of_bounded_length(case: str, basis: str) -> None:
    with pytest.raises(MisuseError):
        Purpose(case=case, basis=basis)


def test_a_purpose_that_is_not_permitted_gets_no_answer(cases: ModuleType) -> None:
    asker, holder = roles = begun(cases, permits=lambda purpose: purpose.basis == "Art. 1")
    passed(roles, asker.ask(cases.query(b"person 1", purpose=Purpose(case="a", basis="Art. 1"))))
    with pytest.raises(RefusedError, match="purpose"):
        passed(roles, asker.ask(cases.query(b"person 2")))
    assert len(asker.answers) == 1
    assert holder.result is None


def test_an_asker_does_not_ask_more_than_agreed(cases: ModuleType) -> None:
    asker, _ = roles = begun(cases, quota=1)
    passed(roles, asker.ask(cases.query(b"person 1")))
    with pytest.raises(RefusedError, match="more queries"):
        asker.ask(cases.query(b"person 2"))
    with pytest.raises(RefusedError, match="more queries"):
        cases.session(seed_of, quota=2)["make"]()


@pytest.mark.parametrize("keys", [(), (b"1", b"2", b"3"), (bytes(65_536),)], ids=["none", "many", "long"])
def test_a_query_has_a_bounded_number_of_bounded_keys(cases: ModuleType, keys: tuple[bytes, ...]) -> None:
    asker, _ = begun(cases)
    with pytest.raises(MisuseError):
        asker.ask(cases.query(*keys))


def test_a_session_that_is_over_takes_no_more(cases: ModuleType) -> None:
    asker, holder = roles = begun(cases)
    passed(roles, asker.close())
    with pytest.raises(MisuseError):
        asker.ask(cases.query(b"person 1"))
    with pytest.raises(MisuseError):
        holder.update()
    assert asker.close() == []


def test_an_update_that_crosses_the_last_message_does_no_harm(cases: ModuleType) -> None:
    asker, holder = roles = begun(cases)
    closing = asker.close()
    late = holder.update(add=[b"late"])
    assert passed(roles, late) == 1
    passed(roles, closing)
    assert holder.finished


def test_people_come_and_go_while_the_session_lasts(cases: ModuleType) -> None:
    asker, holder = roles = begun(cases, quota=20)

    def hit(key: bytes) -> bool:
        passed(roles, asker.ask(cases.query(key)))
        return asker.answers[-1][0]

    assert not hit(b"new")
    passed(roles, holder.update(add=[b"new"]))
    assert hit(b"new")
    passed(roles, holder.update(remove=[b"new", b"person 1"]))
    assert not hit(b"new")
    assert not hit(b"person 1")
    assert hit(b"person 2")
    passed(roles, holder.update(add=[b"%d" % number for number in range(20)]))
    assert all(hit(b"%d" % number) for number in range(0, 20, 5))
    assert len(asker._numbers) == cases.SMALL["capacity"]


def test_an_update_does_not_tell_whether_somebody_came_or_went(cases: ModuleType) -> None:
    shapes = set()
    for change in (
        {"add": [b"a", b"b"]},
        {"remove": [b"person 1", b"person 2"]},
        {"add": [b"a", b"b"], "remove": [b"person 1"]},
    ):
        _, holder = begun(cases)
        (frame,) = holder.update(**change)
        shapes.add((len(frame.data), frame.data[64:80]))
    assert len(shapes) == 1


def test_a_list_that_outgrows_what_was_agreed_is_refused_and_the_session_goes_on(cases: ModuleType) -> None:
    asker, holder = roles = begun(cases)
    with pytest.raises(MisuseError, match="longer than agreed"):
        holder.update(add=[b"%d" % number for number in range(20)])
    passed(roles, asker.ask(cases.query(b"person 1")))
    assert asker.answers == [(True,)]


def test_people_whose_numbers_are_one_go_one_after_the_other(cases: ModuleType) -> None:
    """Numbers of six bits: many persons of thirty share theirs; whoever stays must stay a hit."""
    many = [b"%d" % number for number in range(30)]
    asker, holder = roles = begun(cases, entries=many, false_bits=1, keys=30, quota=40)
    left = list(many)
    for gone in many[:-1]:
        left.remove(gone)
        passed(roles, holder.update(remove=[gone]))
        passed(roles, asker.ask(cases.query(*left)))
        assert all(asker.answers[-1])
    passed(roles, holder.update(add=many, remove=many))
    passed(roles, asker.ask(cases.query(*many)))
    assert all(asker.answers[-1])
    assert len(asker._numbers) == cases.SMALL["capacity"]
    assert asker._numbers.tolist() == holder._entries.numbers.tolist()


def test_an_update_of_nothing_is_an_update(cases: ModuleType) -> None:
    asker, holder = roles = begun(cases)
    before = asker._numbers.tolist()
    passed(roles, holder.update(add=[b"person 1"], remove=[b"nobody"]))
    assert asker._numbers.tolist() == before


@pytest.mark.parametrize("verifiable", [False, True])
def test_a_list_that_does_not_fit_the_parameters_is_refused(cases: ModuleType, verifiable: bool) -> None:
    agreed = cases.parameters(verifiable)
    for watchlist in (
        prepared(cases.LIST, key_pair(cases.SEED, b"test", True)[0], not verifiable),
        *([prepared(cases.LIST, key_pair(bytes(32), b"", True)[0], True)] if verifiable else []),
        prepared([b"%d" % n for n in range(33)], key_pair(cases.SEED, b"test", verifiable)[0], verifiable),
    ):
        with pytest.raises(MisuseError):
            Holder(session=bytes(32), parameters=agreed, watchlist=watchlist, seed=bytes(32), spent=set())


@pytest.mark.parametrize(
    "wrong",
    [
        {"public_key": bytes(32)},
        {"public_key": b"\1" * 32},
        {"step": 0},
        {"step": 64},
        {"capacity": 30},
        {"capacity": 1 << 27},
        {"false_bits": 0},
        {"false_bits": 58},
        {"keys": 0},
        {"keys": 1025},
        {"quota": 0},
        {"chunk": 0},
        {"chunk": (1 << 20) + 1},
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(cases: ModuleType, wrong: dict[str, Any]) -> None:
    with pytest.raises(MisuseError):
        Parameters(**{**cases.SMALL, **wrong})


@pytest.mark.parametrize(
    "secret", [bytes(32), b"\xff" * 32, b"", bytes(31)], ids=["zero", "large", "none", "short"]
)
def test_a_secret_that_is_no_scalar_is_refused(secret: bytes) -> None:
    with pytest.raises(MisuseError):
        Watchlist(np.zeros((0, 64), np.uint8), secret, True)


def test_a_list_tells_nothing_by_its_order_or_its_print(cases: ModuleType) -> None:
    secret, _ = key_pair(cases.SEED, b"", True)
    one, other = (prepared(keys, secret) for keys in ([b"a", b"b", b"a"], [b"b", b"a"]))
    assert (one.outputs == other.outputs).all()
    assert repr(one) == "Watchlist(2 entries)"
    assert repr(cases.query(b"secret")) == "Query(1 keys)"
    with ThreadPoolExecutor(2) as pool:
        assert (prepared([b"a", b"b"], secret, True, pool.map).outputs == one.outputs).all()


def test_a_holder_that_answers_with_another_key_is_found_out(cases: ModuleType) -> None:
    asker, holder = roles = begun(cases)
    other = key_pair(bytes(32), b"other", True)[0]
    holder.watchlist = Watchlist(holder.watchlist.outputs, other, True)
    with pytest.raises(PeerError) as caught:
        passed(roles, asker.ask(cases.query(b"person 1")))
    assert caught.value.check == "C11"
    assert asker.answers == []


def test_nobody_is_hit_by_chance(cases: ModuleType) -> None:
    asker, _ = roles = begun(cases, quota=40)
    for number in range(40):
        passed(roles, asker.ask(cases.query(b"a stranger %d" % number, b"another %d" % number)))
    assert not any(map(any, asker.answers))


def test_chance_hits_are_as_rare_as_agreed(cases: ModuleType) -> None:
    asker, _ = roles = begun(
        cases, false_bits=1, keys=64, quota=8
    )  # 16 numbers of 6 bits: a quarter, not above a half
    for number in range(8):
        passed(roles, asker.ask(cases.query(*(b"a stranger %d %d" % (number, n) for n in range(64)))))
    assert 0.15 < np.mean(asker.answers) < 0.35


def test_an_asker_is_an_asker(cases: ModuleType) -> None:
    with pytest.raises(MisuseError):
        Asker(session=bytes(31), parameters=cases.parameters(), seed=bytes(32), spent=set())
    assert isinstance(cases.query(b"k"), Query)
