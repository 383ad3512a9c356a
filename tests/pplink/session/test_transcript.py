"""A party's own side on disk: private, for one process at a time, and whole whatever a crash leaves."""

from __future__ import annotations

import pytest

from pplink.errors import IntegrityError, RefusedError
from pplink.session.transcript import Sent, Transcript, opened

LINE = Sent(to="hub", sequence=1, step="1", digest="ab" * 32)


@pytest.fixture
def kept(tmp_path):
    with opened(tmp_path / "side") as transcript:
        transcript.add_received("north", b"first")
        transcript.add_received("hub", b"second" * 1000)
        transcript.add_sent(LINE)
        transcript.remember("secret", lambda: b"s" * 32)
    return tmp_path / "side"


def test_what_was_kept_is_there_again(kept):
    with opened(kept) as transcript:
        assert list(transcript.received()) == [("north", b"first"), ("hub", b"second" * 1000)]
        assert transcript.sent == [LINE]
        assert transcript.remember("secret", lambda: b"other") == b"s" * 32
        assert transcript.known("nothing") is None


def test_nobody_else_can_read_it(kept):
    assert kept.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in kept.iterdir()} == {0}
    kept.chmod(0o755)
    with pytest.raises(RefusedError, match="open to other users"), opened(kept):
        pass


def test_two_processes_do_not_run_it_at_once(kept):
    with opened(kept), pytest.raises(RefusedError, match="another process"), opened(kept):
        pass
    with opened(kept):
        pass


def test_one_that_failed_never_goes_on(kept):
    with opened(kept) as transcript:
        transcript.fail("south broke check C9 of step 6")
    with pytest.raises(RefusedError, match="failed: south broke check C9"), opened(kept):
        pass


@pytest.mark.parametrize("cut", [1, 7, 5990, 6004, 6005, 6006, 6010])
def test_a_message_that_a_crash_cut_short_has_not_come(kept, cut):
    path = kept / "received"
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with opened(kept) as transcript:
        assert list(transcript.received()) == [("north", b"first")]
        transcript.add_received("hub", b"again")
        assert list(transcript.received()) == [("north", b"first"), ("hub", b"again")]


def test_a_line_that_a_crash_cut_short_was_not_sent(kept):
    with (kept / "sent").open("ab") as stream:
        stream.write(b'{"digest":"ab')
    with opened(kept) as transcript:
        assert transcript.sent == [LINE]
        transcript.add_sent(LINE)
    assert Transcript(kept).sent == [LINE, LINE]


@pytest.mark.parametrize("line", [b"{}\n", b"x\n", b'{"to": "hub"}\n'])
def test_a_damaged_line_stops_it(kept, line):
    (kept / "sent").write_bytes(line)
    with pytest.raises(IntegrityError, match="damaged"), opened(kept):
        pass
