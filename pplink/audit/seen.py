"""Seen: does a log begin as those who saw it earlier hold that it did? What a signer of two logs cannot make good."""

from __future__ import annotations

from collections.abc import Sequence

from pplink.audit.checkpoint import Checkpoint, verify_checkpoint
from pplink.audit.evidence import Evidence, Wrong
from pplink.audit.frontier import Frontier
from pplink.errors import IntegrityError

LINES = 5
"""Of a checkpoint: origin, size, root, nothing, signature."""
WORDS = "the log begins with what others hold signed heads of"


def heads_in(data: bytes) -> tuple[bytes, ...]:
    """The checkpoints in a file, one behind the other. What is none is found when it is verified."""
    lines = data.splitlines(keepends=True)
    return tuple(b"".join(lines[at : at + LINES]) for at in range(0, len(lines), LINES))


def seen(evidence: Evidence, held: Sequence[bytes]) -> str:
    """Each head that others hold, if it is of this log, fixes what this log begins with."""
    return seen_of([evidence], held)


def seen_of(logs: Sequence[Evidence], held: Sequence[bytes]) -> str:
    """The same, of several logs of one signer."""
    public = logs[0].agreement.party(logs[0].checkpoint.origin.split("/")[1]).signing_key
    found = [_head(data, public) for data in held]
    own = {each.checkpoint.origin for each in logs}
    for evidence in logs:
        _begins(evidence, [each for each in found if each.origin == evidence.checkpoint.origin])
    looked_at = sum(each.origin in own for each in found)
    if not looked_at:
        raise Wrong("none of the heads that others hold is of this log")
    others = sorted({each.origin for each in found} - own)
    return f"{looked_at:,} heads" + (f"; not looked at, of other logs: {', '.join(others)}" if others else "")


def _begins(evidence: Evidence, heads: Sequence[Checkpoint]) -> None:
    hashes, frontier = evidence.log.hashes, Frontier()
    for each in sorted(heads, key=lambda each: each.size):
        if each.size > len(hashes):
            raise Wrong(f"others hold a head of {each.size:,} lines, and the log here has {len(hashes):,}")
        while frontier.size < each.size:
            frontier.append(hashes[frontier.size])
        if frontier.root != each.root:
            raise Wrong(
                f"others were shown another log: the first {each.size:,} lines are not those that they saw"
            )


def _head(data: bytes, public: bytes) -> Checkpoint:
    try:
        return verify_checkpoint(data, public)
    except IntegrityError as error:
        raise Wrong(f"what others hold is no head that this log's signer signed: {error}") from None
