"""Requests: each one to the relay is signed by the party that makes it, so that nobody else puts, takes or claims."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from pplink import canonical
from pplink.agreement.model import Agreement
from pplink.audit.events import Count, Digest, Time, read_time, write_time
from pplink.canonical import Json, MalformedError
from pplink.errors import AgreementError, IntegrityError
from pplink.keys.ring import KeyRing
from pplink.keys.strict import read_strict
from pplink.session.signed import read_signed

KIND = "pplink/relay-request/2"
HEADER = "Pplink-Request"
SENDER = "Pplink-Sender"
LIMIT = 32 << 20
"""Bytes of a message that a relay takes. A session with longer ones, as long lists with many aliases or a quota of
millions have, is refused before its roles begin."""
MOST_STORED = 4096
"""Messages of one sender that a relay lets lie unfetched."""
HEAD = 4096
"""Bytes of a body that are signed with its length. A message's own line, signed over all that is in it, is among them;
and nobody but the relay sees a request, within TLS."""
LONGEST = 2048
"""Characters of the header, at most."""
PATH = 512
"""Of the path with its query."""
FRESH = timedelta(minutes=5)
"""How far clocks may differ. A request that is repeated meanwhile does what it did, and no more."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed."""

    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: Annotated[str, msgspec.Meta(max_length=PATH)]
    at: Time
    sha256: Digest
    """Of the first HEAD bytes of the request's body, which may be empty."""
    size: Count
    """Bytes of the body."""

    def fits(self, body: bytes) -> bool:
        """Whether this is the body that was meant."""
        return (len(body), _digest(body)) == (self.size, self.sha256)


def sign_request(ring: KeyRing, method: str, path: str, body: bytes, now: datetime) -> str:
    """The value of HEADER."""
    told: dict[str, Json] = {
        "method": method, "path": path, "at": write_time(now), "sha256": _digest(body), "size": len(body)
    }  # fmt: skip
    return canonical.to_base64(canonical.to_bytes(ring.sign(KIND, told).to_json()))


def check_request(
    header: str, agreement: Agreement, party: str, method: str, path: str, now: datetime
) -> Request:
    """The request, if `party` signed it now for this. Raises IntegrityError. Its body is still to be looked at."""
    try:
        data = canonical.from_base64(header[:LONGEST])
        signed = read_signed(data, agreement.party(party), KIND, "the request")
        request = read_strict(signed.body, Request, "$.body")
        at = read_time(request.at)
    except (MalformedError, AgreementError) as error:
        raise IntegrityError(f"the request {error}") from None
    if (request.method, request.path) != (method, path) or abs(now - at) > FRESH:
        raise IntegrityError("the request was signed for something else, or by another clock")
    return request


def _digest(body: bytes) -> str:
    return hashlib.sha256(body[:HEAD]).hexdigest()
