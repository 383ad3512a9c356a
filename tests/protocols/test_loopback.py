from __future__ import annotations

from typing import Any

import pytest

from protocols.errors import PeerError
from protocols.loopback import replay, run


def test_silence_is_an_error_and_not_a_wait(case: Any) -> None:
    with pytest.raises(PeerError) as caught:
        run(case.make(), network=lambda _: ())
    assert caught.value.check == "W11"


def test_frames_that_are_not_kept_are_not_returned(case: Any) -> None:
    assert run(case.make(), keep=False) == []


def test_a_transcript_that_ends_too_early_is_noticed_by_a_replay(case: Any) -> None:
    transcript = run(case.make())
    last = {frame.sender: number for number, frame in enumerate(transcript)}
    for role in case.make():
        assert replay(role, transcript[: last[role.name]]) is not None
