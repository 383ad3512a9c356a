"""Log: the signed acts of one run in order. One envelope a line, each line a leaf of the Merkle tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pplink import canonical
from pplink.audit import tree
from pplink.audit.checkpoint import Checkpoint, origin_of, sign_checkpoint
from pplink.canonical import MalformedError
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed, signed_from


@dataclass(frozen=True, kw_only=True)
class Log:
    """Envelopes in order; appending gives a longer log and leaves the old one as it was."""

    leaves: tuple[bytes, ...] = ()
    """Each envelope's RFC 8785 form, without a newline (it cannot hold one)."""

    def append(self, *signed: Signed) -> Log:
        """This log and then these acts. Raises MalformedError for one that cannot be read back."""
        new = Log(leaves=self.leaves + tuple(canonical.to_bytes(each.to_json()) for each in signed))
        for leaf in new.leaves[len(self.leaves) :]:
            _read_leaf(leaf)
        return new

    def entries(self) -> tuple[Signed, ...]:
        """The envelopes, none of them verified."""
        return tuple(_read_leaf(leaf) for leaf in self.leaves)

    def to_bytes(self) -> bytes:
        """The file: each leaf and a newline."""
        return b"".join(leaf + b"\n" for leaf in self.leaves)

    @staticmethod
    def from_bytes(data: bytes) -> Log:
        """The log in a file. Raises MalformedError naming a line that is not an envelope in its one form."""
        if data and not data.endswith(b"\n"):
            raise MalformedError("does not end with a newline")
        leaves = data.split(b"\n")[:-1]
        for number, leaf in enumerate(leaves, start=1):
            try:
                _read_leaf(leaf)
            except MalformedError as error:
                raise MalformedError(f"line {number} {error}") from None
        return Log(leaves=tuple(leaves))

    @property
    def size(self) -> int:
        """How many acts."""
        return len(self.leaves)

    @property
    def root(self) -> bytes:
        """Root of the Merkle tree over the leaves, 32 bytes."""
        return tree.root_hash(self.hashes)

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Of the leaves, of which the tree is made."""
        return tuple(tree.leaf_hash(leaf) for leaf in self.leaves)

    def checkpoint(self, broker: KeyRing, run: str) -> bytes:
        """This log's head as a checkpoint, signed by the broker."""
        head = Checkpoint(origin=origin_of(broker.name, run), size=self.size, root=self.root)
        return sign_checkpoint(head, broker.card.signing_key, broker.sign_note)


def log_of(acts: Iterable[Signed]) -> Log:
    """A log of these acts in this order. Raises MalformedError as `Log.append` does."""
    return Log().append(*acts)


def _read_leaf(leaf: bytes) -> Signed:
    return signed_from(canonical.exactly(leaf))
