"""Loopback: all roles of a protocol in one process, a frame at a time, and what went between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from protocols.errors import PeerError
from protocols.role import Frame, Role

Network = Callable[[Frame], Iterable[Frame]]
"""What becomes of a frame on its way: itself, nothing, others."""
Transcript = list[Frame]


def honest(frame: Frame) -> Iterable[Frame]:
    """Each frame arrives, once."""
    return (frame,)


def run(roles: Sequence[Role], *, network: Network = honest, keep: bool = True) -> Transcript:
    """Run roles to the end: frames in the order in which they were sent, none if not to be kept.

    Frames of one link arrive in order; links take turns. Raises what a role raises, and PeerError (check
    W11) when nothing is under way and a role still waits: a session would run into its time limit.
    """
    at = {role.name: role for role in roles}
    transcript: Transcript = []
    under_way: deque[Frame] = deque()

    def send(frames: Iterable[Frame]) -> None:
        for frame in frames:
            if keep:
                transcript.append(frame)
            under_way.extend(network(frame))

    for role in roles:
        send(role.begin())
    while under_way:
        frame = under_way.popleft()
        send(at[frame.recipient].receive(frame.sender, frame.data))
    for role in roles:
        if not role.finished:
            raise PeerError("a peer", role.state, "W11", f"{role.name} waits, and nothing comes")
    return transcript


def replay(role: Role, transcript: Iterable[Frame]) -> int | None:
    """Run one role again on what it received, and compare what it sends: None if all is the same.

    Otherwise the place in the transcript of the first frame that the role, with the inputs and the seed
    that it was given here, would not have sent. That is how an auditor finds a unit that did not use the
    dataset it committed to.
    """
    due = deque(role.begin())
    number = -1
    for number, frame in enumerate(transcript):
        if frame.sender == role.name:
            if not due or due.popleft() != frame:
                return number
        elif frame.recipient == role.name:
            due.extend(role.receive(frame.sender, frame.data))
    return None if not due else number + 1
