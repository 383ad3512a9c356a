"""A list's log when the disk has no room."""

from __future__ import annotations

import resource

import pytest

from pplink.audit.verification import verify
from pplink.errors import UnavailableError


def test_a_line_that_the_disk_cannot_hold_leaves_no_half_and_the_log_goes_on(scene):
    log = scene.record / "log.jsonl"
    before = log.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))
    try:
        with pytest.raises(UnavailableError, match="cannot write the list's log"):
            scene.register.add(scene.agreement.signatures[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.read_bytes() == before
    assert scene.ask(scene.session(), "ab-1234", None, None, None) == ["document"]
    scene.desk.close()
    assert verify(scene.record, agreement_id=scene.agreement.id).first_failure is None


def test_a_head_that_the_disk_cannot_hold_ends_the_session_and_another_is_answered(scene):
    """It ended the connection without a word, and the query that came again was taken for a forged one."""
    session, blocked = scene.session(), scene.record / ".checkpoint.part"
    blocked.mkdir()
    with pytest.raises(UnavailableError, match="cannot write the list's log"):
        scene.ask(session, "ab-1234", None, None, None)
    blocked.rmdir()
    assert scene.ask(scene.session(), "ab-1234", None, None, None) == ["document"]
    assert verify(scene.record, agreement_id=scene.agreement.id).first_failure is None
