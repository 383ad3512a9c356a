"""Ring: a party's private keys, which never leave it, and what it does with them."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import Suite

from pplink import canonical
from pplink.canonical import Json, MalformedError
from pplink.errors import IntegrityError, PplinkError, RefusedError, UnavailableError, UsageError
from pplink.files import write_atomically
from pplink.keys import signing, store
from pplink.keys.card import Card, Role, card_from
from pplink.keys.derive import Label, derive
from pplink.keys.sealing import SUITE, open_sealed
from pplink.keys.signing import NAME, Signed
from pplink.keys.strict import read_strict

__all__ = ["NOTE_PREFIX", "Card", "KeyRing", "Role", "create", "load"]

FORMAT = "pplink-ring/1"
NOTE_PREFIX = b"pplink/"
"""How every note that a ring signs begins; an envelope never begins so."""

_ID = re.compile(r"[0-9a-f]{64}")


class _Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    signing: str
    """Ed25519 seed, 32 bytes, base64."""
    sealing: str
    """X25519 private key, 32 bytes, base64."""
    handles: str
    """32 random bytes, base64; all handle keys come from them."""

    def __repr__(self) -> str:
        return "_Secrets(3 keys)"


class _RingFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["pplink-ring/1"]
    card: Card
    secrets: _Secrets
    sha256: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    """Of the RFC 8785 form of the rest: the handle secret has no public side that would show damage."""


class KeyRing:
    """Signs, opens and makes handles in its party's name. Prints no secret; is never pickled or copied."""

    __slots__ = ("_handles", "_sealing", "_signing", "card", "home")

    card: Card
    """The public side."""
    home: Path
    """The folder it is kept in."""

    def __init__(self, home: Path, card: Card, held: _Secrets) -> None:
        self.home = home
        self.card = card
        self._signing = Ed25519PrivateKey.from_private_bytes(canonical.from_base64(held.signing, 32))
        self._sealing = X25519PrivateKey.from_private_bytes(canonical.from_base64(held.sealing, 32))
        self._handles = canonical.from_base64(held.handles, 32)

    @property
    def name(self) -> str:
        """The party's name."""
        return self.card.name

    @property
    def role(self) -> Role:
        """What the party is."""
        return self.card.role

    def sign(self, kind: str, body: dict[str, Json]) -> Signed:
        """`body` in an envelope of this kind, signed. Raises MalformedError if JSON cannot say it."""
        return signing.sign(self._signing, kind, self.name, body)

    def sign_note(self, text: bytes) -> bytes:
        """64 bytes: the Ed25519 signature over `text` as it is, for a C2SP signed note.

        text must begin with NOTE_PREFIX (UsageError): a note that looked like an envelope would be one.
        """
        if not text.startswith(NOTE_PREFIX):
            raise UsageError("this key ring signs notes of pplink only")
        return self._signing.sign(text)

    def open(self, context: Json, sealed: bytes | memoryview, suite: Suite = SUITE) -> bytes:
        """What was sealed to this ring's card under `context`. Raises IntegrityError for anything else."""
        return open_sealed(self._sealing, context, sealed, suite)

    def handle_key(self, agreement_id: str) -> bytes:
        """32 bytes: the key of this party's handles under one agreement. No other party has it."""
        return derive(self._handles, Label.HANDLE_KEY, context=agreement_id)

    def blocking_key(self, agreement_id: str) -> bytes:
        """32 bytes: what hides this party's records in what it tells of its blocks under one agreement."""
        return derive(self._handles, Label.BLOCKING_NOISE, context=agreement_id)

    def couple_key(self, agreement_id: str, peer: str) -> bytes:
        """32 bytes: the key of the names that this party has for its handles towards one of several other units."""
        return derive(self._handles, Label.COUPLE_KEY, context=f"{agreement_id} {peer}")

    def remembered(self, agreement_id: str) -> Signed | None:
        """What this ring signed under that agreement before, if anything. IntegrityError if damaged."""
        path = self._memory(agreement_id)
        if not path.exists():
            return None
        try:
            return signing.signed_from(canonical.exactly(store.read_private(path, "signature")))
        except MalformedError as error:
            raise IntegrityError(f"{path} is damaged: it {error}", "restore it from a copy") from None

    def remember(self, agreement_id: str, signed: Signed) -> Signed:
        """Keep what was signed, for `remembered`. The first to be kept stays, and is what comes back."""
        path = self._memory(agreement_id)
        store.make_folder(path.parent)
        if store.put_new(path, canonical.to_bytes(signed.to_json())):
            return signed
        return self.remembered(agreement_id) or signed

    def _memory(self, agreement_id: str) -> Path:
        if not _ID.fullmatch(agreement_id):
            raise UsageError("an agreement's id is 64 lower-case hex digits")
        return self.home / "agreements" / f"{agreement_id}.json"

    def __repr__(self) -> str:
        return f"KeyRing({self.name}, 3 keys)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key ring does not leave its process")


def create(home: Path, name: str, role: Role) -> KeyRing:
    """Make a party's keys in the folder `home`, which becomes its owner's alone.

    Raises UsageError for a name or role that cannot be, RefusedError if `home` has a ring already or is open
    to other users, UnavailableError if the disk will not have it.
    """
    held = _Secrets(signing=_fresh(), sealing=_fresh(), handles=_fresh())
    card = _card_of(held, name, role)
    new, path = not home.exists(), home / "ring.json"
    store.make_folder(home)
    try:
        if not store.put_new(path, _to_bytes(card, held)):
            raise _refusal(home)
        try:
            _write_card(home, card)
        except BaseException:  # nobody has this ring's card: the same command makes another
            path.unlink(missing_ok=True)
            raise
    except (UnavailableError, KeyboardInterrupt):
        if new:
            with suppress(OSError):
                home.rmdir()
        raise
    return KeyRing(home, card, held)


def load(home: Path) -> KeyRing:
    """The key ring in `home`.

    Raises UsageError if there is none, RefusedError if other users could read or swap it, IntegrityError if
    it is damaged.
    """
    path = home / "ring.json"
    if not path.exists():
        raise UsageError(
            f"there is no key ring in {home}",
            "name its folder with `--home`, or make one: `pplink unit init NAME` (`broker`, `auditor` likewise)",
        )
    store.require_private(home)
    try:
        card, held = _from_bytes(store.read_private(path, "key ring"))
    except MalformedError:  # what it says could quote the file
        raise IntegrityError(f"the key ring in {home} is damaged", "restore the folder from a copy") from None
    if not (home / "card.json").exists():  # `create` was killed between its two files
        _write_card(home, card)
    return KeyRing(home, card, held)


def _refusal(home: Path) -> RefusedError:
    with suppress(PplinkError):  # reading a ring writes the card that it lacks if `create` was killed
        load(home)
    return RefusedError(
        f"{home} holds a key ring already, and it is not replaced",
        f"its card is in {home / 'card.json'}; for another ring, give another --home",
    )


def _fresh() -> str:
    return canonical.to_base64(os.urandom(32))


def _card_of(held: _Secrets, name: str, role: Role) -> Card:
    sign = Ed25519PrivateKey.from_private_bytes(canonical.from_base64(held.signing, 32))
    seal = X25519PrivateKey.from_private_bytes(canonical.from_base64(held.sealing, 32))
    keys = {
        "signing": canonical.to_base64(sign.public_key().public_bytes_raw()),
        "sealing": canonical.to_base64(seal.public_key().public_bytes_raw()),
    }
    if not re.fullmatch(NAME, name):
        raise UsageError(
            "a party's name has small letters, digits and hyphens, at most 32, a letter first",
            "for example north",
        )
    try:
        return card_from({"format": "pplink-card/1", "name": name, "role": role, **keys})
    except MalformedError:
        raise UsageError("a party is a unit, a broker or an auditor") from None


def _to_bytes(card: Card, held: _Secrets) -> bytes:
    rest = {"format": FORMAT, "card": card.to_json(), "secrets": msgspec.to_builtins(held)}
    return canonical.to_bytes({**rest, "sha256": canonical.digest(rest)})


def _from_bytes(data: bytes) -> tuple[Card, _Secrets]:
    value = canonical.exactly(data)
    kept = read_strict(value, _RingFile)
    canonical.from_base64(kept.secrets.handles, 32)
    rest = {key: value[key] for key in ("format", "card", "secrets")}
    if canonical.digest(rest) != kept.sha256:
        raise MalformedError("does not have the digest it names")
    if _card_of(kept.secrets, kept.card.name, kept.card.role) != kept.card:
        raise MalformedError("has a card of other keys")
    return kept.card, kept.secrets


def _write_card(home: Path, card: Card) -> None:
    write_atomically(home / "card.json", canonical.to_bytes(card.to_json()) + b"\n")
