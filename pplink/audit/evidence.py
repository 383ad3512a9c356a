"""Evidence: what an auditor has in hand, and what each check that passed adds to it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pplink.agreement.model import Agreement
from pplink.audit.acts import Acts
from pplink.audit.checkpoint import Checkpoint
from pplink.audit.folder import RunFiles
from pplink.audit.log import Log
from pplink.dataset.manifest import Manifest
from pplink.keys.signing import Signed

if TYPE_CHECKING:
    from pplink.audit.session_checks import SessionActs


class Wrong(Exception):
    """A check failed; the text says what is wrong, in words for a person."""


@dataclass(kw_only=True)
class Evidence:
    """A later check trusts what an earlier one put here, and nothing else."""

    files: RunFiles
    """The run folder."""
    agreement_id: str | None
    """The agreement that the auditor knows, if any."""
    broker_public: bytes | None
    """The broker's Ed25519 key that the auditor knows, if any."""

    agreement: Agreement = field(init=False)
    """After `agreement`: read; after `signatures`: signed by every unit."""
    checkpoint: Checkpoint = field(init=False)
    """After `checkpoint`: signed by the agreement's broker."""
    log: Log = field(init=False)
    """After `log`: the one that the checkpoint fixes."""
    entries: tuple[Signed, ...] = field(init=False)
    """After `signers`: the log's envelopes, each verified."""
    acts: Acts = field(init=False)
    """After `order`, of a run."""
    session: SessionActs = field(init=False)
    """After `order`, of a session."""
    manifests: tuple[Manifest, ...] = field(init=False)
    """After `datasets`: of the datasets that were matched, in that order."""

    def document(self, name: str) -> bytes:
        """A document of the folder. Raises Wrong if it is not there."""
        if name not in self.files.documents:
            raise Wrong(f"{name} is missing")
        return self.files.documents[name]
