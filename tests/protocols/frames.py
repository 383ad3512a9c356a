"""Frames: one that was changed, with the length and the tag that fit it, so that only the change is found."""

from __future__ import annotations

from protocols import wire
from protocols.role import Frame


def message_of(body: bytes | bytearray) -> int:
    """A frame's message number; see protocols/FORMAT.md."""
    return int.from_bytes(body[46:48], "little")


def resealed(frame: Frame, body: bytearray, bound: bytes) -> Frame:
    """body: the changed frame without its tag. bound: empty for a message that is not bound."""
    body[56:64] = (len(body) - 64).to_bytes(8, "little")
    envelope = wire.Envelope(
        protocol="", session=bytes(body[12:44]), sender=0, recipient=0, sequence=0, bound=bound
    )
    tag = wire.AESGCM(wire._key(envelope, bool(bound))).encrypt(bytes(12), b"", bytes(body))
    return Frame(frame.sender, frame.recipient, bytes(body) + tag)
