"""Days: calendar days whose parts are told two by two, so that days alike in some digits by chance are far apart."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from pplink.fields.dates import Date, Parts, cut, cut_all
from pplink.fields.strings import Strings
from pplink.fields.vocabulary import Tokens

PARTS: Parts = (
    (0, 1, 2, 3), (2, 3), (4, 5), (6, 7), (3,), (5,), (7,), (0, 1, 2, 3, 4, 5), (8, 9, 10, 11), (0, 1, 2, 3, 6, 7),
)  # fmt: skip
"""Which digits make a token together: of YYYYMMDD, and behind it month and day with the smaller first, so that a day
and a month in each other's place do less harm."""

SHARES = (4, 4, 2, 2, 2, 1, 1, 4, 4, 4)
"""Of each part, 28 in all; by F1 on FEBRL1-3 (benchmarks/preset_tuning.py). A wrong digit of the day leaves 17 or 18,
of the month 15 to 17, of the year 10 to 12, and swapped month and day 14."""


class Day(Date):
    """As `date`, by other tokens, of unlike shares."""

    unlike = True

    def tokens(self, text: str, q: int) -> list[bytes]:
        """Of 4 March 1980 `0:1980 1:80 2:03 3:04 4:0 5:3 6:4 7:198003 8:0304 9:198004`."""
        del q
        return cut(text + "".join(sorted((text[4:6], text[6:]))), PARTS)

    def shares(self, text: str, q: int) -> list[int]:
        """SHARES."""
        del q
        return list(SHARES) if text else []

    def tokenise_all(self, texts: Strings, q: int) -> Tokens:
        """As `tokens` and `shares`."""
        del q
        digits = texts.data.reshape(-1, 8).astype(np.int32) - ord("0")
        month, day = digits[:, 4:6], digits[:, 6:]
        late = month @ (10, 1) > day @ (10, 1)
        either = np.where(late[:, None], np.hstack((day, month)), digits[:, 4:])
        found = cut_all(np.hstack((digits, either)), texts.offsets // 8, PARTS)
        return replace(found, shares=tuple(SHARES[int(token[:1])] for token in found.vocabulary))


DAY = Day()
