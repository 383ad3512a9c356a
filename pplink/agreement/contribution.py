"""Contribution: what a unit signs under an agreement: that it agrees, and its share of the linkage secret."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from pplink import canonical
from pplink.agreement.model import Agreement, UnitName
from pplink.canonical import Json, MalformedError
from pplink.errors import IntegrityError, UsageError
from pplink.keys.ring import KeyRing
from pplink.keys.sealing import OVERHEAD, seal
from pplink.keys.signing import Signed
from pplink.keys.strict import read_strict

SHARE = 32
"""Bytes that each unit contributes."""


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of a `pplink/agreement-signature/1`."""

    agreement: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    """The id: what is agreed to."""
    at: Annotated[str, msgspec.Meta(pattern=r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")]
    """When, RFC 3339, UTC, whole seconds."""
    contribution: dict[UnitName, str]
    """By unit, itself included: the same 32 random bytes sealed to that unit, base64."""

    def to_json(self) -> dict[str, Json]:
        """As it is signed."""
        return {"agreement": self.agreement, "at": self.at, "contribution": self.contribution}


def body_from(signed: Signed, root: str = "$") -> Body:
    """The body of a signature. Raises MalformedError naming the path; root: path of the envelope."""
    body = read_strict(signed.body, Body, f"{root}.body")
    try:
        datetime.fromisoformat(body.at)
    except ValueError:
        raise MalformedError(f"{root}.body.at: no such moment") from None
    for unit, sealed in body.contribution.items():
        try:
            canonical.from_base64(sealed, SHARE + OVERHEAD)
        except MalformedError as error:
            raise MalformedError(f"{root}.body.contribution.{unit}: {error}") from None
    return body


def make_body(agreement: Agreement, unit: str, at: datetime, random: Callable[[int], bytes]) -> Body:
    """Fresh random bytes, sealed to every unit. Raises UsageError if `at` has no time zone."""
    if at.tzinfo is None:
        raise UsageError("the time of signing needs a time zone")
    share = random(SHARE)
    if len(share) != SHARE:
        raise UsageError(f"the source of randomness gave {len(share)} bytes instead of {SHARE}")
    contribution = {
        other: canonical.to_base64(
            seal(agreement.party(other).sealing_key, _context(agreement.id, unit, other), share)
        )
        for other in agreement.units
    }
    moment = at.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return Body(agreement=agreement.id, at=f"{moment.isoformat()}Z", contribution=contribution)


def open_share(agreement: Agreement, contribution: Mapping[str, str], sender: str, ring: KeyRing) -> bytes:
    """The 32 bytes that `sender` contributed. IntegrityError, naming the sender, if they do not open."""
    try:
        sealed = canonical.from_base64(contribution[ring.name], SHARE + OVERHEAD)
        share = ring.open(_context(agreement.id, sender, ring.name), sealed)
    except (KeyError, MalformedError, IntegrityError):
        raise IntegrityError(
            f"unit {ring.name} cannot open what unit {sender} contributed to the linkage secret",
            f"what {sender} signed is unusable: propose the agreement anew, and have every unit sign it",
        ) from None
    return share


def _context(agreement_id: str, sender: str, recipient: str) -> dict[str, Json]:
    return {"use": "linkage-contribution", "agreement": agreement_id, "from": sender, "to": recipient}
