"""Categories: one of few values, such as a nationality or a sex. Equal or not; nothing in between."""

from __future__ import annotations

import numpy as np

from pplink.fields.strings import Strings
from pplink.fields.texts import TEXT, Words
from pplink.fields.vocabulary import Tokens

__all__ = ["CATEGORY", "Category"]


class Category(Words):
    """Folded as text is; the whole of it is one token."""

    def tokens(self, text: str, q: int) -> list[bytes]:
        """The text itself, whatever q is."""
        del q
        return [text.encode()] if text else []

    def tokenise_all(self, texts: Strings, q: int) -> Tokens:
        """As `tokens`. One Python object a value: columns come here as their distinct values."""
        del q
        vocabulary: dict[bytes, int] = {}
        ids = [vocabulary.setdefault(text, len(vocabulary)) for text in texts.to_list() if text]
        offsets = np.zeros(len(texts) + 1, np.int64)
        np.cumsum(texts.lengths > 0, out=offsets[1:])
        return Tokens(vocabulary=tuple(vocabulary), ids=np.array(ids, np.int32), offsets=offsets)


CATEGORY = Category(TEXT.kept)
