"""Frames: one that was changed, with the length and the tag that fit it, so that only the change is found."""

from __future__ import annotations

from collections.abc import Sequence

from protocols import wire
from protocols.role import Frame


def message_of(body: bytes | bytearray) -> int:
    """A frame's message number; see protocols/FORMAT.md."""
    return int.from_bytes(body[46:48], "little")


def overwrite(body: bytearray, places: Sequence[tuple[int, str]]) -> None:
    """places: of each where it begins, and the bytes that are to stand there, in hex."""
    for place, text in places:
        body[place : place + len(text) // 2] = bytes.fromhex(text)


def flip(body: bytearray, places: Sequence[tuple[int, str]]) -> None:
    """The same, but of the bits that are there those of `places` are turned over."""
    for place, text in places:
        for n, byte in enumerate(bytes.fromhex(text)):
            body[place + n] ^= byte


def follow(body: bytearray) -> None:
    """Make the frame the next of its sender: one sequence number up."""
    body[48:56] = (int.from_bytes(body[48:56], "little") + 1).to_bytes(8, "little")


def resealed(frame: Frame, body: bytearray, bound: bytes) -> Frame:
    """body: the changed frame without its tag. bound: empty for a message that is not bound."""
    body[56:64] = (len(body) - 64).to_bytes(8, "little")
    envelope = wire.Envelope(
        protocol="", session=bytes(body[12:44]), sender=0, recipient=0, sequence=0, bound=bound
    )
    tag = wire.AESGCM(wire._key(envelope, bool(bound))).encrypt(bytes(12), b"", bytes(body))
    return Frame(frame.sender, frame.recipient, bytes(body) + tag)
