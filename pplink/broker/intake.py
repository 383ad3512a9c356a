"""Intake: which datasets may be matched under which agreement. All is checked before any comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from pplink.agreement import signatures, text
from pplink.agreement.model import Agreement
from pplink.agreement.shown import check_shown
from pplink.audit.events import read_time
from pplink.canonical import MalformedError
from pplink.dataset.dataset import EncodedDataset
from pplink.dataset.reader import HINT, read, verify
from pplink.errors import AgreementError, IntegrityError, UsageError
from pplink.files import read_bytes
from pplink.keys.ring import KeyRing


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What a run starts from."""

    agreement: Agreement
    """Complete and in force."""
    agreement_bytes: bytes
    """The file as it was received; the log names its digest."""
    agreement_path: Path
    datasets: tuple[EncodedDataset, ...]
    """One of each unit, by unit name; signed by it, all under one agreement and one secret."""

    paths: tuple[Path, ...]
    """Where each of them was read."""

    @property
    def units(self) -> tuple[str, ...]:
        """The units' names, in the order of `datasets`."""
        return tuple(dataset.manifest.unit for dataset in self.datasets)

    @property
    def agreement_sha256(self) -> str:
        """Of the file's bytes, 64 hex digits."""
        return hashlib.sha256(self.agreement_bytes).hexdigest()


def receive(paths: Sequence[Path], agreement_path: Path, ring: KeyRing, on: date) -> Intake:
    """Read and check everything that a run needs.

    Raises AgreementError (lacks a signature, not in force, another broker's, secrets that differ, a unit
    missing, a dataset dated outside the agreement), RefusedError if the broker is not to see encodings,
    IntegrityError (a dataset damaged, forged, of another agreement, or with one handle twice), UsageError (one
    unit twice).
    """
    data = read_bytes(agreement_path, "agreement", limit=1 << 24)
    agreement = text.read(data)
    signatures.check(agreement, on)
    signatures.check_party(agreement, ring)
    if ring.role != "broker":
        raise AgreementError(f"{ring.name} is not the broker of this agreement", "use the broker's key ring")
    check_shown(agreement)
    received = [(_receive(path, agreement), path) for path in paths]
    received.sort(key=lambda each: each[0].manifest.unit)
    datasets = [dataset for dataset, _ in received]
    _one_each([dataset.manifest.unit for dataset in datasets], agreement)
    _one_secret(datasets)
    return Intake(
        agreement=agreement,
        agreement_bytes=data,
        agreement_path=agreement_path,
        datasets=tuple(datasets),
        paths=tuple(path for _, path in received),
    )


def _receive(path: Path, agreement: Agreement) -> EncodedDataset:
    dataset = read(path)
    verify(dataset, agreement)
    _in_force(dataset, agreement)
    _handles_once(dataset)
    return dataset


def _in_force(dataset: EncodedDataset, agreement: Agreement) -> None:
    """No auditor would accept a run with a dataset from before or after the agreement."""
    first, last = agreement.terms.valid_from, agreement.terms.valid_until
    manifest = dataset.manifest
    try:
        day = read_time(manifest.created).date()
    except MalformedError as error:
        raise IntegrityError(f"the date of the dataset of {manifest.unit} {error}", HINT) from None
    if not first <= day <= last:
        raise AgreementError(
            f"the dataset of {manifest.unit} is dated {manifest.created};"
            f" the agreement is in force from {first} to {last}",
            f"ask {manifest.unit} to check its clock and to encode again",
        )


def _handles_once(dataset: EncodedDataset) -> None:
    """A handle names one record: with two, other units would be told of one person twice."""
    names = np.ascontiguousarray(dataset.handle).view("V16")
    if len(np.unique(names)) != len(names):
        raise IntegrityError(
            f"the dataset of {dataset.manifest.unit} has a handle twice",
            f"ask {dataset.manifest.unit} to encode again",
        )


def _one_each(units: list[str], agreement: Agreement) -> None:
    """A run without one of the units would look, to an auditor, like a run from which it was dropped."""
    twice = sorted({unit for unit in units if units.count(unit) > 1})
    if twice:
        raise UsageError(f"two datasets are of unit {twice[0]}", "give one dataset of each unit")
    missing = [unit for unit in agreement.units if unit not in units]
    if missing:
        raise AgreementError(
            f"no dataset is of unit {', '.join(missing)}",
            "all units of an agreement take part in its runs: get the dataset, or agree without that unit",
        )


def _one_secret(datasets: Sequence[EncodedDataset]) -> None:
    """Datasets made with different linkage secrets would match nothing, silently."""
    first, *others = datasets
    for other in others:
        if other.manifest.confirmation != first.manifest.confirmation:
            raise AgreementError(
                f"units {first.manifest.unit} and {other.manifest.unit} derived different linkage secrets",
                "all units must encode with the same merged agreement: merge, send it round, encode again",
            )
