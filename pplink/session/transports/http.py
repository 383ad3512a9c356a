"""HTTP: messages by way of the broker's relay, over TLS. Nothing that the relay says is believed but by its seals."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pplink.errors import PeerError, UnavailableError, UsageError
from pplink.keys.ring import KeyRing
from pplink.session.transports.calling import GONE, Line, NotNowError, address_of, read_whole, trusting
from pplink.session.transports.interface import GO_ON, silence, too_long
from pplink.session.transports.requests import HEADER, LIMIT, PATH, SENDER, sign_request

PAUSE = 0.5
"""Seconds after a failure, before the next try."""
SOON = 0.01
"""Before it is asked again after it had nothing: it may say so at once."""
REPLY = 60.0
"""Seconds to wait for the relay's answer, at most, or longer for one that is long; it answers within a few."""
UNTOLD = 4
"""Messages at most of which the relay is not told yet that they were taken."""
PAGE = 4096
"""Bytes read of an answer that is no message, as of a page by which a proxy says that the relay is away."""


class HttpTransport:
    """A party's way to the relay; tries again till the relay is there."""

    most = LIMIT
    keeps = True

    def __init__(
        self, url: str, ring: KeyRing, *, ca: Path | None = None, seconds: float, couple: str = ""
    ) -> None:
        """url: `https://host:port/exchange`; ca: certificates to trust instead of the system's; seconds: how long a
        relay may be away; couple: whose session it is, as `north+south`, if there are several. Raises UsageError."""
        address = address_of(url)
        if address is None or not address[2]:
            raise UsageError(
                f"{url} is no https address of an exchange", "for example https://hub.example:8443/share"
            )
        host, port, path = address
        self._prefix = f"/{path}" + (f"/{couple}" if couple else "")
        self._ring, self._seconds = ring, seconds
        self._line = Line("relay", host, port, trusting(ca), REPLY)
        self._taken: list[tuple[str, str, int]] = []

    def claim(self, sender: str) -> None:
        """See `Transport`."""
        code, *_ = self._ask("POST", f"/{sender}/claim")
        if code == 409:
            raise UsageError(
                f"this exchange has a session of {sender} already", "ask the broker for a new one"
            )

    def put(self, sender: str, recipient: str, number: int, data: bytes) -> None:
        """See `Transport`."""
        self._ask("PUT", f"/{sender}/{recipient}/{number:08d}", data)

    def wait(self, recipient: str, due: Mapping[str, int], limit: int, seconds: float) -> tuple[str, bytes]:
        """See `Transport`."""
        asked = "&".join(f"due={sender}.{number:08d}" for sender, number in sorted(due.items()))
        path = self._telling(f"/{recipient}?{asked}", recipient)
        end = time.monotonic() + seconds
        while True:
            code, sender, data = self._ask("GET", path, limit=limit)
            if code == 200 and sender in due:
                return sender, data
            if time.monotonic() >= end:
                raise UnavailableError(silence(due, seconds), GO_ON)
            time.sleep(SOON)

    def _telling(self, path: str, recipient: str) -> str:
        """What is asked, with what was taken, as far as there is room."""
        for each in [*self._taken]:
            sender, whose, number = each
            more = f"{path}&taken={sender}.{number:08d}"
            if whose == recipient and len(self._prefix + more) <= PATH:
                self._taken.remove(each)
                path = more
        return path

    def taken(self, sender: str, recipient: str, number: int) -> None:
        """See `Transport`. The relay is told with what is asked of it next, or when the way is closed."""
        self._taken.append((sender, recipient, number))
        if len(self._taken) > UNTOLD:
            try:
                self._delete(*self._taken.pop(0))
            except GONE:
                self._line.hang_up()

    def sweep(self, sender: str, recipient: str, below: int) -> None:
        """See `Transport`."""
        self._taken = [each for each in self._taken if each[:2] != (sender, recipient) or each[2] >= below]
        try:
            self._once("DELETE", f"{self._prefix}/{sender}/{recipient}/{below:08d}?before", b"", 0)
        except GONE:
            self._line.hang_up()

    def _delete(self, sender: str, recipient: str, number: int) -> None:
        """Raises OSError, HTTPException."""
        self._once("DELETE", f"{self._prefix}/{sender}/{recipient}/{number:08d}", b"", 0)

    def _ask(self, method: str, path: str, body: bytes = b"", limit: int = 0) -> tuple[int, str, bytes]:
        """(status, sender, body) of an answer that means something. Raises UnavailableError, UsageError, PeerError."""

        def attempt() -> tuple[int, str, bytes]:
            answer = self._once(method, self._prefix + path, body, limit)
            if answer[0] in (403, 404, 413):
                raise UsageError(
                    f"the relay refuses ({answer[0]})",
                    "check the exchange's name, the agreement, the key ring, and the clock",
                )
            if answer[0] not in (200, 201, 204, 409):
                raise NotNowError(f"it said {answer[0]}")
            return answer

        return self._line.patiently(attempt, self._seconds, PAUSE, GO_ON)

    def _once(self, method: str, path: str, body: bytes, limit: int) -> tuple[int, str, bytes]:
        signed = sign_request(self._ring, method, path, body, datetime.now(UTC))

        def read(answer: http.client.HTTPResponse) -> tuple[int, str, bytes]:
            return self._answer(answer, method, limit)

        return self._line.ask(method, path, body, limit, read, {HEADER: signed})

    def _answer(self, answer: http.client.HTTPResponse, method: str, limit: int) -> tuple[int, str, bytes]:
        most = limit if answer.status == 200 else PAGE
        data = read_whole(answer, most)
        if len(data) > most:
            self._line.hang_up()
        if len(data) > most and answer.status == 200:
            if method != "GET":
                raise http.client.HTTPException("a page, where the relay says nothing")
            raise PeerError(too_long("the relay", answer.length or len(data), limit))
        return answer.status, answer.headers.get(SENDER, ""), data

    def close(self) -> None:
        """The end: what was taken is told, unless the relay is gone: a connection that fails is opened anew once."""
        tries = 2
        while self._taken and tries:
            try:
                self._delete(*self._taken[-1])
                self._taken.pop()
            except GONE:
                self._line.hang_up()
                tries -= 1
        self._line.hang_up()
