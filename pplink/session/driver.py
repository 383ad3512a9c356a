"""Driver: feeds a role what comes and sends what it says, until it has its result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pplink.errors import IntegrityError, PeerError, RefusedError, UsageError
from pplink.session.plan import Plan
from pplink.session.post import Post
from protocols import errors, wire
from protocols.role import Frame, Role

NUMBER = slice(46, 48)
"""Where in a frame its message's number stands; see protocols/FORMAT.md."""


def run_role(post: Post, role: Role, plan: Plan, done: Callable[[Role], None]) -> None:
    """Run a role to its end. Frames come in the order that the transcript keeps, so a rerun is the same.

    done: called when the role has taken in a frame, before anything is sent.
    Raises PeerError for a broken check of the protocol (step and check are named, the transcript is kept),
    RefusedError where the role refuses, and what `Post` raises.
    """
    with translated():
        _send(post, role, plan, role.begin())
        while not role.finished:
            letter = post.receive(plan.hears(post.name))
            if letter.step != step_of(role, letter.content):
                raise IntegrityError(
                    f"{letter.sender} signed a message of step {letter.step}, and something else is in it"
                )
            frames = role.receive(plan.role_of(letter.sender), letter.content)
            plan.check(role)
            done(role)
            _send(post, role, plan, frames)


def _send(post: Post, role: Role, plan: Plan, frames: list[Frame]) -> None:
    for frame in frames:
        post.send(plan.party_of(frame.recipient), step_of(role, frame.data), frame.data)


def step_of(role: Role, frame: bytes | memoryview) -> str:
    """The step of SPEC.md that a frame is of; "0" for what is none, which the role will refuse by its check."""
    if len(frame) < wire.SHORTEST:
        return "0"
    kind = role.MESSAGES.get(int.from_bytes(frame[NUMBER], "little"))
    return "0" if kind is None else str(kind.STEP)


@contextmanager
def translated() -> Iterator[None]:
    """The protocol's errors as ours."""
    try:
        yield
    except errors.PeerError as error:
        raise PeerError(
            error.message, "nothing more was sent; keep the session's folder, and ask them"
        ) from None
    except errors.RefusedError as error:
        raise RefusedError(error.message, error.hint) from None
    except errors.MisuseError as error:
        raise UsageError(error.message, error.hint) from None
