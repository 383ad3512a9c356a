"""Found: what a unit has of a session, as the file that its people read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pplink.cli import output

if TYPE_CHECKING:
    from pplink.agreement.model import Agreement
    from pplink.keys.ring import KeyRing
    from pplink.session.couples import Gathered
    from pplink.session.party import Linked
    from pplink.session.plan import Bytes, Cells, Couple

Ids = Callable[[], list[str]]
"""Reads the record ids of the unit's own list."""


def write(
    target: Path,
    linked: Linked,
    records: int,
    agreement: Agreement,
    keys: KeyRing,
    ids: Ids,
) -> None:
    """Hits as CSV, for the unit's people alone; where only a size was learned, a CSV of one row."""
    if linked.cells is not None and agreement.terms.protocol == "ecdh_psi":
        _write_sums(target, linked.cells[0], records, agreement)
    elif linked.cells is not None:
        _write_table(target, linked.cells, records, agreement)
    elif keys.name not in agreement.terms.learns.hits_to:
        if linked.names is None and linked.couples:
            _write_handles(target, linked.couples, agreement, keys, ids)
        else:
            _write_names(target, linked.names, agreement, keys, ids)
    elif not linked.couples:
        output.private(output.csv_of(["common_keys"], [[linked.found]]), target)
        output.note(
            f"{records:,} records took part, {linked.found:,} keys are common to all, as {target} says"
        )
    else:
        _write_hits(target, linked.couples, records, agreement, keys, ids)


def write_all(
    target: Path, gathered: Gathered, records: int, agreement: Agreement, keys: KeyRing, ids: Ids
) -> None:
    """The same of several couples: of those that ended well."""
    if keys.name in agreement.terms.learns.hits_to:
        _write_hits(target, gathered.couples, records, agreement, keys, ids)
    else:
        _write_handles(target, gathered.couples, agreement, keys, ids, renaming=True)


def _write_hits(
    target: Path,
    couples: Sequence[Couple],
    records: int,
    agreement: Agreement,
    keys: KeyRing,
    ids: Ids,
) -> None:
    found = _columns(couples, agreement, keys, ids)
    output.private(output.csv_of_columns(found), target)
    names = " and ".join(each.peer for each in couples)
    output.note(f"{records:,} records took part, {len(found['handle']):,} hits with {names} in {target}")


def _write_table(target: Path, cells: Cells, records: int, agreement: Agreement) -> None:
    """A CSV with a row for each cell; a withheld cell has no numbers."""
    from pplink.session.tabulating import stats_of

    stats = stats_of(agreement.terms)
    header = [*(axis.field for axis in stats.axes), "persons", *(f"{name}_sum" for name in stats.sums)]
    withheld = [""] * (1 + len(stats.sums))
    rows = ([*labels, *(cell or withheld)] for labels, cell in zip(stats.labels, cells, strict=True))
    output.private(output.csv_of(header, rows), target)
    released = sum(cell is not None for cell in cells)
    output.note(
        f"{records:,} records took part, {released:,} of {len(cells):,} cells are released, in {target};"
        " the others are too small"
    )


def _write_names(target: Path, names: Couple | None, agreement: Agreement, keys: KeyRing, ids: Ids) -> None:
    """A CSV by which a unit that learns no hits answers for them: by which name the other knows its records."""
    from pplink.encoders.handles import handles

    rows: list[tuple[str, str, str]] = []
    if names is not None:
        own_ids = ids()
        own = handles(own_ids, keys.handle_key(agreement.id))
        records = {handle.tobytes(): each for handle, each in zip(own, own_ids, strict=True)}
        told = zip(names.theirs, names.own, names.keys or (), strict=True)
        rows = [(name.tobytes().hex(), records[mine.tobytes()], key) for name, mine, key in told]
    output.private(output.csv_of(("name", "record_id", "key"), rows), target)
    output.note(
        f"no hits go to {keys.name}, as agreed; by which names the other unit may ask about its records: {target}"
    )


def _write_handles(
    target: Path,
    couples: Sequence[Couple],
    agreement: Agreement,
    keys: KeyRing,
    ids: Ids,
    renaming: bool = False,
) -> None:
    """The same where the others were given handles of all records. renaming: each other unit its own."""
    from pplink.encoders.handles import handles, renamed

    own_ids = ids()
    own = handles(own_ids, keys.handle_key(agreement.id))
    rows: list[tuple[str, str, str]] = []
    for peer in (each.peer for each in couples):
        told = renamed(own, keys.couple_key(agreement.id, peer)) if renaming else own
        rows += [(peer, handle, record) for handle, record in zip(_hex(told), own_ids, strict=True)]
    output.private(output.csv_of(("other_unit", "handle", "record_id"), rows), target)
    output.note(
        f"no hits go to {keys.name}, as agreed; by which handles others may ask about its records: {target}"
    )


def _write_sums(target: Path, row: tuple[int, ...] | None, records: int, agreement: Agreement) -> None:
    """A CSV of one row: how many keys are common, and sums; empty what this unit is not told."""
    from pplink.session.sum_inputs import sums_of

    fields = sums_of(agreement.terms).fields
    told = [*map(str, row or ()), *[""] * (1 + len(fields))][: 1 + len(fields)]
    output.private(output.csv_of(["common_keys", *(f"{name}_sum" for name in fields)], [told]), target)
    few = (
        ""
        if row is not None and len(row) > 1
        else "; of too few, or where it was so agreed, sums are not told"
    )
    output.note(
        f"{records:,} records took part; how many keys are common, and sums over them, in {target}{few}"
    )


def _columns(
    couples: Sequence[Couple], agreement: Agreement, keys: KeyRing, ids: Ids
) -> dict[str, list[Any]]:
    """As `pplink unit hits` gives them, and by which keys, if hits come from keys. A handle is what the other unit
    knows our record by."""
    from pplink.disclosure.linked import hits_of
    from pplink.disclosure.resolving import to_columns

    hits = hits_of(couples, keys.name, agreement.terms)
    found = to_columns(hits, ids(), keys.handle_key(agreement.id))
    ends = list(zip(found["handle"], found["other_unit"], found["other_handle"], strict=True))
    named = _by_hit(couples, [each.keys for each in couples])
    if named:
        found["keys"] = [named[end] for end in ends]
    told = _by_hit(couples, [None if each.told is None else _hex(each.told) for each in couples])
    if told:
        found["handle"] = [told[end] for end in ends]
    return found


def _by_hit(
    couples: Sequence[Couple], values: Sequence[Sequence[str] | None]
) -> dict[tuple[str, str, str], str]:
    """Something that is known of each hit, by own handle, other unit and its handle."""
    return {
        (own, each.peer, theirs): value
        for each, some in zip(couples, values, strict=True)
        if some is not None
        for own, theirs, value in zip(_hex(each.own), _hex(each.theirs), some, strict=True)
    }


def _hex(handles: Bytes) -> list[str]:
    return [each.tobytes().hex() for each in handles]
