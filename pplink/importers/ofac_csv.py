"""OFAC's CSV set: sdn.csv, with alt.csv (other names), add.csv (addresses) and sdn_comments.csv (where remarks go on)
if there are, joined by first column.

Form: the Treasury's dat_spec.txt: no header; `-0-` is nothing; sdn has 12 columns, alt 5, add 6, comments 2; births,
papers and nationalities are words in sdn's last column, `;` between, which is cut at 1,000 characters: the rest stands
in comments. The same columns are in the consolidated set.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pplink.errors import DataError, UsageError
from pplink.importers.lines import rows_of
from pplink.importers.ofac import PAPERS, country_of
from pplink.importers.person import People

WIDTHS = {12: "sdn", 5: "alt", 6: "add", 2: "comments"}
"""Which file of the set has so many columns."""

_REMARK = re.compile(
    r"(?:alt\. )?(?P<what>DOB|POB|nationality|citizen|Gender|Phone Number|[af]\.k\.a\.)(?: No\.)? (?P<value>.+)",
    re.IGNORECASE,
)
_PAPER = re.compile(r"(?:alt\. )?(?P<kind>[^\d]*?)[ #]*(?P<number>[\w./-]*\d[\w./-]*)(?: \(.*)?$")
_COLUMN_OF = {
    "dob": "birth_date",
    "nationality": "nationality",
    "citizen": "nationality",
    "gender": "sex",
    "phone number": "phone",
}
ASKED = "give sdn.csv, and alt.csv, add.csv and sdn_comments.csv beside it"
Row = tuple[str, list[str]]
"""Where it stands, and its cells."""


def read(paths: Sequence[Path]) -> People:
    """All individuals of sdn.csv, with what the other files say of them. The files come in any order.

    Raises UsageError unless exactly one of them is sdn.csv, DataError with the line.
    """
    files = _sorted([list(_cells(path)) for path in paths])
    if "sdn" not in files:
        raise UsageError("none of the files is sdn.csv", ASKED)
    rest: defaultdict[str, str] = defaultdict(str)
    for _, row in files.get("comments", ()):
        rest[row[0]] += row[1]  # a second line of a person adds to the first
    people = People()
    individuals = _add_individuals(people, files["sdn"], rest)
    for where, row in files.get("alt", ()):
        if row[0] in individuals:
            people.add(where, row[0], [("name", row[3])])
    for where, row in files.get("add", ()):
        if row[0] in individuals and row[4]:
            people.add(where, row[0], [("residence", row[4])])
    return people


def _add_individuals(people: People, rows: Sequence[Row], rest: Mapping[str, str]) -> set[str]:
    """Those of sdn.csv; their ids. rest: by id, where a remark goes on."""
    individuals: set[str] = set()
    for where, row in rows:
        kind = row[2].strip().lower()
        if kind == "individual":
            individuals.add(row[0])
            people.add(where, row[0], [("name", row[1]), *_remarks(row[11] + rest.get(row[0], ""))])
        else:
            people.others[kind if kind in ("vessel", "aircraft") else "entity"] += 1
    return individuals


def _cells(path: Path) -> Iterator[Row]:
    for where, row in rows_of(path):
        if row != ["\x1a"]:  # the mark that ends a file of DOS
            yield where, ["" if cell.strip() == "-0-" else cell for cell in row]


def _sorted(files: list[list[Row]]) -> dict[str, list[Row]]:
    """Each file by what its first row's width says that it is."""
    found: dict[str, list[Row]] = {}
    for rows in files:
        width = len(rows[0][1]) if rows else 0
        name = WIDTHS.get(width, "")
        if not name or name in found:
            where = f"{rows[0][0]}: is" if rows else "a file has no rows, and is"
            raise DataError(
                f"{where} none of sdn.csv, alt.csv, add.csv and sdn_comments.csv, each once", ASKED
            )
        for where, row in rows:
            if len(row) != width:
                raise DataError(
                    f"{where} has {len(row)} cells where the first has {width}", "the file is damaged"
                )
        found[name] = rows
    return found


def _remarks(text: str) -> Iterator[tuple[str, str]]:
    """What sdn.csv's last column says: `DOB 10 Dec 1948; POB Basra, Iraq; Passport A1 (Iraq); a.k.a. 'FOO'.`"""
    for part in text.rstrip(". ").split("; "):
        if found := _REMARK.fullmatch(part.strip().rstrip(".")):
            what, value = found["what"].lower(), found["value"]
            if what == "pob":
                yield "birth_country", country_of(value)
            elif what.endswith("k.a."):
                yield "name", value.strip("'\" ")
            else:
                yield _COLUMN_OF[what], value.partition(" (")[0]
        elif (paper := _PAPER.fullmatch(part.strip())) and PAPERS.search(paper["kind"]):
            yield "document", paper["number"]
