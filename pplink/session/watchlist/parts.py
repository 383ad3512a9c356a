"""Parts: what goes in the body of a request or a reply: pieces, each after its length; and a query's two pieces."""

from __future__ import annotations

from collections.abc import Iterable

from pplink.errors import PeerError

LENGTH = 4


def joined(parts: Iterable[bytes]) -> bytes:
    """Each piece after its length, 4 bytes, little-endian."""
    return b"".join(len(part).to_bytes(LENGTH, "little") + part for part in parts)


def split(body: bytes, who: str, most: int) -> list[bytes]:
    """The pieces. Raises PeerError for a body that is none, or of more than `most` pieces."""
    parts: list[bytes] = []
    at = 0
    while at < len(body):
        size = int.from_bytes(body[at : at + LENGTH], "little")
        at += LENGTH + size
        if at > len(body) or len(parts) == most:
            raise PeerError(f"{who} sent a body that is cut, or has too many parts")
        parts.append(body[at - size : at])
    return parts
