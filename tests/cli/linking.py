"""Linking: the commands with which units and the broker link, and the hits that either unit must then have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pplink.agreement import text
from pplink.agreement.model import Agreement
from pplink.disclosure.columns import round_down
from pplink.encoders.handles import handles
from pplink.join.api import threshold_join
from pplink.keys import ring
from pplink.session.inputs import Inputs, prepare
from pplink.solvers import assign

Hits = list[tuple[str, str, float]]
"""Record id of one unit, of the other, and the score as units are told it; in order."""


def words(agreement: str, name: str, exchange: str, *more: str) -> list[str]:
    """What `name`, a unit or the broker hub, types, with the key ring and the list of that name."""
    met = ["-a", agreement, "--exchange", exchange, "--home", name]
    if name == "hub":
        return ["broker", "deal", *met, *more]
    return ["unit", "link", *met, "--people", f"{name}.csv", "-o", f"{name}-hits.csv", *more]


def plain(agreement_file: str, one: str, other: str, **choices: Any) -> Hits:
    """What the agreement calls hits, computed in one place. choices: as `prepare` takes them."""
    agreement = text.read(Path(agreement_file).read_bytes())
    (first, left), (second, right) = (_prepared(unit, agreement, **choices) for unit in (one, other))
    pairs = assign(threshold_join(first.rows, second.rows, agreement.terms.threshold))
    scores = round_down(pairs.score, 2).tolist()
    return sorted((left[i], right[j], s) for i, j, s in zip(pairs.left, pairs.right, scores, strict=True))


def _prepared(unit: str, agreement: Agreement, **choices: Any) -> tuple[Inputs, list[str]]:
    """A unit's encodings, and of each its record id."""
    keys, people = ring.load(Path(unit)), pd.read_csv(f"{unit}.csv", dtype=str)
    inputs = prepare(people, agreement, keys, now=datetime.now(UTC), **choices)
    made = handles(people["record_id"], keys.handle_key(agreement.id))
    names = {handle.tobytes(): record for record, handle in zip(people["record_id"], made, strict=True)}
    return inputs, [names[handle.tobytes()] for handle in inputs.handles]


def met(one: str, other: str) -> pd.DataFrame:
    """Hits of two units' files that name each other's handles, side by side; there are no others."""
    mine, theirs = (pd.read_csv(f"{unit}-hits.csv") for unit in (one, other))
    mine, theirs = mine[mine["other_unit"] == other], theirs[theirs["other_unit"] == one]
    both = mine.merge(theirs, left_on=["handle", "other_handle"], right_on=["other_handle", "handle"])
    assert len(mine) == len(theirs) == len(both)
    return both


def found(one: str, other: str) -> Hits:
    """The same as `plain`, of both units' files."""
    both = met(one, other)
    return sorted(zip(both["record_id_x"], both["record_id_y"], both["score_x"], strict=True))
