"""Encoding: what benchmarks need of it: a preset's terms, and a FEBRL frame as bits under fixed secrets."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.febrl import NAMES
from pplink.agreement.model import Terms
from pplink.agreement.presets import propose
from pplink.encoders.decoys import padded
from pplink.encoders.frames import to_text
from pplink.encoders.pipeline import encode_fields
from pplink.encoders.variants import spread
from pplink.keys import ring

__all__ = ["encoded", "replace", "terms_of"]


@cache
def terms_of(preset: str) -> Terms:
    """The terms that a proposal from this preset has, between parties made up for it."""
    with tempfile.TemporaryDirectory() as place:
        roles: dict[str, ring.Role] = {"north": "unit", "south": "unit", "hub": "broker"}
        cards = [ring.create(Path(place) / name, name, role).card for name, role in roles.items()]
    agreement = propose(
        preset, cards, purpose="benchmark", legal_text="none: public data", days=1, today=date(2026, 1, 1)
    )
    return agreement.terms


def encoded(frame: pd.DataFrame, terms: Terms, secret: int) -> np.ndarray:
    """(n, words) uint64. frame: FEBRL's columns and record_id; secret: any number, in place of units' shares."""
    return encode_table(frame.rename(columns=NAMES), terms, secret)


def encode_table(frame: pd.DataFrame, terms: Terms, secret: int) -> np.ndarray:
    """As `encoded`, of a frame whose columns are the agreement's fields and record_id."""
    wanted = ["record_id", *(field.name for field in terms.fields)]
    key = hashlib.sha256(f"benchmark {secret}".encode()).digest()
    return encode_fields(to_text(frame).select(wanted), terms, key, "blank")[0]


def encode_records(frame: pd.DataFrame, terms: Terms, secret: int) -> np.ndarray:
    """(records * variants, words): as a dataset has them, decoys included. Variants beyond what the agreement allows
    are left out, as by `--skip-bad-rows`. Records are in the order of their first row."""
    parts = spread(to_text(frame), terms.encoding.rows)
    fits = parts.place < terms.encoding.rows
    rows = encode_table(parts.table.filter(fits).to_pandas(), terms, secret)
    return padded(rows, parts.record[fits], terms.encoding.rows)
