"""Channel: an asker's way to a holder's desk: HTTPS, one connection that is kept. Only its seals are believed."""

from __future__ import annotations

from http.client import HTTPResponse
from pathlib import Path
from typing import Protocol

from pplink.errors import (
    AgreementError,
    IntegrityError,
    PeerError,
    PplinkError,
    RefusedError,
    UsageError,
)
from pplink.session.transports.calling import Line, NotNowError, address_of, read_whole, trusting
from pplink.session.watchlist.server import CODES, OPEN

PAUSE = 0.3
"""Seconds between two tries."""
REPLY = 120.0
"""Seconds to wait for a reply; a filter of millions takes some to be made."""
SAID = 500
"""Characters of an error that are shown."""
KINDS: dict[int, type[PplinkError]] = {code: kind for kind, code in CODES.items()}


class NoSessionError(UsageError):
    """The holder has no such session any more; another can be opened."""


class Channel(Protocol):
    """What carries a request to a desk and its reply back."""

    def post(self, session: str | None, body: bytes, limit: int) -> bytes:
        """The reply, at most `limit` bytes; session: None to open one. Raises as the desk does, and UnavailableError,
        NoSessionError, PeerError for a reply that is too long."""
        ...


class HttpsChannel:
    """A connection that is made anew when it broke: the same request twice does nothing more than once."""

    def __init__(self, url: str, *, ca: Path | None = None, seconds: float) -> None:
        """url: `https://host:port`; ca: certificates to trust instead of the system's. Raises UsageError."""
        address = address_of(url)
        if address is None or address[2]:
            raise UsageError(
                f"{url} is no https address of a watchlist", "for example https://north.example:8443"
            )
        host, port, _ = address
        self._seconds = seconds
        self._line = Line("watchlist", host, port, trusting(ca), REPLY)

    def post(self, session: str | None, body: bytes, limit: int) -> bytes:
        """See `Channel`."""
        path = OPEN if session is None else f"{OPEN}/{session}"

        def read(answer: HTTPResponse) -> tuple[int, bytes]:
            return answer.status, read_whole(answer, limit)

        def attempt() -> bytes:
            code, data = self._line.ask("POST", path, body, limit, read)
            if len(data) > limit:
                self.close()
                raise PeerError(f"the watchlist sent more than {limit:,} bytes")
            if code == 503:
                raise NotNowError("it cannot just now")
            return _checked(code, data)

        return self._line.patiently(attempt, self._seconds, PAUSE, "see whether the holder serves it")

    def close(self) -> None:
        """The connection; the next request opens another."""
        self._line.hang_up()


def _checked(code: int, data: bytes) -> bytes:
    """The reply, or the error that the holder told of; its words are a stranger's."""
    if code == 200:
        return data
    said = "".join(each for each in data[: 4 * SAID].decode(errors="replace")[:SAID] if each.isprintable())
    if code == 410:
        raise NoSessionError(f"the holder says: {said}", "ask again: another session is begun")
    kind = KINDS.get(code, UsageError)
    hints = {AgreementError: "compare agreements", IntegrityError: "compare clocks and agreements",
             RefusedError: "the holder's log says so too", PeerError: "the session is over; ask again"}  # fmt: skip
    raise kind(f"the holder says: {said or code}", hints.get(kind, "check the address"))
