"""What every protocol must do: be right, repeat itself, and stop at anything that a network or a peer does wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import protocols
from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.loopback import Transcript, replay, run
from protocols.role import Frame, Role

HOME = Path(protocols.__file__).parent
Disturb = Callable[[Frame], Iterable[Frame]]


def disturbed(number: int, change: Disturb) -> Disturb:
    """A network that changes one frame, the number-th that is sent."""
    seen = iter(range(10**9))
    return lambda frame: change(frame) if next(seen) == number else (frame,)


def with_data(frame: Frame, data: bytes) -> tuple[Frame]:
    return (Frame(frame.sender, frame.recipient, data),)


def stopped(case: Any, number: int, change: Disturb) -> PeerError:
    """The error of a disturbed run, after which no role has a wrong result, and none goes on."""
    roles = case.make()
    with pytest.raises(PeerError) as caught:
        run(roles, network=disturbed(number, change))
    for role in roles:
        assert case.result(role) in (None, case.answers[role.name])
        if role.state == "failed":
            assert case.result(role) is None
            with pytest.raises(MisuseError):
                role.receive("anyone", b"")
    return caught.value


@pytest.fixture(scope="module")
def transcripts() -> dict[int, Transcript]:
    return {}


@pytest.fixture
def transcript(case: Any, transcripts: dict[int, Transcript]) -> Transcript:
    """What an undisturbed run sends."""
    if id(case) not in transcripts:
        transcripts[id(case)] = run(case.make())
    return transcripts[id(case)]


def test_a_run_gives_what_the_plain_computation_gives(case: Any) -> None:
    roles = case.make()
    run(roles)
    assert {role.name: case.result(role) for role in roles} == dict(case.answers)
    assert any(case.answers.values())


def test_a_run_repeats_byte_for_byte(case: Any, transcript: Transcript) -> None:
    assert run(case.make()) == transcript


def test_another_session_or_seed_gives_other_frames(case: Any, transcript: Transcript) -> None:
    for other in (run(case.make(session=bytes(32))), run(case.make(run=1))):
        bodies = [
            {frame.data[64:-16] for frame in frames if len(frame.data) > 96} for frames in (other, transcript)
        ]
        assert not bodies[0] & bodies[1]


def test_a_frame_that_is_lost_stops_the_run(case: Any, transcript: Transcript) -> None:
    for number in range(len(transcript)):
        assert stopped(case, number, lambda _: ()).check in ("W6", "W10", "W11")


def test_a_frame_that_comes_twice_stops_the_run(case: Any, transcript: Transcript) -> None:
    for number in range(len(transcript) - 1):
        assert stopped(case, number, lambda frame: (frame, frame)).check == "W6"


def test_frames_of_one_link_out_of_order_stop_the_run(case: Any) -> None:
    links: dict[tuple[str, str], list[Frame]] = {}

    def hold(frame: Frame) -> Iterator[Frame]:
        link = links.setdefault((frame.sender, frame.recipient), [])
        link.append(frame)
        if len(link) == 2:
            yield from reversed(link)
        elif len(link) > 2:
            yield frame

    with pytest.raises(PeerError):
        run(case.make(), network=hold)


@pytest.mark.parametrize("seed", range(8))
def test_links_need_not_be_equally_fast(case: Any, seed: int) -> None:
    dice = random.Random(seed)
    roles = {role.name: role for role in case.make()}
    waiting: dict[tuple[str, str], list[Frame]] = {}

    def send(frames: Iterable[Frame]) -> None:
        for frame in frames:
            waiting.setdefault((frame.sender, frame.recipient), []).append(frame)

    for role in roles.values():
        send(role.begin())
    while links := [link for link, frames in waiting.items() if frames]:
        frame = waiting[dice.choice(links)].pop(0)
        send(roles[frame.recipient].receive(frame.sender, frame.data))
    assert {name: case.result(role) for name, role in roles.items()} == dict(case.answers)


def test_a_frame_that_is_cut_stops_the_run(case: Any, transcript: Transcript) -> None:
    for number, frame in enumerate(transcript):
        for length in (0, 1, 79, 80, len(frame.data) - 8, len(frame.data) - 1):
            error = stopped(case, number, lambda f, n=length: with_data(f, f.data[:n]))
            assert error.check in ("W1", "W7")


def test_a_frame_with_bytes_after_its_end_stops_the_run(case: Any, transcript: Transcript) -> None:
    for number in range(len(transcript)):
        error = stopped(case, number, lambda frame: with_data(frame, frame.data + bytes(8)))
        assert error.check in ("W1", "W7")


def test_a_flipped_bit_stops_the_run(case: Any, transcript: Transcript) -> None:
    dice = random.Random(7)
    for number, frame in enumerate(transcript):
        places = [*range(0, 64, 7), len(frame.data) - 1, *dice.choices(range(len(frame.data)), k=4)]
        for place in places:
            changed = bytearray(frame.data)
            changed[place] ^= 1 << dice.randrange(8)
            assert stopped(case, number, lambda f, d=bytes(changed): with_data(f, d)).check.startswith("W")


def test_a_length_field_is_not_believed(case: Any, transcript: Transcript) -> None:
    for number, frame in enumerate(transcript):
        data = frame.data[:56] + (2**63).to_bytes(8, "little") + frame.data[64:]
        assert stopped(case, number, lambda f, d=data: with_data(f, d)).check == "W7"


def test_a_frame_beyond_the_limit_is_refused_unread(case: Any) -> None:
    (role, *others) = case.make()
    role.begin()
    with pytest.raises(PeerError) as caught:
        role.receive(others[0].name, bytes(role.limit + 1))
    assert caught.value.check == "W1"


def test_a_frame_from_the_wrong_sender_stops_the_run(case: Any, transcript: Transcript) -> None:
    parties = {frame.sender for frame in transcript} | {"a stranger"}
    for number, frame in enumerate(transcript):
        for liar in sorted(parties - {frame.sender}):
            claimed = lambda f, name=liar: (Frame(name, f.recipient, f.data),)  # noqa: E731
            assert stopped(case, number, claimed).check == "W4"


def test_a_frame_of_another_session_stops_the_run(case: Any, transcript: Transcript) -> None:
    for number, frame in enumerate(run(case.make(session=bytes(32)))):
        assert frame.recipient == transcript[number].recipient
        assert stopped(case, number, lambda f, d=frame.data: with_data(f, d)).check == "W3"


def test_a_frame_of_an_earlier_run_stops_the_run_even_if_the_session_was_called_the_same(case: Any) -> None:
    for number, frame in enumerate(run(case.make(run=1))):
        assert stopped(case, number, lambda f, d=frame.data: with_data(f, d)).check in ("W8", "C5")


def test_errors_name_steps_and_checks_that_are_written_down(case: Any, transcript: Transcript) -> None:
    known = re.findall(
        r"^\| ([CW]\d+) \|", _text("FORMAT.md") + _text(case.protocol, "SPEC.md"), re.MULTILINE
    )
    for number in range(len(transcript)):
        error = stopped(case, number, lambda frame, n=number: (frame, frame) if n % 2 else ())
        assert error.check in known
        assert f"check {error.check} of step" in str(error)


def test_a_message_that_the_table_does_not_have_stops_the_run(case: Any, transcript: Transcript) -> None:
    for number in range(len(transcript)):
        roles = {role.name: role for role in case.make()}
        for role in roles.values():
            role.begin()
        for frame in transcript[:number]:
            roles[frame.recipient].receive(frame.sender, frame.data)
        frame = transcript[number]
        roles[frame.recipient].state = "nowhere"
        with pytest.raises(PeerError) as caught:
            roles[frame.recipient].receive(frame.sender, frame.data)
        assert caught.value.check == "W10"


def test_a_role_begins_once(case: Any) -> None:
    for role in case.make():
        with pytest.raises(MisuseError):
            role.receive("anyone", b"")
        role.begin()
        with pytest.raises(MisuseError):
            role.begin()


def test_a_seed_serves_once(case: Any) -> None:
    for role in case.make():
        role.begin()
        again = next(other for other in case.make() if other.name == role.name)
        again._spent = role._spent
        with pytest.raises(RefusedError):
            again.begin()


def test_replaying_a_role_finds_the_first_frame_that_it_would_not_have_sent(
    case: Any, transcript: Transcript
) -> None:
    def fresh(name: str) -> Role:
        return next(role for role in case.make() if role.name == name)

    for name in {frame.sender for frame in transcript}:
        assert replay(fresh(name), transcript) is None
        for number, frame in enumerate(transcript):
            if frame.sender == name:
                other = Frame(name, frame.recipient, frame.data[:-1] + bytes([frame.data[-1] ^ 1]))
                assert replay(fresh(name), [*transcript[:number], other]) == number


def test_nothing_secret_is_in_what_a_role_prints(case: Any) -> None:
    for role in case.make():
        role.begin()
        assert repr(role) == f"{type(role).__name__}({role.name}, {role.state})"


def test_every_check_has_a_vector_that_breaks_it(case: Any) -> None:
    spec = _text(case.protocol, "SPEC.md")
    folder = HOME / case.protocol / "vectors"
    broken = {
        match[1]
        for path in folder.glob("*.json")
        if (match := re.search(r'"check": "(C\d+)"', path.read_text()))
    }
    assert broken == set(re.findall(r"^\| (C\d+) \|", spec, re.MULTILINE))


def _text(*path: str) -> str:
    return HOME.joinpath(*path).read_text(encoding="utf-8")
