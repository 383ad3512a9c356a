"""Tables: cells as lines of text, numbers to the right, long texts folded between words.

In place of rich's: importing that takes 60 ms, a tenth of encoding 100,000 records, and it sends control characters
of a document's author on to the terminal of whoever is asked to sign it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

MARGIN, GAP = "  ", "   "
NARROWEST = 16
"""Columns of a terminal below which no column of a table is folded."""


def lay_out(title: str, header: Sequence[str], rows: Iterable[Sequence[object]], width: int) -> list[str]:
    """The lines of a table: title, header and rule unless all of the header is empty, rows, an empty line.

    width: of the terminal; the widest columns are folded until the table fits, or all are narrow. Truth values
    are yes or no, whole numbers have commas, others 4 decimals.
    """
    cells = [[_text(value) for value in row] for row in rows]
    numeric = [bool(cells) and all(row[i][1] for row in cells) for i in range(len(header))]
    texts = [[text for text, _ in row] for row in cells]
    widths = _fitted([header, *texts], width - len(MARGIN) - len(GAP) * (len(header) - 1))
    head = [*_row(header, widths, numeric), _rule(widths)] if any(header) else []
    body = [line for row in texts for line in _row(row, widths, numeric)]
    return [clean(title), "", *head, *body, ""]


def width_of(text: str) -> int:
    """Columns of a terminal that `text` takes: two for a wide character, none for one that combines."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)


def clean(text: str) -> str:
    """Without characters that steer a terminal: an author could hide terms behind them."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def fold(text: str, width: int) -> list[str]:
    """Lines no wider than `width`, cut between words where that is possible; at least one line."""
    return [line for part in text.split("\n") for line in _fold_line(clean(part), width)]


def _text(value: object) -> tuple[str, bool]:
    """A cell, and whether it is a number."""
    if isinstance(value, bool):
        return ("yes" if value else "no", False)
    if isinstance(value, int):
        return (f"{value:,}", True)
    if isinstance(value, float):
        return (f"{value:.4f}", True)
    return (str(value), False)


def _fitted(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Each column's width: that of its widest line, but columns wider than others give way."""
    widths = [
        max(width_of(clean(line)) for text in column for line in text.split("\n"))
        for column in zip(*rows, strict=True)
    ]
    while sum(widths) > room and max(widths) > NARROWEST:
        widest = widths.index(max(widths))
        rest = max((width for i, width in enumerate(widths) if i != widest), default=0)
        widths[widest] = max(widths[widest] - (sum(widths) - room), min(rest, widths[widest] - 1), NARROWEST)
    return widths


def _row(texts: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> Iterator[str]:
    folded = [fold(text, width) for text, width in zip(texts, widths, strict=True)]
    for parts in zip_longest(*folded, fillvalue=""):
        padded = map(_pad, parts, widths, numeric)
        yield (MARGIN + GAP.join(padded)).rstrip()


def _pad(text: str, width: int, numeric: bool) -> str:
    blank = " " * (width - width_of(text))
    return blank + text if numeric else text + blank


def _rule(widths: Sequence[int]) -> str:
    return " " + "─" * (sum(widths) + len(GAP) * (len(widths) - 1) + 2)


def _fold_line(line: str, width: int) -> Iterator[str]:
    begun = ""
    for word in line.split(" "):
        longer = f"{begun} {word}" if begun else word
        if width_of(longer) <= width:
            begun = longer
            continue
        if begun:
            yield begun
        *full, begun = _cut(word, width)
        yield from full
    yield begun


def _cut(word: str, width: int) -> list[str]:
    """A word in pieces no wider than `width`."""
    pieces = [""]
    for character in word:
        if width_of(pieces[-1] + character) > width and pieces[-1]:
            pieces.append("")
        pieces[-1] += character
    return pieces
