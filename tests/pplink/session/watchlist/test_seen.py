"""A holder that leaves a query out of its log, or shows two logs, is found out by the heads that who asked holds."""

from __future__ import annotations

import pytest

from pplink.audit.checkpoint import Checkpoint, sign_checkpoint
from pplink.audit.log import Log, log_of
from pplink.audit.provenance import run_of
from pplink.audit.seen import heads_in
from pplink.audit.verification import verify
from pplink.errors import IntegrityError
from pplink.session.watchlist import asking
from pplink.session.watchlist.memory import HEADS, opened

ANNA = ("AB1234", None, None, None)


@pytest.fixture
def asked(scene, rings):
    """All heads of three commands that asked two queries each."""
    for _ in range(3):
        with opened(rings["south"], scene.agreement) as shelf:
            people = asking.persons(scene.frame(["1", *ANNA], ["2", *ANNA]), scene.agreement)
            ask = asking.ask(
                people, shelf, scene.agreement, rings["south"], scene.direct(), case="1", basis="Art. 9"
            )
            assert len(list(ask)) == 2
    path = rings["south"].home / "watchlists" / scene.agreement.id[:16] / HEADS
    assert path.stat().st_mode & 0o777 == 0o600
    return heads_in(path.read_bytes())


def failed(scene, held):
    failure = verify(scene.record, agreement_id=scene.agreement.id, held=held).first_failure
    return failure and (failure.name, failure.detail)


def test_an_honest_log_begins_with_every_head_that_was_given_out(scene, asked):
    assert len(asked) == 6
    assert failed(scene, asked) is None
    report = verify(scene.record, agreement_id=scene.agreement.id, held=asked)
    assert (report.checks[-1].name, report.checks[-1].detail) == ("seen", "6 heads")


def test_a_query_that_is_left_out_is_missed_by_who_asked(scene, asked, rings):
    path, run = scene.record / "log.jsonl", run_of(verify_origin(scene))
    log = log_of(Log.from_bytes(path.read_bytes()).entries()[:-1])
    path.write_bytes(log.to_bytes())
    (scene.record / "checkpoint").write_bytes(log.checkpoint(rings["north"], run))
    assert failed(scene, ()) is None
    assert failed(scene, asked) == ("seen", "others hold a head of 12 lines, and the log here has 11")


def verify_origin(scene):
    return (scene.record / "checkpoint").read_text().split("\n")[0]


def test_who_was_shown_another_log_of_as_many_lines_is_told(scene, asked, rings):
    head = Checkpoint(origin=verify_origin(scene), size=9, root=bytes(32))
    north = rings["north"]
    other = sign_checkpoint(head, north.card.signing_key, north.sign_note)
    assert failed(scene, (*asked, other)) == (
        "seen", "others were shown another log: the first 9 lines are not those that they saw"
    )  # fmt: skip


def test_heads_of_another_log_or_another_s_are_told(scene, asked, rings):
    north, south = rings["north"], rings["south"]
    origin = verify_origin(scene)[:-1] + "7"
    other = Checkpoint(origin=origin, size=9, root=bytes(32))
    signed = sign_checkpoint(other, north.card.signing_key, north.sign_note)
    assert failed(scene, (*asked, signed)) is None
    assert failed(scene, (signed,)) == ("seen", "none of the heads that others hold is of this log")
    forged = sign_checkpoint(other, south.card.signing_key, south.sign_note)
    assert "no head that this log's signer signed" in failed(scene, (*asked, forged))[1]


def test_an_asker_takes_no_head_of_a_log_of_something_else(scene, rings):
    session, north = scene.session(), rings["north"]
    real = scene.register.add

    def add(*acts):
        real(*acts)
        head = Checkpoint(origin="pplink/north/another-1", size=99, root=bytes(32))
        return sign_checkpoint(head, north.card.signing_key, north.sign_note)

    scene.register.add = add
    with pytest.raises(IntegrityError, match="the head of another log"):
        scene.ask(session, *ANNA)
