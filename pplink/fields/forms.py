"""Forms: what of a normal form two lists must have in common to the letter, where keys are compared and not bits.

A value in a tolerant form gives several texts; two values meet where they share one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Literal

import msgspec

Form = Literal["exact", "sound", "pairs", "year", "tolerant"]
Side = Literal["both", "list", "query"]
"""both: two lists meet. list, query: a query about one person meets a list; then whole days meet also bare years,
which among lists would make all who were born in one year meet."""

MOST_WORDS = 8
"""Words of a name that `pairs` looks at; the first ones."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A form."""

    kinds: frozenset[str]
    """Of fields that may have it; empty: all."""
    cut: Callable[[str, Side], list[str]]
    """The texts of a normal form that says something."""


def forms(form: Form, text: str, side: Side = "both") -> tuple[str, ...]:
    """The texts of a normal form, each once; none of an empty one. None has a control character."""
    return tuple(dict.fromkeys(RULES[form].cut(text, side))) if text else ()


def fits(form: Form, kind: str) -> bool:
    """Whether fields of this kind may have the form."""
    kinds = RULES[form].kinds
    return not kinds or kind in kinds


def _sounds(words: Sequence[str]) -> list[str]:
    """`grigoryevich yusuf` and `yussuf grigorijevitj` are `grigorievich iusuf`."""
    from pplink.fields.persons import sound_of  # late: reading an agreement must not wait for it

    return sorted({sound_of(word) for word in words})


def _pairs(text: str) -> list[str]:
    """Each two words by sound, so that a missing third does no harm; a name of one word is itself."""
    words = _sounds(text.split()[:MOST_WORDS])
    return [" ".join(pair) for pair in combinations(words, 2)] or words


def _years(text: str) -> list[str]:
    """`1964-03-08` is `1964`; a range, `1964/1966`, is each of its years."""
    first, _, last = text.partition("/")
    return [f"{year}" for year in range(int(first[:4]), int((last or first)[:4]) + 1)]


def _tolerant(text: str, side: Side) -> list[str]:
    """A day meets itself, the day with day and month swapped, and the same day a year before or after; what is less
    than a day meets the year alone. Of a list and a query, a day of one also meets a bare year of the other."""
    if text.isdecimal() and len(text) == 8:
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    listed, asked = [f"y:{year}" for year in _years(text)], [f"c:{year}" for year in _years(text)]
    if len(text) != 10 or "/" in text:
        return listed + asked if side == "query" else listed
    year, month, day = int(text[:4]), text[5:7], text[8:]
    swapped = "-".join(sorted((month, day)))
    near = [f"s:{year}-{swapped}", f"n:{year // 2}-{month}-{day}", f"o:{(year + 1) // 2}-{month}-{day}"]
    return near + {"both": [], "list": asked, "query": listed}[side]


_NAMES, _DATES = frozenset({"name", "text", "person_name"}), frozenset({"date", "day", "life_date"})
RULES: Mapping[Form, Rule] = {
    "exact": Rule(kinds=frozenset(), cut=lambda text, _: [text]),
    "sound": Rule(kinds=_NAMES, cut=lambda text, _: [" ".join(_sounds(text.split()))]),
    "pairs": Rule(kinds=_NAMES, cut=lambda text, _: _pairs(text)),
    "year": Rule(kinds=_DATES, cut=lambda text, _: _years(text)),
    "tolerant": Rule(kinds=_DATES, cut=_tolerant),
}
"""By the agreement's word."""
