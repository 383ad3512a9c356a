"""Checkpoint: the signed head of a log, as a C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint).

Stricter than the specification where it leaves room, so that no byte of the file can change unnoticed: no
extension lines, and exactly one signature, by the log's own key, whose name is the origin.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pplink import canonical
from pplink.audit import note
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, UsageError

RUN = r"[a-z0-9][a-z0-9-]{0,63}"
"""What a run may be called; it stands in the origin, so no space and no plus."""
_ORIGIN = re.compile(rf"pplink/[a-z][a-z0-9-]{{0,31}}/{RUN}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,14}")


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """How many leaves a log has, and their root."""

    origin: str
    """The log's name: `pplink/`, the broker's name, `/`, the run; also the name of the key that signs."""
    size: int
    """Leaves in the log."""
    root: bytes
    """Root of the Merkle tree over them, 32 bytes."""

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{canonical.to_base64(self.root)}\n"


def origin_of(broker: str, run: str) -> str:
    """The name of the log of one run. Raises UsageError for a name that an origin cannot carry."""
    origin = f"pplink/{broker}/{run}"
    if not _ORIGIN.fullmatch(origin):
        raise UsageError("a run's name has small letters, digits and hyphens only, at most 64")
    return origin


def sign_checkpoint(checkpoint: Checkpoint, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The checkpoint as a signed note; public: the signer's Ed25519 key, `sign`: its `KeyRing.sign_note`."""
    data = note.sign_note(checkpoint.text(), checkpoint.origin, public, sign)
    if read_checkpoint(data) != checkpoint:
        raise UsageError("this checkpoint does not read back as written")
    return data


def read_checkpoint(data: bytes) -> Checkpoint:
    """The claim a checkpoint makes, not yet verified. Raises IntegrityError for any other byte form."""
    try:
        return _read_text(note.read_note(data))
    except MalformedError as error:
        raise IntegrityError(f"checkpoint {error}") from None


def verify_checkpoint(data: bytes, public: bytes) -> Checkpoint:
    """What the key `public` (Ed25519, 32 bytes) signed; IntegrityError if it signed nothing of the kind."""
    checkpoint = read_checkpoint(data)
    note.verify_note(note.read_note(data), checkpoint.origin, public)
    return checkpoint


def _read_text(signed: note.Note) -> Checkpoint:
    if len(signed.signatures) != 1:
        raise MalformedError(f"has {len(signed.signatures)} signatures instead of one")
    lines = signed.text.split("\n")
    if len(lines) != 4:
        raise MalformedError("does not have the three lines origin, size and root")
    origin, size, root, _ = lines
    if not _ORIGIN.fullmatch(origin):
        raise MalformedError("has an origin of another form")
    if not _SIZE.fullmatch(size):
        raise MalformedError("has a size of another form")
    return Checkpoint(origin=origin, size=int(size), root=canonical.from_base64(root, 32))
