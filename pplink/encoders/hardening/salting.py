"""Salting: a person's tokens set other bits than the same tokens of a person with another value of one field.

Niedermeyer, Steinmetzer, Kroll and Schnell, "Cryptanalysis of basic Bloom filters used for privacy preserving record
linkage", Journal of Privacy and Confidentiality 6(2), 2014, section 6: a stable attribute, such as the year of birth,
goes into the hash of each q-gram. Names then have frequencies only among those of one year; two records of one person
with unlike salts have nothing in common but the field that salts. A list's own similarities stay within each year, and
tell persons as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from pplink.agreement.hardening import Salt
from pplink.fields.vocabulary import Tokens

Places = npt.NDArray[np.int32]

APART = b"\0"
"""Between salt and token; stands in neither."""


class Salts(NamedTuple):
    """Of n rows."""

    field: str
    """Whose values they are; it is not salted itself."""
    texts: tuple[bytes, ...]
    places: Places
    """(n,): which of the texts each row has."""

    def of(self, rows: slice | npt.NDArray[np.int64]) -> Salts:
        """Of some rows: (k,) their places, or a slice."""
        return Salts(self.field, self.texts, self.places[rows])


def salts_from(texts: Sequence[bytes], places: Places, way: Salt) -> Salts:
    """texts: normal forms of the field that salts; places: (n,) which of them each row has."""
    short = texts if way.characters is UNSET else [text[: way.characters] for text in texts]
    numbers: dict[bytes, int] = {}
    number = np.array([numbers.setdefault(text, len(numbers)) for text in short], np.int32)
    return Salts(way.field, tuple(numbers), number[places])


def salted(tokens: Tokens, places: Places, salts: Salts) -> tuple[Tokens, Places]:
    """Tokens of values, each with each salt that a row has it with. places, (n,): each row's value; as returned, each
    row's value with its salt."""
    count, words = len(salts.texts), len(tokens.vocabulary)
    wanted, found = np.unique(places.astype(np.int64) * count + salts.places, return_inverse=True)
    value, salt = wanted // count, wanted % count
    sizes = np.diff(tokens.offsets)[value]
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    at = np.repeat(tokens.offsets[value] - offsets[:-1], sizes) + np.arange(offsets[-1])
    pairs, ids = np.unique(np.repeat(salt, sizes) * words + tokens.ids[at], return_inverse=True)
    shares = tokens.shares
    couples = [divmod(pair, words) for pair in pairs.tolist()]
    return Tokens(
        vocabulary=tuple(salts.texts[which] + APART + tokens.vocabulary[word] for which, word in couples),
        ids=ids.astype(np.int32),
        offsets=offsets.astype(np.int64),
        shares=None if shares is None else tuple(shares[word] for _, word in couples),
        parted=tokens.parted,
    ), found.astype(np.int32)
