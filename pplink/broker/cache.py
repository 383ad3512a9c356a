"""Cache: what earlier matches found, so that only couples of datasets that changed are compared again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np

from pplink import canonical, files
from pplink.audit.events import Chosen, Digest, software
from pplink.broker.intake import Intake
from pplink.broker.linking import Effort, Found
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, UnavailableError, UsageError
from pplink.join.pairs import Pairs
from pplink.keys.store import require_private
from pplink.keys.strict import read_strict

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
SUM = hashlib.sha256().digest_size
LIMIT = 1 << 31
"""Bytes of an entry that are read."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides what is found for two datasets. An entry's name is the digest of it."""

    left: Digest
    right: Digest
    """SHA-256 of each dataset's encodings: a list that is encoded again as it was has not changed."""
    records: tuple[Count, Count]
    """In each."""
    bits: Count
    measure: str
    threshold: float
    chosen: Chosen
    software: str


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of an entry."""

    format: Literal["pplink-pairs/1"] = "pplink-pairs/1"
    asked: Asked
    recall: Annotated[float, msgspec.Meta(gt=0, le=1)]
    cut: Count
    """As in `Found`."""
    pairs: Count


class Cache:
    """The entries under one agreement, as one match sees them."""

    def __init__(self, place: Path, asked: dict[tuple[int, int], Asked]) -> None:
        self._place, self._asked = place, asked

    @classmethod
    def opened(cls, folder: Path, intake: Intake, effort: Effort) -> Cache:
        """The folder's part for the intake's agreement, made if it is not there. What is needed of it is verified.

        Raises RefusedError if others have a right to it, UsageError or UnavailableError if it cannot be had,
        IntegrityError if an entry is damaged: now, and not after an hour of comparing.
        """
        place = folder / intake.agreement.id
        for each in (folder, place):
            _make(each)
        cache = cls(place, dict(_asked(intake, effort)))
        for couple in cache._asked:
            cache.get(couple)
        return cache

    def has(self, couple: tuple[int, int]) -> bool:
        """Whether there is an entry for two datasets, damaged or not."""
        return self._path(couple).exists()

    def get(self, couple: tuple[int, int]) -> Found | None:
        """What was found for two datasets, (i, j) in the order of units; None if they were not compared as now.

        Raises IntegrityError for an entry that is damaged, as what it says goes into a signed log; RefusedError
        for one that others have a right to.
        """
        path, asked = self._path(couple), self._asked[couple]
        if not self.has(couple):
            return None
        require_private(path)
        try:
            return from_bytes(files.read_bytes(path, "cached pairs", LIMIT), asked)
        except MalformedError as error:
            raise IntegrityError(
                f"the cached pairs {path} {error}", "delete the file, and these datasets are compared again"
            ) from None

    def put(self, couple: tuple[int, int], found: Found) -> None:
        """Keep it for the next match. Raises UnavailableError."""
        files.write_atomically(self._path(couple), to_bytes(found, self._asked[couple]), private=True)

    def prune(self) -> None:
        """Delete what this match did not need: pairs of datasets that were replaced. Raises UnavailableError."""
        needed = {self._path(couple) for couple in self._asked}
        try:
            for path in list(self._place.glob("*.pairs")):
                if path not in needed:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise UnavailableError(f"{self._place} cannot be tidied: {error.strerror}") from None

    def _path(self, couple: tuple[int, int]) -> Path:
        return self._place / f"{canonical.digest(msgspec.to_builtins(self._asked[couple]))}.pairs"


def to_bytes(found: Found, asked: Asked) -> bytes:
    """The file of an entry."""
    told = Told(asked=asked, recall=found.recall, cut=found.cut, pairs=len(found.pairs))
    pairs = found.pairs
    columns = [pairs.left.astype("<i8"), pairs.right.astype("<i8"), pairs.score.astype("<f8")]
    data = (
        canonical.to_bytes(msgspec.to_builtins(told))
        + b"\n"
        + b"".join(column.tobytes() for column in columns)
    )
    return data + hashlib.sha256(data).digest()


def from_bytes(data: bytes, asked: Asked) -> Found:
    """What `to_bytes` wrote for the same question. Raises MalformedError for anything else."""
    body, checksum = data[:-SUM], data[-SUM:]
    if hashlib.sha256(body).digest() != checksum:
        raise MalformedError("have another checksum than their bytes")
    line, _, columns = body.partition(b"\n")
    told = read_strict(canonical.exactly(line), Told)
    if told.asked != asked:
        raise MalformedError("answer another question than their name says")
    if len(columns) != 3 * 8 * told.pairs:
        raise MalformedError("are more or fewer than they say")
    left, right = np.frombuffer(columns, "<i8", 2 * told.pairs).reshape(2, -1).astype(np.int64)
    score = np.frombuffer(columns, "<f8", offset=2 * 8 * told.pairs).astype(np.float64)
    for rows, records in zip((left, right), asked.records, strict=True):
        if told.pairs and not 0 <= rows.min() <= rows.max() < records:
            raise MalformedError("speak of records that the datasets do not have")
    return Found(pairs=Pairs(left=left, right=right, score=score), recall=told.recall, cut=told.cut)


def _asked(intake: Intake, effort: Effort) -> Iterator[tuple[tuple[int, int], Asked]]:
    terms, sets = intake.agreement.terms, [each.manifest for each in intake.datasets]
    for i, j in combinations(range(len(sets)), 2):
        yield (
            (i, j),
            Asked(
                left=sets[i].tensors["encoding"].sha256,
                right=sets[j].tensors["encoding"].sha256,
                records=(sets[i].records, sets[j].records),
                bits=terms.encoding.width,
                measure=terms.measure,
                threshold=terms.lowest,
                chosen=effort.chosen,
                software=software(),
            ),
        )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"the cache {folder} is not a folder", "name a folder of its own for it") from None
    except FileNotFoundError:
        raise UsageError(
            f"cannot make {folder}: its folder does not exist", "make the folder first"
        ) from None
    except OSError as error:
        raise UnavailableError(f"cannot make {folder}: {error.strerror}", "check its owner") from None
    require_private(folder)
