"""Scanning: a list once through, field by field: what is missing, what is bad, and, with keys, the bits."""

from __future__ import annotations

from datetime import date
from functools import cached_property, partial
from typing import Any

import msgspec
import numpy as np

from pplink.agreement.field import Field
from pplink.agreement.model import Encoding
from pplink.encoders.bloom import BitRows, MaskTable
from pplink.encoders.hardening.salting import Salts
from pplink.encoders.tokens import coded, read, whole_of
from pplink.fields.kind import Problems, common_problems, having
from pplink.fields.problem import Problem
from pplink.fields.strings import Bools, from_arrow, stripped

CHUNK = 1 << 17
"""Rows worked on at a time; bounds the memory that distinct values take."""

MANY = 10
"""Rows that may have one value in a column without a word."""


class Scan(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """What was found in one column, row by row."""

    problems: Problems
    """(n,) a `Problem` each; a missing value is one only where a value is required."""
    present: Bools
    """(n,): whether the row has a good value that says something."""
    named: Bools | None = None
    """(n,): whether the row has a good value that names a person; None: not asked for."""
    same: bool = False
    """Whether every row has a good value, and all the same."""

    @cached_property
    def flawed(self) -> Bools:
        """(n,): whether the row has a problem here."""
        return ~having(self.problems, Problem.NONE)

    @cached_property
    def hurt(self) -> Bools:
        """(n,): whether the row has a value that cannot be used."""
        return self.flawed & ~having(self.problems, Problem.MISSING)

    @property
    def missing(self) -> int:
        """Rows without a value; bad values do not count."""
        return int(np.count_nonzero(~self.present & ~self.hurt))

    @property
    def bad(self) -> int:
        """Rows with a value that cannot be used."""
        return int(np.count_nonzero(self.hurt))


def scan_field(
    column: Any,
    field: Field,
    encoding: Encoding,
    key: bytes | None,
    rows: BitRows | None,
    today: date | None = None,
    salts: Salts | None = None,
) -> Scan:
    """Read a text column, and if there is a key, add its bits to `rows`, (n, words), in place. today: births after it
    are bad; None: no day is known. salts: (n,), if tokens are salted."""
    count = partial(field.positions, encoding.hashes)
    table = None if key is None else MaskTable(key, count, encoding.bits, encoding.functions)
    problems = np.zeros(len(column), np.uint8)
    present = np.zeros(len(column), np.bool_)
    named = np.zeros(len(column), np.bool_) if field.name in encoding.needed else None
    seen: set[bytes | None] = set()
    for start in range(0, len(column), CHUNK):
        part = slice(start, min(start + CHUNK, len(column)))
        values = read(column.slice(start, CHUNK), field, today)
        problems[part] = values.problems.take(values.places)
        present[part] = (values.texts.lengths > 0).take(values.places)
        if named is not None:
            named[part] = field.reader.names_all(values.texts).take(values.places)
        seen.add(values.texts.common)
        if table is not None and rows is not None:
            tokens, places = values.tokens(encoding.q, None if salts is None else salts.of(part))
            table.add(rows[part], tokens, places)
    if field.required:
        problems[having(problems, Problem.NONE) & ~present] = Problem.MISSING
    same = len(column) >= MANY and len(seen) == 1 and not seen & {None, b""}
    return Scan(problems=problems, present=present, named=named, same=same)


def scan_ids(column: Any, extra: Bools | None = None) -> Scan:
    """Read the column of record ids: each must be there, be sound, and be the first of its kind.

    Ids are compared as written. Of equal ones the first row keeps the name. extra: (n,), where rows with one id are
    variants of one record: the rows that are beyond what a record may have.
    """
    whole = whole_of(column)
    values, places = whole, np.arange(len(whole), dtype=np.int32)
    if whole.null_count or not from_arrow(whole).differ:
        values, places = coded(whole)
    raw = from_arrow(values)
    problems = common_problems(raw).take(places)
    present = (stripped(raw).lengths > 0).take(places)
    first = places > np.append(-1, np.maximum.accumulate(places))[:-1]  # numbered as they first appear
    if extra is None:
        problems[having(problems, Problem.NONE) & ~first] = Problem.REPEATED_ID
    else:
        problems[having(problems, Problem.NONE) & extra] = Problem.TOO_MANY_VARIANTS
    ours = (Problem.NONE, Problem.REPEATED_ID, Problem.TOO_MANY_VARIANTS)
    problems[np.isin(problems, ours) & ~present] = Problem.MISSING
    return Scan(problems=problems, present=present)
