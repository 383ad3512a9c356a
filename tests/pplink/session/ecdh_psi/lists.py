"""Lists: people with papers, phones and names at three units, what they have in common, and a session about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from pplink.encoders.handles import handles
from pplink.session.catalogue import prepare
from tests.pplink.session.parties import Parties

HEADER = ["record_id", "document", "phone", "name", "birth_date"]
ROWS = {
    "north": [
        ["n1", "AB123456", "+46 70 123 45 67", "Anna Berg", "1980-04-03"],
        ["n2", "CD777 888", None, "Boris Petrov", "1971-02-20"],
        ["n3", "EF9999; GH4444", None, "Chiara Rossi", "1990-12-24"],
        ["n4", None, "+46701234567", "Dmitri Ivanov", "1960"],
        ["n5", "ZZ0001", None, None, None],
    ],
    "south": [
        ["s1", "ab-123456", None, "BERG, Anna", "3 Apr 1980"],
        ["s2", None, "0046 (0)70-123 45 67", "Eva Holm", "1955-05-05"],
        ["s3", "gh 4444", None, "Someone Else", "1950-01-02"],
        ["s4", "XX5555", None, "Petrov Boris", "1971-02-20"],
        ["s5", "XX5556", None, "Nobody Here", "1933-03-04"],
    ],
    "west": [
        ["w1", "GH4444", None, "Chiara Rossi", "1990-12-24"],
        ["w2", "AB123456", None, "Uma Thorn", "1940-06-30"],
    ],
}
COMMON = [
    ("n1", "s1", "document; name+birth_date"), ("n1", "s2", "phone"), ("n2", "s4", "name+birth_date"),
    ("n3", "s3", "document"), ("n4", "s2", "phone"),
]  # fmt: skip


def people(unit):
    return pd.DataFrame(ROWS[unit], columns=HEADER)


@dataclass(kw_only=True)
class Session(Parties):
    """All parties of one session about these people."""

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Of units that have others."""
    seconds: float = 10

    def __post_init__(self) -> None:
        now = pd.Timestamp(self.agreement.terms.valid_from, tz="UTC").to_pydatetime()
        lists = {unit: people(unit) for unit in self.units} | self.frames
        self.inputs = {
            unit: prepare(frame, self.agreement, self.rings[unit], now=now) for unit, frame in lists.items()
        }

    def names(self, unit):
        """Record ids by handle."""
        ids = [row[0] for row in ROWS[unit]]
        found = handles(ids, self.rings[unit].handle_key(self.agreement.id))
        return {handle.tobytes(): record for handle, record in zip(found, ids, strict=True)}

    def hits(self, unit, peer):
        """(own, theirs, keys), as whoever has both lists reads them."""
        couple = next(each for each in self.result(unit).couples if each.peer == peer)
        own, theirs = self.names(unit), self.names(peer)
        rows = zip(couple.own, couple.theirs, couple.keys, strict=True)
        return sorted((own[mine.tobytes()], theirs[other.tobytes()], keys) for mine, other, keys in rows)
