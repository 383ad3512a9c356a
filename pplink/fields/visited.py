"""Visited: kinds whose columns are read a value at a time. Columns come as their distinct values, so few are."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from pplink.fields.kind import Kind, Normalised
from pplink.fields.problem import BadValueError
from pplink.fields.strings import Strings, from_list
from pplink.fields.vocabulary import Tokens

Shared = list[tuple[bytes, int]]
"""Tokens, and the share of each."""


class Visited(Kind):
    """A kind that is defined by what it makes of one value."""

    unlike = True

    @abstractmethod
    def cut(self, text: str) -> Shared:
        """The tokens of a normal form that says something, each once, with their shares."""

    def tokens(self, text: str, q: int) -> list[bytes]:
        """As `cut`, whatever q is."""
        del q
        return [token for token, _ in self.cut(text)] if text else []

    def shares(self, text: str, q: int) -> list[int]:
        """As `cut`, whatever q is."""
        del q
        return [share for _, share in self.cut(text)] if text else []

    def fold_all(self, values: Strings) -> Normalised:
        """As `fold`."""
        texts, problems = [], np.zeros(len(values), np.uint8)
        for row, value in enumerate(values.to_list()):
            try:
                texts.append(self.fold(value.decode()).encode())
            except BadValueError as error:
                texts.append(b"")
                problems[row] = error.problem
        return Normalised(from_list(texts), problems)

    def tokenise_all(self, texts: Strings, q: int) -> Tokens:
        """As `tokens` and `shares`."""
        del q
        places: dict[tuple[bytes, int], int] = {}
        ids: list[int] = []
        ends = [0]
        for text in texts.to_list():
            if text:
                ids += [places.setdefault(each, len(places)) for each in self.cut(text.decode())]
            ends.append(len(ids))
        return Tokens(
            vocabulary=tuple(token for token, _ in places),
            ids=np.array(ids, np.int32),
            offsets=np.array(ends, np.int64),
            shares=tuple(share for _, share in places),
        )
