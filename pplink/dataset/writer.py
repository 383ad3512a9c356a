"""Writer: a dataset to its file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import save_file

from pplink import canonical
from pplink.dataset.dataset import EncodedDataset
from pplink.errors import UnavailableError
from pplink.files import replacing

MANIFEST = "manifest"
"""The only key in the file's metadata."""


def write(path: Path, dataset: EncodedDataset) -> None:
    """Write the file that FORMAT.md describes, for its owner alone to read: who sees encodings can attack them.

    Raises UsageError or UnavailableError, leaving what was there.
    """
    envelope = canonical.to_bytes(dataset.signed.to_json()).decode()
    tensors = {"encoding": dataset.encoding, "handle": dataset.handle}
    with replacing(path, private=True) as temporary:
        try:
            save_file(tensors, temporary, metadata={MANIFEST: envelope})
        except SafetensorError as error:
            raise UnavailableError(
                f"cannot write {path}: {_reason(error)}", "free space, then run again"
            ) from None


def _reason(error: SafetensorError) -> str:
    return "the disk is full" if "os error 28" in str(error) else "the disk refused it"
