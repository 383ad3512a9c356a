"""Card: the public side of a key ring, to be handed out and put into agreements."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from pplink import canonical
from pplink.canonical import Json, MalformedError
from pplink.errors import AgreementError
from pplink.keys.signing import NAME
from pplink.keys.strict import read_strict

Role = Literal["unit", "broker", "auditor"]

_P = 2**255 - 19
_Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        _P - 1,
        _Y8,
        _P - _Y8,
    }
)
"""y of the eight points of small order on edwards25519 (RFC 8032, 5.1; their sign bit does not matter)."""


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A party's name, role and public keys."""

    format: Literal["pplink-card/1"]
    name: Annotated[str, msgspec.Meta(pattern=NAME)]
    """Small letters, digits and hyphens, at most 32, a letter first."""
    role: Role
    signing: str
    """Ed25519 public key, 32 bytes, base64."""
    sealing: str
    """X25519 public key, 32 bytes, base64."""

    @property
    def signing_key(self) -> bytes:
        """32 bytes."""
        return canonical.from_base64(self.signing, 32)

    @property
    def sealing_key(self) -> bytes:
        """32 bytes."""
        return canonical.from_base64(self.sealing, 32)

    @property
    def fingerprint(self) -> str:
        """128 bits of the card's digest in groups of four, to be compared by voice."""
        digits = canonical.digest(self.to_json())[:32]
        return " ".join(digits[i : i + 4] for i in range(0, 32, 4))

    def to_json(self) -> dict[str, Json]:
        """As it stands in a file."""
        return {
            "format": self.format,
            "name": self.name,
            "role": self.role,
            "signing": self.signing,
            "sealing": self.sealing,
        }

    @staticmethod
    def from_bytes(data: bytes) -> "Card":
        """A card file, in any layout. Raises AgreementError, naming the JSON path of what is wrong."""
        try:
            return card_from(canonical.from_bytes(data))
        except MalformedError as error:
            raise AgreementError(f"this is not a card: {error}", "`pplink unit init` makes one") from None


def card_from(value: Json) -> Card:
    """A JSON value as a card. Raises MalformedError, naming the path of what is wrong."""
    card = read_strict(value, Card)
    for path, problem in problems(card):
        raise MalformedError(f"${path}: {problem}")
    return card


def problems(card: Card) -> Iterator[tuple[str, str]]:
    """What types alone do not say: (path below the card, problem)."""
    keys = (("signing", card.signing, _weak_signing), ("sealing", card.sealing, _weak_sealing))
    for name, text, weak in keys:
        try:
            key = canonical.from_base64(text, 32)
        except MalformedError as error:
            yield f".{name}", str(error)
            continue
        if weak(key):
            yield f".{name}", "is a weak key: of small order, or not reduced"


def _weak_signing(key: bytes) -> bool:
    """Under a key of small order a signature can be made without the private key, and disowned."""
    y = int.from_bytes(key, "little") & (2**255 - 1)
    return y >= _P or y in _SMALL_ORDER_Y


def _weak_sealing(key: bytes) -> bool:
    """A key of small order gives every sender the same shared secret, zero (RFC 7748, 6.1)."""
    try:
        X25519PrivateKey.from_private_bytes(bytes(range(32))).exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError:
        return True
    return False
