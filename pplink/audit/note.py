"""Note: the C2SP signed note (https://c2sp.org/signed-note), Ed25519 signatures only, one byte form only.

What is signed is the text itself. That cannot be mistaken for one of our signed envelopes, which are signed
over bytes that begin `pplink-signed/1` and a newline: the text of a checkpoint begins with its origin,
`pplink/`, so the two differ at the seventh byte whatever follows, although both use the broker's one key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, UsageError

_ED25519 = b"\x01"
_DASH = "\N{EM DASH}"
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LIMIT = 16
"""Signatures in a note: as many as the specification says a reader must take."""


@dataclass(frozen=True, kw_only=True)
class NoteSignature:
    """One line under a note."""

    name: str
    """The key's name: no space, no plus."""
    key_id: bytes
    """4 bytes: a hint which key it was."""
    signature: bytes
    """What that key made of the text: 64 bytes for Ed25519, other lengths for algorithms we do not know."""

    def line(self) -> str:
        """The line as it stands in the note, newline included."""
        return f"{_DASH} {self.name} {canonical.to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, kw_only=True)
class Note:
    """A text and the signatures under it; nothing is verified yet."""

    text: str
    """Ends with a newline."""
    signatures: tuple[NoteSignature, ...]
    """At least one, in the order they stand."""

    def to_bytes(self) -> bytes:
        """UTF-8: text, a blank line, a line for each signature."""
        return (self.text + "\n" + "".join(each.line() for each in self.signatures)).encode()


def key_id(name: str, public: bytes) -> bytes:
    """The first 4 bytes of SHA-256(name || newline || 0x01 || public); public: 32 bytes."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def sign_note(text: str, name: str, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The note's bytes; `sign` makes the Ed25519 signature of the bytes it is given.

    Raises UsageError for a text or name that a note cannot carry.
    """
    if not _NAME.fullmatch(name):
        raise UsageError("a note's key name has no space and no plus")
    try:
        signature = NoteSignature(name=name, key_id=key_id(name, public), signature=sign(text.encode()))
        data = Note(text=text, signatures=(signature,)).to_bytes()
        read_note(data)
    except UnicodeEncodeError:
        raise UsageError("the text of a note is not Unicode") from None
    except MalformedError as error:
        raise UsageError(f"the text of a note {error}") from None
    return data


def read_note(data: bytes) -> Note:
    """Take a note apart. Raises MalformedError for anything but the one byte form; verifies nothing."""
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise MalformedError("is not UTF-8") from None
    if _CONTROL.search(whole):
        raise MalformedError("has a control character")
    text, blank, below = whole.rpartition("\n\n")
    if not blank or not text or not below.endswith("\n"):
        raise MalformedError("has no signature")
    lines = below[:-1].split("\n")
    if len(lines) > _LIMIT:
        raise MalformedError(f"has more than {_LIMIT} signatures")
    note = Note(text=text + "\n", signatures=tuple(_read_line(line) for line in lines))
    if note.to_bytes() != data:
        raise MalformedError("is not in its one byte form")
    return note


def verify_note(note: Note, name: str, public: bytes) -> None:
    """Raise IntegrityError unless the key (name, public) signed the text, and only correctly.

    Signatures of other keys are ignored, as the specification asks of a reader.
    """
    wanted = (name, key_id(name, public))
    ours = [each for each in note.signatures if (each.name, each.key_id) == wanted]
    if not ours:
        raise IntegrityError(f"the note is not signed by {name}")
    for each in ours:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(each.signature, note.text.encode())
        except (InvalidSignature, ValueError):
            raise IntegrityError(f"the signature of {name} under the note is not theirs") from None


def _read_line(line: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or not _NAME.fullmatch(parts[1]):
        raise MalformedError("has a signature line of another form")
    data = canonical.from_base64(parts[2])
    if len(data) <= 4:
        raise MalformedError("has a signature line without a signature")
    return NoteSignature(name=parts[1], key_id=data[:4], signature=data[4:])
