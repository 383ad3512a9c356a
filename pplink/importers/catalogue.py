"""Catalogue: the formats that can be imported, by name, and how each is recognised by its first bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from pplink.errors import UsageError
from pplink.files import opened
from pplink.importers import eu, followthemoney, interpol, ofac, ofac_csv, un
from pplink.importers.person import People

FIRST = 4096
"""Bytes looked at to tell a format."""


def _single(read: Callable[[Path], People]) -> Callable[[Sequence[Path]], People]:
    def read_one(paths: Sequence[Path]) -> People:
        if len(paths) != 1:
            raise UsageError("this format is one file", "import the files one by one")
        return read(paths[0])

    return read_one


FORMATS: dict[str, Callable[[Sequence[Path]], People]] = {
    "ofac-xml": _single(ofac.read),
    "ofac-csv": ofac_csv.read,
    "eu-xml": _single(eu.read),
    "un-xml": _single(un.read),
    "interpol-json": _single(interpol.read),
    "followthemoney": _single(followthemoney.read),
}
"""By the name that `--format` takes."""

INSTEAD = {
    "clkhash-schema": "a linkage schema of clkhash is for `pplink unit propose --clkhash-schema`",
    "clkhash-clks": "CLKs hold no persons: encode the list they were made from, or compare them from Python,"
    " `pplink.threshold_join` of `pplink.importers.clkhash.clks.read_clks`",
}
"""What is recognised and is no list, and what it is for."""

SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ofac-xml", re.compile(r"<(?:\w+:)?sdnList\b")),
    ("eu-xml", re.compile(r"<(?:\w+:)?export\b")),
    ("un-xml", re.compile(r"<(?:\w+:)?CONSOLIDATED_LIST\b")),
    ("clkhash-schema", re.compile(r'\A\s*\{.*"clkConfig"', re.DOTALL)),
    ("clkhash-clks", re.compile(r'\A\s*\{.*"clks"\s*:', re.DOTALL)),
    ("followthemoney", re.compile(r'\A\s*\{(?=.*"schema")(?=.*"id")', re.DOTALL)),
    ("interpol-json", re.compile(r'\A\s*[\[{].*"(?:_embedded|entity_id|forename)"', re.DOTALL)),
    ("ofac-csv", re.compile(r"\A\s*\d+\s*,.*-0-", re.DOTALL)),
)
"""What a file of each begins with; the first that fits."""


def read(paths: Sequence[Path], format_: str | None = None) -> People:
    """All persons of a list. format_: by which its files are read; None: as the first file looks.

    Raises UsageError for a format that is not known or recognised, DataError with the line or entity.
    """
    name = format_ or _recognised(paths)
    if name not in FORMATS:
        raise UsageError("there is no format of that name", f"formats are: {', '.join(FORMATS)}")
    return FORMATS[name](paths)


def _recognised(paths: Sequence[Path]) -> str:
    if not paths:
        raise UsageError("no file to be imported", "name one")
    with opened(paths[0]) as stream:
        first = stream.read(FIRST)
    text = first.decode("utf-16" if first[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    for name, sign in SIGNS:
        if sign.search(text) and name in INSTEAD:
            raise UsageError(f"{paths[0].name} is no list of persons", INSTEAD[name])
        if sign.search(text):
            return name
    raise UsageError(
        f"{paths[0].name} is of no format that is recognised", f"give --format: {', '.join(FORMATS)}"
    )
