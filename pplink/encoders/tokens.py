"""Tokens: a piece of a column as its distinct values and what each of them is made of, salted if so agreed."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from msgspec.structs import replace
from pyarrow._compute import DictionaryEncodeOptions, call_function  # without 50 ms of pyarrow.compute

from pplink.agreement.field import Field
from pplink.agreement.model import Terms
from pplink.encoders.hardening.salting import Salts, salted, salts_from
from pplink.fields.kind import Problems
from pplink.fields.strings import Strings
from pplink.fields.vocabulary import Tokens

Places = npt.NDArray[np.int32]

ENCODE_MISSING = DictionaryEncodeOptions("encode")
"""A missing value is a value like others."""

SAMPLE = 4096
"""Values looked at to tell whether a piece of a column is worth looking for equal ones."""
VARIED = 0.99
"""Share of distinct values in the sample above which it is not. Where all are equally likely, seven in ten or more of
131,072 are distinct then, and finding the others takes as long as working on them again."""


class Values(NamedTuple):
    """The distinct values of some rows of one column; of a column without repeats, its values as they come."""

    field: Field
    texts: Strings
    """In normal form; empty where missing or bad."""
    problems: Problems
    """One for each distinct value."""
    places: Places
    """(n,): which of them each row has."""

    def tokens(self, q: int, salts: Salts | None = None) -> tuple[Tokens, Places]:
        """Of each distinct value, and (n,) which of these each row has; with salts, (n,) too, of each value with each
        of its salts. The field that salts is not salted."""
        found = self.field.reader.tokenise_all(self.texts, q)
        found = replace(found, parted=self.field.by_value)
        if salts is None or salts.field == self.field.name:
            return found, self.places
        return salted(found, self.places, salts)


def read(column: Any, field: Field, today: date | None = None) -> Values:
    """Some rows of a text column. today: births after it are bad; None: no day is known."""
    whole = whole_of(column)
    values, places = (whole, np.arange(len(whole), dtype=np.int32)) if _is_varied(whole) else coded(whole)
    normal = field.reader.normalise_all(values)
    texts, problems = normal if today is None else normal.doubted(field.reader, today)
    return Values(field, texts, problems, places)


def salts_of(table: Any, terms: Terms, today: date | None = None) -> Salts | None:
    """What each row of a table of text is salted with; None if the agreement has no salt. A row whose value is missing
    or bad has the empty salt."""
    way = terms.encoding.salt
    if way is None:
        return None
    field = next(field for field in terms.fields if field.name == way.field)
    values = read(table.column(way.field), field, today)
    return salts_from(values.texts.to_list(), values.places, way)


def distinct(column: Any) -> tuple[Any, Places]:
    """A chunked text column as its distinct values, in order of first appearance, and for each row its value's
    place. A missing value is a value too: as bytes, an empty one."""
    return coded(whole_of(column))


def whole_of(column: Any) -> Any:
    """A chunked column in one piece."""
    if column.num_chunks == 1:
        return column.chunk(0)
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def coded(whole: Any) -> tuple[Any, Places]:
    """As `distinct`, of one piece."""
    found = call_function("dictionary_encode", [whole], ENCODE_MISSING)
    places = np.frombuffer(found.indices.buffers()[1], np.int32, len(found))  # to_numpy would import pandas
    return found.dictionary, places


def _is_varied(whole: Any) -> bool:
    """Whether so few values stand twice that looking for them takes longer than working on each; by its beginning."""
    if whole.null_count or len(whole) < 2 * SAMPLE:
        return False
    return len(coded(whole.slice(0, SAMPLE))[0]) > VARIED * SAMPLE
