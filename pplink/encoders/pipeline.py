"""Pipeline: a unit's list of people to a dataset, checked before anything is handed out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from msgspec import UNSET, Struct
from msgspec.structs import replace

from pplink.agreement import signatures
from pplink.agreement.model import Agreement, Terms
from pplink.agreement.shown import SHOWING, check_shown
from pplink.dataset.dataset import EncodedDataset
from pplink.dataset.making import fill_of, make_dataset, ones_of
from pplink.dataset.manifest import Fill
from pplink.dataset.risk import RiskReport
from pplink.encoders.bloom import BitRows
from pplink.encoders.columns import RECORD_ID, assign_columns
from pplink.encoders.frames import check_texts, rows_at, to_text
from pplink.encoders.fullness import longest, most_bits
from pplink.encoders.handles import handles_of
from pplink.encoders.hardening.salting import Salts
from pplink.encoders.rejects import rejects
from pplink.encoders.risk import check_risk
from pplink.encoders.scanning import scan_field, scan_ids
from pplink.encoders.tokens import salts_of
from pplink.encoders.validation import BadRows, Findings, Validation, check_usable
from pplink.encoders.variants import Numbers, Spread, filled, joined, spread
from pplink.errors import DataError
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing

if TYPE_CHECKING:
    import pandas as pd


class Outcome(Struct, frozen=True, kw_only=True, eq=False):
    """What became of a list."""

    dataset: EncodedDataset
    """To be handed out."""
    validation: Validation
    """Counts, without any value."""
    rejects: Any
    """An Arrow table of the rows that were left out, with their values, or None: stays at the unit."""


def encode(
    frame: pd.DataFrame | pa.Table,
    agreement: Agreement,
    keys: KeyRing,
    *,
    columns: Mapping[str, str] | None = None,
    bad_rows: BadRows = "stop",
    ignore_extra: bool = False,
    risk: RiskReport | None = None,
) -> EncodedDataset:
    """People's records as bits, with keys that the broker does not have.

    frame: a column `record_id`, and one for each field of the agreement; columns: {header: field} for those
    called otherwise; bad_rows: see `BadRows`. The dataset has a row for each good row, in the same order.
    Raises AgreementError if the agreement is not complete, in force and of this unit; DataError for a list
    that breaks it (row from 1 and field, never the value) or has text that is not UTF-8 in a column that counts;
    IntegrityError for a false signature; RefusedError if the agreement shows encodings to nobody, or bounds what
    attacks may tell and no report of attacks on this list, `risk`, is within it.
    """
    check_shown(agreement)
    table = to_text(frame, _counted(agreement.terms, columns) if ignore_extra else None)
    check_texts(table)
    return encode_list(
        table, agreement, keys, columns=columns, bad_rows=bad_rows, ignore_extra=ignore_extra, risk=risk
    ).dataset


def encode_list(
    frame: pd.DataFrame | pa.Table,
    agreement: Agreement,
    keys: KeyRing,
    *,
    columns: Mapping[str, str] | None = None,
    bad_rows: BadRows = "stop",
    ignore_extra: bool = False,
    now: datetime | None = None,
    risk: RiskReport | None = None,
    stopped: Callable[[Validation], None] | None = None,
) -> Outcome:
    """As `encode`, with the counts and the rows left out. now: the clock, with a time zone. risk: what attacks on this
    list found; RefusedError if the agreement has a bound and it is missing or beyond it. stopped: called with the
    counts, before DataError is raised because of them."""
    created = now or datetime.now(UTC)
    today = created.astimezone(UTC).date()
    signatures.check(agreement, today)
    secret = signatures.linkage_secret(agreement, keys)
    table = fields_of(frame, agreement.terms, columns, ignore_extra)
    told = check_risk(risk, agreement, table)
    variants = agreement.terms.encoding.rows
    parts = _parts(table, agreement.terms)
    table = table if parts is None else parts.table
    found: list[Validation] = []
    accept = partial(_accepted, found, bad_rows, stopped)
    rows, findings = encode_fields(table, agreement.terms, secret, bad_rows, parts, today, accept)
    bad = findings.bad()
    gone = bad if parts is None or variants == 1 else bad | findings.spared(parts.record)
    kept = table if not gone.any() else rows_at(table, np.flatnonzero(~gone))
    rows, ids, fill = _of_records(rows, findings.ones, kept.column(RECORD_ID), gone, parts, agreement.terms)
    _check_size(len(ids), agreement.terms)
    dataset = make_dataset(
        rows,
        handles_of(ids, keys.handle_key(agreement.id)),
        keys,
        variants=variants,
        agreement_id=agreement.id,
        confirmation=derive(secret, Label.KEY_CONFIRMATION),
        created=created,
        rejected=found[0].bad_rows,
        blanked=found[0].blanked,
        thin=found[0].thin if agreement.terms.encoding.thins else None,
        risk=told,
        fill=fill if variants == 1 else None,  # with variants there may be decoys
    )
    return Outcome(
        dataset=dataset,
        validation=replace(found[0], fill=fill),
        rejects=rejects(table, findings, bad) if bad.any() else None,
    )


def _check_size(records: int, terms: Terms) -> None:
    if terms.most_records is not UNSET and records > terms.most_records:
        raise DataError(
            f"the list has {records:,} records, and {terms.most_records:,} at most are agreed",
            "split it, or agree on more with `pplink unit propose --most-records`",
        )


def _of_records(
    rows: BitRows,
    ones: Numbers | None,
    ids: Any,
    gone: npt.NDArray[np.bool_],
    parts: Spread | None,
    terms: Terms,
) -> tuple[BitRows, Any, Fill]:
    """Of records that are not gone: as many encodings each as agreed, their ids, and how full those are that are
    of variants. ones: see Findings; ids: of the rows that are not gone."""
    if parts is None:
        rows = rows[~gone] if gone.any() else rows
        return rows, ids, fill_of(rows, None if ones is None else ones[~gone])
    numbers, first, record = np.unique(parts.record[~gone], return_index=True, return_inverse=True)
    rows = rows[numbers] if terms.encoding.rows == 1 else rows[~gone]
    whole = rows if terms.encoding.rows == 1 else _filled(rows, record, terms)
    return whole, rows_at(ids, first), fill_of(rows)


def _filled(rows: BitRows, record: Numbers, terms: Terms) -> BitRows:
    """As many encodings of each record, with decoys where somebody sees them."""
    if terms.protocol not in SHOWING:
        return filled(rows, record, terms.encoding.rows)
    from pplink.encoders.decoys import padded  # numba, which lists without variants need not wait for

    return padded(rows, record, terms.encoding.rows)


def _accepted(
    found: list[Validation],
    bad_rows: BadRows,
    stopped: Callable[[Validation], None] | None,
    findings: Findings,
) -> None:
    """Put the counts into `found`. Raises DataError as `check_usable` does, after telling `stopped`."""
    found.append(findings.validation())
    try:
        check_usable(found[0], bad_rows)
    except DataError:
        if stopped is not None:
            stopped(found[0])
        raise


def check(
    frame: pd.DataFrame | pa.Table,
    terms: Terms,
    *,
    columns: Mapping[str, str] | None = None,
    bad_rows: BadRows = "stop",
    ignore_extra: bool = False,
) -> Validation:
    """What `encode` would find in a list, without keys. Raises DataError for columns only, not for rows."""
    table = fields_of(frame, terms, columns, ignore_extra)
    parts = _parts(table, terms)
    table = table if parts is None else parts.table
    return _scan(table, terms, {}, None, bad_rows, parts, datetime.now(UTC).date()).validation()


def encode_fields(
    table: pa.Table,
    terms: Terms,
    secret: bytes,
    bad_rows: BadRows,
    parts: Spread | None = None,
    today: date | None = None,
    accept: Callable[[Findings], None] | None = None,
    protecting: bool = True,
) -> tuple[BitRows, Findings]:
    """A table of text with record_id and all fields as encodings, (n, words), bad rows included. parts: how the table
    came from a list, if its rows are variants; where the agreement unites them, one encoding a record, in the order of
    `parts.record`, of its good variants. today: births after it are bad values; None: no day is known.

    secret: the linkage secret; each field has the key from it that the agreement names, so that one value in two
    fields sets unrelated bits unless the two share a key. accept: told what was found before anything is hardened, and
    may raise. protecting: whether a hardening must protect; RefusedError where it would not.
    """
    encoding = terms.encoding
    keys = {field.name: derive(secret, Label.FIELD_KEY, context=field.key) for field in terms.fields}
    rows = np.zeros((table.num_rows, encoding.bits // 64), np.uint64)
    salts = salts_of(table, terms, today)
    findings = _scan(table, terms, keys, rows, bad_rows, parts, today, salts)
    record = parts.record if parts is not None and encoding.united else None
    if record is not None:
        rows[findings.bad()] = 0
        rows = united(rows, record)
    findings = _emptied(rows, findings, table, record, terms)
    if accept is not None:
        accept(findings)
    if encoding.minhash is not None:
        from pplink.encoders.smallest import hashed

        good = None if record is None else ~findings.bad()
        shown = hashed(table, terms, keys, secret, salts, record, good, today)
        rows = np.where(rows.any(axis=1, keepdims=True), shown, np.uint64(0))
    if encoding.ways:
        from pplink.encoders.hardening.api import harden  # ciphers, which most agreements need not wait for

        rows = harden(rows, encoding.ways, secret, protecting=protecting)
    return rows, findings


def _emptied(
    rows: BitRows, findings: Findings, table: pa.Table, record: Numbers | None, terms: Terms
) -> Findings:
    """Empty, in place, what has too few bits, too many, or no name; findings with that.
    record: (n,), of each row of the table, where variants are united and `rows` has one row a record."""
    held = ones_of(rows)
    unnamed = (held > 0) & ~_named(findings, record, len(held))
    thin = np.asarray((held > 0) & (held < terms.encoding.least)) | unnamed
    over = np.asarray(held > most_bits(terms))
    of_rows = slice(None) if record is None else record
    whose = np.arange(table.num_rows) if record is None else record
    full = longest(table, terms, over[of_rows], whose)
    rows[thin | over] = held[thin | over] = 0
    hardened = terms.encoding.minhash is not None or bool(terms.encoding.ways)
    ones = None if hardened else held
    return replace(findings, thin=thin[of_rows], unnamed=unnamed[of_rows], full=full, ones=ones)


def _named(findings: Findings, record: Numbers | None, count: int) -> npt.NDArray[np.bool_]:
    """(count,): of rows, or if variants are united of records (then `record` is there), which have what names them, if
    the agreement asks for any."""
    scans = (findings.scans[name].named for name in findings.terms.encoding.needed)
    needed = [named for named in scans if named is not None]
    if not needed:
        return np.ones(count, np.bool_)
    named: npt.NDArray[np.bool_] = np.any(needed, axis=0)
    return named if record is None else np.bincount(record, named & ~findings.bad(), count) > 0


def united(rows: BitRows, record: Numbers) -> BitRows:
    """(records, words): the union of each record's rows. rows: (n, words); record: (n,), 0 to records - 1, each once at
    least."""
    order = np.argsort(record, kind="stable")
    starts = np.flatnonzero(np.diff(record[order], prepend=-1))
    found: BitRows = np.bitwise_or.reduceat(rows[order], starts, axis=0) if len(order) else rows
    return found


def _parts(table: Any, terms: Terms) -> Spread | None:
    """The list's variants, a row each, if the agreement has any."""
    encoding = terms.encoding
    return spread(table, encoding.most, united=encoding.united) if encoding.most > 1 else None


def fields_of(
    frame: Any,
    terms: Terms,
    columns: Mapping[str, str] | None,
    ignore_extra: bool,
    several: bool | None = None,
) -> Any:
    """The columns that count, as text, under the agreement's names. several: whether columns may be mapped to one
    field, as under an agreement with variants unless given."""
    table = to_text(frame, _counted(terms, columns) if ignore_extra else None)
    if terms.encoding.most > 1 if several is None else several:
        table, columns = joined(table, columns or {}, [field.name for field in terms.fields])
    wanted = assign_columns(table.column_names, [field.name for field in terms.fields], columns, ignore_extra)
    names = [RECORD_ID, *(field.name for field in terms.fields)]
    return table.select([wanted[name] for name in names]).rename_columns(names)


def _counted(terms: Terms, columns: Mapping[str, str] | None) -> set[str]:
    """Headers of columns that count, if extra ones do not."""
    return {RECORD_ID, *(field.name for field in terms.fields), *(columns or {})}


def _scan(
    table: Any,
    terms: Terms,
    keys: Mapping[str, bytes],
    rows: BitRows | None,
    bad_rows: BadRows,
    parts: Spread | None = None,
    today: date | None = None,
    salts: Salts | None = None,
) -> Findings:
    extra = None if parts is None else parts.place >= terms.encoding.most
    scans = {RECORD_ID: scan_ids(table.column(RECORD_ID), extra)}
    for field in terms.fields:
        column, key = table.column(field.name), keys.get(field.name)
        scans[field.name] = scan_field(column, field, terms.encoding, key, rows, today, salts)
    source = None if parts is None else parts.source
    return Findings(scans=scans, terms=terms, policy=bad_rows, source=source)
