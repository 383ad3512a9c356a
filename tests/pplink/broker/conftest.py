"""Three units' lists with some persons in common, really encoded under a really signed agreement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pplink import canonical
from pplink.agreement import text
from pplink.agreement.model import Agreement
from pplink.dataset import writer
from pplink.dataset.dataset import EncodedDataset
from pplink.dataset.making import make_dataset
from pplink.encoders.pipeline import encode_list
from pplink.keys.ring import KeyRing

PEOPLE = (
    ("Amina", "Haddad", "1971-02-03", "Varna"),
    ("Boris", "Petrov", "1985-11-30", "Trieste"),
    ("Chiara", "Rossi", "1962-07-14", "Lyon"),
    ("Dmitri", "Kowalski", "1999-01-22", "Malmo"),
    ("Elena", "Lindqvist", "1948-05-09", "Izmir"),
    ("Farid", "Okafor", "1977-09-17", "Gdansk"),
    ("Greta", "Schmidt", "1990-12-25", "Bremen"),
    ("Hassan", "Yilmaz", "1956-03-31", "Lagos"),
    ("Ines", "Moreau", "1983-08-06", "Porto"),
)
HELD: Mapping[str, tuple[int, ...]] = {"north": (0, 1, 2, 3, 4, 5), "south": (4, 5, 6, 7), "west": (5, 0, 8)}
"""Which persons each unit holds, in the order of its rows: 5 is known to all, 0 and 4 to two."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """All that a broker has on its desk, and the rings of those who sent it."""

    rings: Mapping[str, KeyRing]
    agreement: Agreement
    folder: Path
    noon: datetime

    @property
    def agreement_file(self) -> Path:
        return self.folder / "agreement.json"

    @property
    def files(self) -> list[Path]:
        """A dataset of each unit, in no order."""
        return [self.folder / f"{unit}.safetensors" for unit in reversed(self.agreement.units)]

    def file(self, unit: str) -> Path:
        return self.folder / f"{unit}.safetensors"

    def put(self, dataset: EncodedDataset) -> Path:
        """A dataset in the file of its unit, in place of what was there."""
        path = self.file(dataset.signed.signer)
        writer.write(path, dataset)
        return path

    def made(self, unit: str, records: int = 3, /, *, signer: str | None = None, **changes: Any) -> Path:
        """A dataset of random bits that `unit` says is its own, put into its file."""
        dice = np.random.default_rng(records)
        words = changes.pop("words", self.agreement.terms.encoding.bits // 64)
        options: dict[str, Any] = {
            "handle": dice.integers(0, 256, (records, 16), np.uint8),
            "agreement_id": self.agreement.id,
            "confirmation": bytes(32),
            "created": self.noon,
        }
        encoding = changes.pop("encoding", dice.integers(0, 2**64, (records, words), np.uint64))
        dataset = make_dataset(encoding, ring=self.rings[signer or unit], **(options | changes))
        writer.write(self.file(unit), dataset)
        return self.file(unit)


def lists() -> dict[str, pd.DataFrame]:
    columns = ["given_name", "family_name", "birth_date", "place"]
    found = {}
    for unit, held in HELD.items():
        frame = pd.DataFrame([PEOPLE[person] for person in held], columns=columns)
        frame.insert(0, "record_id", [f"{unit}-{person}" for person in held])
        found[unit] = frame
    return found


@pytest.fixture
def make_desk(
    rings: Mapping[str, KeyRing], signed_agreement: Callable[..., Agreement], tmp_path: Path
) -> Callable[..., Desk]:
    """make_desk(**options of signed_agreement) -> Desk, with every unit's list encoded."""

    def make(**options: Any) -> Desk:
        agreement = signed_agreement(**options)
        noon = datetime.combine(agreement.terms.valid_from, time(12), UTC)
        desk = Desk(rings=rings, agreement=agreement, folder=tmp_path, noon=noon)
        desk.agreement_file.write_bytes(text.write(agreement))
        people = lists()
        for unit in agreement.units:
            desk.put(encode_list(people[unit], agreement, rings[unit], now=noon).dataset)
        return desk

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


@pytest.fixture
def tampered() -> Callable[..., None]:
    """tampered(desk, change): the agreement's file after `change` has edited its JSON."""

    def change_file(desk: Desk, change: Callable[[Any], None]) -> None:
        value = canonical.from_bytes(desk.agreement_file.read_bytes())
        change(value)
        desk.agreement_file.write_bytes(canonical.to_bytes(value))

    return change_file
