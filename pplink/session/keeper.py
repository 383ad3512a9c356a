"""Keeper: a Paillier key for sums, an auditor's of units' tables or a unit's of its numbers; kept beside its ring."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.errors import AgreementError, IntegrityError, UnavailableError, UsageError
from pplink.keys.ring import KeyRing
from pplink.keys.store import put_new, read_private
from pplink.keys.strict import read_strict
from protocols.paillier_stats import SecretKey

FILE = "keeper.json"
"""In the folder of the keeper's key ring."""
BITS = 3072
Hex = Annotated[str, msgspec.Meta(pattern=r"\A[1-9a-f][0-9a-f]{0,1023}\Z")]


class _Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["pplink-keeper/1"]
    p: Hex
    q: Hex


@dataclass(frozen=True, kw_only=True, eq=False)
class KeeperInputs:
    """What a keeper brings to a session: its key."""

    key: SecretKey
    told: int = 0
    confirmation: bytes = b""

    def __len__(self) -> int:
        return 0

    @property
    def handles(self) -> npt.NDArray[np.uint8]:
        """Of no records."""
        return np.zeros((0, 16), np.uint8)

    @property
    def digest(self) -> str:
        """Of the public key, 64 hex digits."""
        return hashlib.sha256(f"{self.key.modulus:x}".encode()).hexdigest()


def library() -> Any:
    """The library that adds under encryption. Raises UnavailableError without it."""
    try:
        import phe
    except ImportError:
        raise UnavailableError(
            "sums under encryption need the library phe, which is not installed",
            "pip install 'pplink[sums]'; it comes apart from pplink because its licence is the GPL",
        ) from None
    return phe


def make(ring: KeyRing) -> int:
    """A new key beside an auditor's or a unit's ring; its public half. Raises UsageError if there is one already."""
    if ring.role == "broker":
        raise UsageError(
            f"{ring.name} is a broker, which is to read no sums", "an auditor or a unit keeps the key"
        )
    _, secret = library().generate_paillier_keypair(n_length=BITS)
    value: dict[str, Any] = {"format": "pplink-keeper/1", "p": f"{secret.p:x}", "q": f"{secret.q:x}"}
    if not put_new(ring.home / FILE, canonical.to_bytes(value)):
        raise UsageError(
            f"{ring.home} has a keeper's key already",
            "`keeper-key --show` prints its public half",
        )
    return int(secret.p) * int(secret.q)


def load(ring: KeyRing) -> KeeperInputs:
    """A keeper's key. Raises UsageError if there is none, IntegrityError if it is damaged."""
    if not (ring.home / FILE).exists():
        raise UsageError(f"{ring.home} has no keeper's key", "make one with `keeper-key`")
    data = read_private(ring.home / FILE, "the keeper's key")
    try:
        kept = read_strict(canonical.exactly(data), _Kept)
    except MalformedError as error:
        raise IntegrityError(f"the keeper's key: {error}", "restore it from a copy") from None
    return KeeperInputs(key=SecretKey(p=int(kept.p, 16), q=int(kept.q, 16)))


def check(inputs: KeeperInputs, modulus: int) -> None:
    """Raise AgreementError unless this is the agreed key."""
    if inputs.key.modulus != modulus:
        raise AgreementError(
            "the keeper's key is not the one of this agreement", "check --home, or agree on this key"
        )
