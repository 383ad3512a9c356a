"""Lists: the holder's list on its disk: whose keys are on it, as outputs of its secret function, and its versions."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Unpack

import msgspec
import numpy as np
import numpy.typing as npt

from pplink import canonical
from pplink.agreement import text
from pplink.agreement.model import Agreement
from pplink.audit.events import Count, Digest
from pplink.canonical import MalformedError
from pplink.encoders.exact import record_keys
from pplink.encoders.handles import handles, handles_of
from pplink.encoders.validation import Choices
from pplink.errors import DataError, IntegrityError, UsageError
from pplink.files import alone, read_bytes, write_atomically
from pplink.keys import store
from pplink.keys.ring import KeyRing
from pplink.keys.strict import read_strict
from pplink.session.watchlist.terms import check_part, parameters_of, watchlist_of
from protocols.oprf_hit import Parameters, Watchlist, key_pair
from protocols.oprf_hit.oprf import evaluate

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROW = np.dtype([("record", "u1", 16), ("output", "u1", 64)])
"""A record's handle, and the output of one of its keys: neither tells a person without the holder's secrets."""
AGREEMENT, SECRET, LIST = "agreement.json", "secret", "list.json"
LARGEST = 1 << 34
"""Bytes of rows."""
Rows = npt.NDArray[np.void]


class _Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """list.json."""

    format: Literal["pplink-watchlist/1"]
    agreement: Digest
    version: Annotated[int, msgspec.Meta(ge=1)]
    records: Count
    rows: Count
    sha256: Digest
    """Of the file with the rows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stored:
    """A version of a list."""

    agreement: Agreement
    version: int
    seed: bytes
    """32 bytes: of the list's secret key, as long as the list is."""
    rows: Rows

    def __repr__(self) -> str:
        return f"Stored(version {self.version}, {self.records} records)"

    @property
    def records(self) -> int:
        """How many are on it."""
        return len(np.unique(self.rows["record"].copy().view("S16")))

    @cached_property
    def watchlist(self) -> Watchlist:
        """For the protocol."""
        return Watchlist(self.rows["output"], key_pair(self.seed, b"", True)[0], True)

    @cached_property
    def parameters(self) -> Parameters:
        """Of its sessions."""
        return parameters_of(watchlist_of(self.agreement.terms), self.watchlist.public_key)

    @property
    def entries(self) -> int:
        """Numbers in its filter: keys, filled up as agreed."""
        return self.parameters.filled(len(self.watchlist))


def build(
    folder: Path,
    people: pd.DataFrame | pa.Table,
    agreement: Agreement,
    ring: KeyRing,
    *,
    now: datetime,
    random: Callable[[int], bytes] = os.urandom,
    **choices: Unpack[Choices],
) -> Stored:
    """A new list in a new folder, for its holder alone. choices and errors as `encoders.exact.record_keys`; UsageError
    if the folder exists, DataError for more keys than agreed."""
    check_part(agreement, ring, now, holds=True)
    if folder.exists():
        raise UsageError(
            f"{folder} exists", "name a new folder; `pplink unit watchlist update` changes a list"
        )
    seed = random(32)
    rows = _rows_of(people, agreement, ring, seed, choices)
    made = Stored(agreement=agreement, version=1, seed=seed, rows=rows)
    _check_size(made)
    store.make_folder(folder)
    write_atomically(folder / AGREEMENT, text.write(agreement), private=True)
    write_atomically(folder / SECRET, seed, private=True)
    _write(folder, made)
    return made


def update(
    folder: Path,
    ring: KeyRing,
    *,
    add: pd.DataFrame | pa.Table | None = None,
    remove: Iterable[str] = (),
    now: datetime,
    **choices: Unpack[Choices],
) -> Stored:
    """The list's next version. add: people who come, or whose keys change; remove: record ids that go.

    Raises as `build`, and DataError if nobody of that record id is on the list.
    """
    with alone(folder / LIST):
        old = load(folder)
        check_part(old.agreement, ring, now, holds=True)
        rows = old.rows
        gone = handles(remove, ring.handle_key(old.agreement.id))
        missing = ~np.isin(_texts(gone), _texts(rows["record"]))
        if missing.any():
            raise DataError(f"{int(missing.sum())} of the record ids to be removed are not on the list")
        if add is not None:
            more = _rows_of(add, old.agreement, ring, old.seed, choices)
            gone = np.concatenate((gone, more["record"]))
            rows = np.concatenate((rows, more))
        kept = ~np.isin(_texts(rows["record"]), _texts(gone))
        kept[len(old.rows) :] = True
        new = Stored(agreement=old.agreement, version=old.version + 1, seed=old.seed, rows=rows[kept])
        _check_size(new)
        _write(folder, new)
        _file(folder, old.version).unlink(missing_ok=True)
        return new


def load(folder: Path) -> Stored:
    """The list in a folder. Raises UsageError if there is none, RefusedError if others may read it, IntegrityError."""
    told = _told(folder)
    if not _file(folder, told.version).exists():  # changed at this moment
        told = _told(folder)
    agreement = text.read(read_bytes(folder / AGREEMENT, "the list's agreement", 1 << 24))
    data = read_bytes(_file(folder, told.version), "the list's rows", LARGEST)
    seed = store.read_private(folder / SECRET, "the list's secret")
    if hashlib.sha256(data).hexdigest() != told.sha256 or agreement.id != told.agreement or len(seed) != 32:
        raise IntegrityError(
            f"the list in {folder} is damaged", "restore the folder from a copy, or build it anew"
        )
    return Stored(agreement=agreement, version=told.version, seed=seed, rows=np.frombuffer(data, ROW))


def version_of(folder: Path) -> int:
    """The newest version in a folder, without reading the list."""
    return _told(folder).version


def _told(folder: Path) -> _Told:
    if not (folder / LIST).exists():
        raise UsageError(f"there is no list in {folder}", "make one with `pplink unit watchlist build`")
    store.require_private(folder)
    try:
        return read_strict(canonical.exactly(read_bytes(folder / LIST, "the list", 1 << 16)), _Told)
    except MalformedError as error:
        raise IntegrityError(f"the list in {folder} is damaged: {error}") from None


def _write(folder: Path, new: Stored) -> None:
    data = new.rows.tobytes()
    write_atomically(_file(folder, new.version), data, private=True)
    told = _Told(
        format="pplink-watchlist/1",
        agreement=new.agreement.id,
        version=new.version,
        records=new.records,
        rows=len(new.rows),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    write_atomically(folder / LIST, canonical.to_bytes(msgspec.to_builtins(told)), private=True)


def _rows_of(
    people: pd.DataFrame | pa.Table, agreement: Agreement, ring: KeyRing, seed: bytes, choices: Choices
) -> Rows:
    today, keys = datetime.now(UTC).date(), watchlist_of(agreement.terms).keys
    found = record_keys(people, agreement.terms, keys, side="list", today=today, **choices)
    different = tuple(dict.fromkeys(found.items))
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 16)) as pool:
        outputs = evaluate(different, key_pair(seed, b"", True)[0], True, pool.map)
    places = {item: place for place, item in enumerate(different)}
    rows = np.zeros(len(found.items), ROW)
    rows["record"] = handles_of(found.ids, ring.handle_key(agreement.id))[found.record]
    rows["output"] = outputs[[places[item] for item in found.items]]
    return rows


def _check_size(made: Stored) -> None:
    if not len(made.rows):
        raise DataError("nobody would be left on the list")
    if len(made.watchlist) > made.parameters.capacity:
        raise DataError(
            f"the list would have more than the {made.parameters.capacity:,} keys that were agreed",
            "agree on a larger capacity, or on fewer keys a person",
        )


def _texts(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.bytes_]:
    return np.ascontiguousarray(rows).view("S16").reshape(-1)


def _file(folder: Path, version: int) -> Path:
    return folder / f"rows.{version:08d}"
