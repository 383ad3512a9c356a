"""Signing: envelopes that say who said what, under Ed25519 (RFC 8032) over the RFC 8785 form."""

from typing import Annotated, Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pplink import canonical
from pplink.canonical import Json, MalformedError
from pplink.errors import IntegrityError
from pplink.keys.strict import read_strict

PREFIX = b"pplink-signed/1\n"
"""What is signed begins with this, so that no other use of the key can be taken for an envelope."""

NAME = r"\A[a-z][a-z0-9-]{0,31}\Z"
"""What a party may be called."""

KIND = r"\A[a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,63}/[1-9][0-9]{0,3}\Z"
"""What an envelope may be: project, kind, version, as in `pplink/event/1`."""

AGAIN = "the document was changed after signing, or another key signed it: get it again from its sender"


class Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body and who signed it. Nothing is verified by reading one: see `verify`."""

    kind: Annotated[str, msgspec.Meta(pattern=KIND)]
    """What the body is and in which version; signed, so that a body cannot be passed off as another kind."""
    signer: Annotated[str, msgspec.Meta(pattern=NAME)]
    """Name of the party, as on its card."""
    body: dict[str, Any]
    """JSON."""
    signature: str
    """64 bytes, base64."""

    def to_json(self) -> dict[str, Json]:
        """As it stands in a file."""
        return {"kind": self.kind, "signer": self.signer, "body": self.body, "signature": self.signature}


def message(kind: str, signer: str, body: dict[str, Json]) -> bytes:
    """The bytes that are signed. Raises MalformedError for a body without a canonical form."""
    return PREFIX + canonical.to_bytes({"kind": kind, "signer": signer, "body": body})


def sign(private: Ed25519PrivateKey, kind: str, signer: str, body: dict[str, Json]) -> Signed:
    """Sign `body` as `signer`. The same input gives the same signature, byte for byte (RFC 8032, 5.1.6).

    The body kept is the one a reader gets back. Raises MalformedError if it has no canonical form.
    """
    signed = message(kind, signer, body)
    signature = canonical.to_base64(private.sign(signed))
    kept = canonical.from_bytes(signed.removeprefix(PREFIX))
    return signed_from({**kept, "signature": signature})


def signed_from(value: Json) -> Signed:
    """A JSON value as an envelope. Raises MalformedError, naming the path of what is wrong."""
    signed = read_strict(value, Signed)
    check_form(signed)
    return signed


def check_form(signed: Signed, root: str = "$") -> None:
    """What types alone do not say. Raises MalformedError; root: path of the envelope in its document."""
    try:
        canonical.from_base64(signed.signature, 64)
    except MalformedError as error:
        raise MalformedError(f"{root}.signature: {error}") from None
    try:
        canonical.to_bytes(signed.body)
    except MalformedError as error:
        raise MalformedError(f"{root}.body: {error}") from None


def verify(signed: Signed, public: bytes, kind: str) -> None:
    """Raise IntegrityError unless the key `public` (32 bytes) signed this envelope as a `kind`."""
    if signed.kind != kind:
        raise IntegrityError(f"{signed.signer} signed a {signed.kind} where a {kind} is due", AGAIN)
    try:
        signature = canonical.from_base64(signed.signature, 64)
        data = message(signed.kind, signed.signer, signed.body)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, MalformedError, ValueError):
        raise IntegrityError(
            f"the signature of {signed.signer} under a {kind} is not theirs", AGAIN
        ) from None
