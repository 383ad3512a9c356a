"""Columns: which column of a list is which field of the agreement. Headers are never taken for what they seem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pplink.errors import DataError, UsageError

RECORD_ID = "record_id"
"""The column that names a row."""


def assign_columns(
    headers: Sequence[str], fields: Sequence[str], columns: Mapping[str, str] | None, ignore_extra: bool
) -> dict[str, str]:
    """{record_id or field: its header}, for every one of them.

    columns: {header: field} for headers that say it otherwise. Raises UsageError for a mapping that cannot be,
    DataError for columns that lack, stand twice, or (unless `ignore_extra`) are of no field: a misspelt header
    of an optional field would else be lost without a word.
    """
    wanted = (RECORD_ID, *fields)
    mapped = dict(columns or {})
    _check_mapping(mapped, headers, wanted)
    names = [mapped.get(header, header) for header in headers]
    _check_once(names, wanted)
    missing = [name for name in wanted if name not in names]
    if missing:
        raise DataError(
            f"the list lacks {_columns(missing)}",
            "name the column that holds it with `--map HEADER=FIELD`" + _else(headers, missing, wanted),
        )
    extra = [header for header, name in zip(headers, names, strict=True) if name not in wanted]
    if extra and not ignore_extra:
        raise DataError(
            f"the list has {_columns(extra)}, which the agreement does not name",
            "map it with `--map HEADER=FIELD`, or leave such columns out with `--ignore-extra`",
        )
    return {name: header for header, name in zip(headers, names, strict=True) if name in wanted}


def _check_mapping(mapped: Mapping[str, str], headers: Sequence[str], wanted: Sequence[str]) -> None:
    for header, name in mapped.items():
        if name not in wanted:
            raise UsageError(
                f"column {shown(header)} is mapped to {shown(name)}, which is no field of the agreement",
                f"fields are: {', '.join(wanted)}",
            )
        if header not in headers:
            raise UsageError(f"the list has no column {shown(header)} to be mapped", "check `--map`")


def _check_once(names: Sequence[str], wanted: Sequence[str]) -> None:
    for name in wanted:
        if names.count(name) > 1:
            raise DataError(
                f"two columns are {name}", "rename one, or map one only: a mapped column needs no other"
            )


def _columns(names: Sequence[str]) -> str:
    return f"{'column' if len(names) == 1 else 'columns'} {', '.join(map(shown, names[:20]))}"


def _else(headers: Sequence[str], missing: Sequence[str], wanted: Sequence[str]) -> str:
    """What else may be wrong. Headers are not shown: they may well be the first person of a list without any."""
    if len(missing) < len(wanted):
        return ""
    if len(headers) == 1:
        return "; is there another character between columns? give it with `--delimiter`"
    return "; is the first line a header?"


def shown(header: str) -> str:
    """A header as it may be printed: short, without control characters."""
    short = header if len(header) <= 64 else header[:61] + "..."
    return short if short.isprintable() and short else repr(short)
