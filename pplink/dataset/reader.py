"""Reader: a file that a peer made to a dataset. Whatever is not exactly a dataset is an IntegrityError."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from pplink import canonical, memory
from pplink.agreement.model import Agreement
from pplink.canonical import MalformedError
from pplink.dataset.dataset import EncodedDataset, describe
from pplink.dataset.keeping import check_kept
from pplink.dataset.manifest import KIND, Manifest, manifest_of
from pplink.dataset.writer import MANIFEST
from pplink.errors import IntegrityError, UnavailableError, UsageError
from pplink.keys import signing
from pplink.keys.signing import Signed, signed_from

HINT = "it was damaged on the way or is something else: get it again from its unit"

LONGEST_MANIFEST = 1 << 16
"""Characters."""


def read(path: Path) -> EncodedDataset:
    """The dataset in a file; its arrays are what its manifest says, but see `verify` for who signed that.

    Memory: the arrays once. Raises UsageError for no file, IntegrityError for anything else than a whole
    dataset, UnavailableError if the disk fails or there is too little memory.
    """
    _check_file(path)
    try:
        memory.require(path.stat().st_size, f"dataset {path.name}")
        with memory.enough(f"dataset {path.name}"), safe_open(path, framework="np") as file:
            return _read(file)
    except MalformedError as error:
        raise IntegrityError(f"{path.name} is no dataset: {error}", HINT) from None
    except (SafetensorError, ValueError, TypeError, OverflowError):
        raise IntegrityError(f"{path.name} is no whole safetensors file", HINT) from None
    except OSError as error:
        reason = error.strerror or "the disk or its rights refuse"
        raise UnavailableError(
            f"{path.name} cannot be read: {reason}", "check its owner, then try again"
        ) from None


def verify(dataset: EncodedDataset, agreement: Agreement) -> None:
    """Raise IntegrityError unless a unit of this agreement made this dataset under it, and signed for it."""
    try:
        manifest = dataset.manifest
    except MalformedError as error:
        raise IntegrityError(f"the manifest is none: it {error}", HINT) from None
    if manifest.agreement != agreement.id:
        raise IntegrityError(
            f"the dataset of {manifest.unit} was made for agreement {manifest.agreement[:16]}...,"
            f" not for {agreement.id[:16]}...",
            "ask the unit to encode with this agreement",
        )
    if manifest.unit not in agreement.units or dataset.signed.signer != manifest.unit:
        raise IntegrityError(
            f"the dataset says it is of {manifest.unit} and is signed by {dataset.signed.signer}:"
            " not a unit of the agreement speaking for itself",
            HINT,
        )
    signing.verify(dataset.signed, agreement.party(manifest.unit).signing_key, KIND)
    check_kept(manifest, agreement.terms)


def _check_file(path: Path) -> None:
    if not path.exists():
        raise UsageError(f"dataset {path} does not exist", "check the name")
    if not path.is_file():
        raise UsageError(f"dataset {path} is not a file", "name a file that `pplink unit encode` wrote")


def _read(file: Any) -> EncodedDataset:
    signed = _envelope(file.metadata())
    manifest = manifest_of(signed)
    if set(file.keys()) != {"encoding", "handle"}:
        raise MalformedError("has other tensors than encoding and handle")
    encoding = _tensor(file, "encoding", manifest)
    handle = _tensor(file, "handle", manifest)
    return EncodedDataset(encoding=encoding, handle=handle, signed=signed)


def _envelope(metadata: dict[str, str] | None) -> Signed:
    if not metadata or set(metadata) != {MANIFEST}:
        raise MalformedError("its metadata is not one manifest")
    text = metadata[MANIFEST]
    if len(text) > LONGEST_MANIFEST:
        raise MalformedError("its manifest is too long")
    return signed_from(canonical.exactly(text.encode()))


def _tensor(file: Any, name: str, manifest: Manifest) -> Any:
    """The array, if it is as the manifest says; its type and shape are looked at before memory is taken."""
    declared = manifest.tensors[name]  # type: ignore[index]
    found = file.get_slice(name)
    if (found.get_dtype(), list(found.get_shape())) != (declared.dtype, declared.shape):
        raise MalformedError(f"tensor {name} has another type or shape than its manifest says")
    array = np.ascontiguousarray(file.get_tensor(name))
    if describe(array) != declared:
        raise MalformedError(f"tensor {name} is not the one that its manifest was signed for")
    return array
