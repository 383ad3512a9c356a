"""Validation: what is wrong with a list, in counts, rows and fields; and which rows are left after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypedDict, get_args

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import asdict

from pplink.agreement.model import Terms
from pplink.dataset.manifest import Fill
from pplink.encoders.columns import RECORD_ID
from pplink.encoders.scanning import Scan
from pplink.errors import DataError, UsageError
from pplink.fields.kind import having
from pplink.fields.problem import Problem
from pplink.fields.strings import Bools

BadRows = Literal["stop", "skip", "blank", "blank-then-skip"]
"""stop: one bad row and nothing is encoded. skip: bad rows are left out. blank: a bad value of a field that is not
required is encoded as missing; other bad rows stop. blank-then-skip: other bad rows are left out."""


class Choices(TypedDict, total=False):
    """What a unit may choose of how its list is read, by the names of the arguments of `pipeline.encode_list`."""

    columns: Mapping[str, str] | None
    bad_rows: BadRows
    ignore_extra: bool


class FieldCount(msgspec.Struct, frozen=True, kw_only=True):
    """One column's values."""

    name: str
    kind: str
    required: bool
    missing: int
    bad: int
    same: bool = False
    """Whether all of ten or more rows have one and the same value: is it the right column?"""


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """A list's state, without any value from it."""

    rows: int
    fields: tuple[FieldCount, ...]
    """The record id first (kind `id`), then in the agreement's order."""
    repeated_ids: int
    """Rows with the record id of an earlier row."""
    empty: int
    """Rows without any token: they will match nothing."""
    thin: int
    """Rows with some bits, but fewer than the agreement asks for, or without a name: encoded as nothing, they will
    match nothing. Where keys are compared, rows with some values, but not all parts of any key."""
    unnamed: int
    """Of these, rows without a name where the agreement asks for one."""
    bad_rows: int
    """Rows that cannot be encoded: with a bad value that is not blanked, or lacking a required one."""
    blanked: int
    """Bad values that are encoded as missing."""
    first: str | None
    """The first bad row in words."""
    fill: Fill | None = None
    """Share of set bits in the rows that were encoded; None if none were."""

    def to_json(self) -> dict[str, Any]:
        """For another program."""
        fill = (
            None
            if self.fill is None
            else {"min": self.fill.min, "mean": self.fill.mean, "max": self.fill.max}
        )
        return {**asdict(self), "fields": [asdict(field) for field in self.fields], "fill": fill}


class Findings(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """All that scanning found, under a policy for bad rows."""

    scans: dict[str, Scan]
    """By column: the record id, then the fields."""
    terms: Terms
    policy: BadRows
    source: npt.NDArray[np.int64] | None = None
    """(n,): the row of the list that each variant came from; None: rows are the list's own."""

    thin: Bools | None = None
    """(n,): rows of too few bits, or without a name; None: not known, for want of keys."""
    unnamed: Bools | None = None
    """(n,): those without a name."""
    full: npt.NDArray[np.int64] | None = None
    """(n,): 0, or of a row of so many bits that strangers would be alike, 1 and the place of its longest field; None:
    not known, for want of keys."""
    ones: npt.NDArray[np.int64] | None = None
    """(encodings,): bits set in each; None: not known, for want of keys or as they are hardened."""

    def __post_init__(self) -> None:
        if self.policy not in get_args(BadRows):
            raise UsageError(f"bad_rows is one of {', '.join(get_args(BadRows))}")

    def bad(self) -> Bools:
        """(n,): rows that cannot be encoded."""
        bad = self.scans[RECORD_ID].flawed
        for field in self.terms.fields:
            if field.required or not self._blanks:
                bad = bad | self.scans[field.name].flawed
        return bad if self.full is None else bad | (self.full > 0)

    def spared(self, record: npt.NDArray[np.int64]) -> Bools:
        """(n,): rows of too few bits whose record has another good row; they need not be encoded. record: (n,), whose
        variant each row is."""
        thin = np.zeros(len(record), np.bool_) if self.thin is None else self.thin
        full = np.zeros(int(record.max(initial=-1)) + 1, np.bool_)
        full[record[~thin & ~self.bad()]] = True
        spared: Bools = thin & full[record]
        return spared

    def problems(self, row: int) -> Iterator[str]:
        """What makes a row bad, in words: `birth_date is not a date`."""
        required = {field.name: field.required for field in self.terms.fields}
        for name, scan in self.scans.items():
            if scan.problems[row] and (required.get(name, True) or not self._blanks):
                yield f"{name} {Problem(scan.problems[row]).words}"
        if self.full is not None and self.full[row]:
            name = self.terms.fields[self.full[row] - 1].name
            yield f"{name} makes the encoding so full that it could be anybody's"

    def present(self) -> Bools:
        """(n,): rows with a good value that says something, in any field."""
        found: Bools = np.any([self.scans[field.name].present for field in self.terms.fields], axis=0)
        return found

    def number(self, row: int) -> int:
        """Of the list's row, from 1."""
        return row + 1 if self.source is None else int(self.source[row]) + 1

    def validation(self, fill: Fill | None = None) -> Validation:
        """The counts."""
        bad, ids = self.bad(), self.scans[RECORD_ID]
        firsts = self._first(bad).tolist()
        rest = [self.scans[field.name] for field in self.terms.fields]
        return Validation(
            rows=len(bad),
            fields=tuple(self._counts()),
            repeated_ids=int(np.count_nonzero(having(ids.problems, Problem.REPEATED_ID))),
            empty=int(np.count_nonzero(~self.present())),
            thin=0 if self.thin is None else int(np.count_nonzero(self.thin & ~bad)),
            unnamed=0 if self.unnamed is None else int(np.count_nonzero(self.unnamed & ~bad)),
            bad_rows=int(np.count_nonzero(bad)),
            blanked=sum(int(np.count_nonzero(scan.hurt & ~bad)) for scan in rest) if self._blanks else 0,
            first=next((f"row {self.number(row)}: {next(self.problems(row))}" for row in firsts), None),
            fill=fill,
        )

    def _first(self, bad: Bools) -> npt.NDArray[np.int64]:
        """(0 or 1,): the first bad row, if any; of a record with too many variants the first one too many, and not the
        first of those that are too full together."""
        rows: npt.NDArray[np.int64] = np.flatnonzero(bad)
        if not len(rows) or self.source is None:
            return rows[:1]
        many = rows[having(self.scans[RECORD_ID].problems[rows], Problem.TOO_MANY_VARIANTS)]
        same = many[self.source[many] == self.source[rows[0]]]
        return (same if len(same) else rows)[:1]

    @property
    def _blanks(self) -> bool:
        return self.policy in ("blank", "blank-then-skip")

    def _counts(self) -> Iterator[FieldCount]:
        ids = self.scans[RECORD_ID]
        yield FieldCount(name=RECORD_ID, kind="id", required=True, missing=ids.missing, bad=ids.bad)
        for field in self.terms.fields:
            scan = self.scans[field.name]
            yield FieldCount(
                name=field.name,
                kind=field.kind,
                required=field.required,
                missing=scan.missing,
                bad=scan.bad,
                same=scan.same,
            )


def check_usable(found: Validation, policy: BadRows) -> None:
    """Raise DataError unless, under this policy, something is left to be encoded."""
    if not found.rows:
        raise DataError("the list has no rows", "a list is a header and at least one row")
    if found.first and policy in ("stop", "blank"):
        more = found.bad_rows - 1
        raise DataError(
            found.first + (f", and {more:,} more bad rows" if more else ""),
            "correct the list, or leave bad rows out with `--skip-bad-rows`, or encode bad values as missing"
            " with `--blank-bad-values`",
        )
    if found.bad_rows == found.rows:
        raise DataError(
            f"all {found.rows:,} rows are bad; {found.first}", "is it the right list and mapping?"
        )
    if found.empty == found.rows:
        raise DataError("no row has a value in any field", "is it the right list and mapping?")
    if found.empty + found.thin + found.bad_rows >= found.rows and found.thin:
        raise DataError(
            "no row has a name, or as many features, as the agreement asks for",
            "is it the right list and mapping?",
        )
