"""Wire: the one form in which a message travels; FORMAT.md describes it byte by byte.

Nothing here allocates by what a peer claims: a frame's length is known before it is read, and must be
what its header says.
"""

from __future__ import annotations

import hmac
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocols.errors import MisuseError, PeerError
from protocols.primitives.hashing import digest

Words = npt.NDArray[np.uint64]
Layout = tuple[tuple[str, int], ...]
"""Names of fields and how they travel."""

MAGIC = b"PPM1"
HEADER = struct.Struct("<4s8s32sBBHQQ")
"""Magic, protocol, session, sender, recipient, message, sequence, length of the body: 64 bytes."""
TAG = 16
UINT64 = -1
"""In a layout: an unsigned 64-bit number."""
WORDS = -2
"""In a layout: 64-bit words up to the end of the body; only as the last field."""
SHORTEST = HEADER.size + TAG

if sys.byteorder != "little":  # pragma: no cover
    raise ImportError("protocols need a little-endian machine")


class Message(Protocol):
    """A frozen dataclass that says how it travels."""

    NUMBER: ClassVar[int]
    """Its number in the header."""
    STEP: ClassVar[str]
    """The step of SPEC.md that sends it."""
    BOUND: ClassVar[bool]
    """Whether its tag depends on what the run is bound to, so that no other run's frame passes for it."""
    LAYOUT: ClassVar[Layout]
    """Its fields in order: UINT64, WORDS, or how many bytes."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """All of a header but the message's number and length."""

    protocol: str
    """Name and version, as in "blinded_broker/2"."""
    session: bytes
    """32 bytes that no other run has."""
    sender: int
    """Place in the protocol's list of parties."""
    recipient: int
    sequence: int
    """How many frames the sender has sent this recipient before."""
    bound: bytes = b""
    """What the run is bound to; empty as long as that is not known."""

    def header(self, number: int, length: int) -> bytes:
        """64 bytes."""
        known = (MAGIC, name_of(self.protocol), self.session, self.sender, self.recipient)
        return HEADER.pack(*known, number, self.sequence, length)


def name_of(protocol: str) -> bytes:
    """8 bytes that stand for a protocol and its version."""
    return digest("protocol", protocol.encode())[:8]


def encode(message: Message, envelope: Envelope) -> bytes:
    """The frame of a message. Raises MisuseError if a field does not fit the layout."""
    parts = [_field(kind, name, getattr(message, name)) for name, kind in message.LAYOUT]
    header = envelope.header(message.NUMBER, sum(memoryview(part).nbytes for part in parts))
    sealer = Cipher(algorithms.AES(_key(envelope, message.BOUND)), modes.GCM(bytes(12))).encryptor()
    for part in (header, *parts):
        sealer.authenticate_additional_data(part)
    sealer.finalize()
    return b"".join((header, *parts, sealer.tag))


def decode(
    data: bytes | memoryview, kinds: Mapping[int, type[Any]], expected: Envelope, sender: str, limit: int
) -> Any:
    """The message in a frame, after checks W1 to W9 of FORMAT.md.

    kinds: the protocol's messages by number. limit: bytes a frame may have. Arrays are read-only views of
    data. Raises PeerError.
    """
    number, step = _checked_header(data, kinds, expected, sender, limit)
    tag = AESGCM(_key(expected, kinds[number].BOUND)).encrypt(bytes(12), b"", memoryview(data)[:-TAG])
    if not hmac.compare_digest(tag, data[-TAG:]):
        raise PeerError(sender, step, "W8", "the tag does not fit the frame")
    body, at, found = memoryview(data)[HEADER.size : -TAG], 0, {}
    for name, kind in kinds[number].LAYOUT:
        size = 8 if kind == UINT64 else len(body) - at if kind == WORDS else kind
        part, at = body[at : at + size], at + size
        if at > len(body) or (kind == WORDS and size % 8):
            raise PeerError(sender, step, "W9", "the body is too short for its fields")
        found[name] = _value(kind, part)
    if at != len(body):
        raise PeerError(sender, step, "W9", "the body is longer than its fields")
    return kinds[number](**found)


def _checked_header(
    data: bytes | memoryview, kinds: Mapping[int, type[Any]], expected: Envelope, sender: str, limit: int
) -> tuple[int, str]:
    """The message's number and step; checks W1 to W7."""
    if not SHORTEST <= len(data) <= limit:
        raise PeerError(sender, "?", "W1", f"a frame of {len(data)} bytes, not {SHORTEST} to {limit}")
    magic, protocol, session, source, target, number, sequence, length = HEADER.unpack_from(data)
    step = kinds[number].STEP if number in kinds else "?"
    checks = (
        ("W2", magic == MAGIC and protocol == name_of(expected.protocol), "another protocol or version"),
        ("W3", session == expected.session, "another session"),
        ("W4", source == expected.sender and target == expected.recipient, "another sender or recipient"),
        ("W5", number in kinds, "no message has that number"),
        ("W6", sequence == expected.sequence, "a frame is missing, repeated or out of order"),
        ("W7", length == len(data) - SHORTEST, "the frame is cut or too long"),
    )
    for check, holds, message in checks:
        if not holds:
            raise PeerError(sender, step, check, message)
    return number, step


def _field(kind: int, name: str, value: Any) -> Any:
    if kind == UINT64 and 0 <= value < 2**64:
        return struct.pack("<Q", value)
    if kind == WORDS and value.dtype == np.uint64:
        return np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
    if kind >= 0 and len(value) == kind:
        return value
    raise MisuseError(f"field {name} does not fit its layout")


def _value(kind: int, part: memoryview) -> Any:
    if kind == WORDS:
        words = np.require(np.frombuffer(part, "<u8"), requirements="A")
        words.setflags(write=False)
        return words
    return int.from_bytes(part, "little") if kind == UINT64 else bytes(part)


def _key(envelope: Envelope, bound: bool) -> bytes:
    """The tag's key. All parties can compute it: the tag finds accidents, the session layer's seals find forgers."""
    return digest("tag", envelope.session, envelope.bound if bound else b"")
