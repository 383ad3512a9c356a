"""Records: a session's, which its parties write anew as if they had all cheated."""

from __future__ import annotations

from pathlib import Path

from pplink import canonical
from pplink.audit.folder import CHECKPOINT, LOG
from pplink.audit.log import Log, log_of
from pplink.audit.session_events import KIND, session_id
from pplink.audit.verification import verify


class Record:
    """A record that the broker may write anew, with lines that their parties sign anew."""

    def __init__(self, table, place: Path) -> None:
        self.rings = table.rings
        self.place = place
        self.entries = list(Log.from_bytes((place / LOG).read_bytes()).entries())
        self.run = self.entries[-1].body["session"]

    def joins(self):
        return [each for each in self.entries if each.body.get("type") == "session-joined"]

    def find(self, kind: str, party: str) -> int:
        return next(
            i for i, each in enumerate(self.entries)
            if each.signer == party and each.body.get("type") == f"session-{kind}"
        )  # fmt: skip

    def say(self, kind: str, party: str, **changes) -> None:
        at = self.find(kind, party)
        self.entries[at] = self.rings[party].sign(KIND, self.entries[at].body | changes)

    def without(self, kind: str, party: str, key: str) -> None:
        at = self.find(kind, party)
        body = {name: value for name, value in self.entries[at].body.items() if name != key}
        self.entries[at] = self.rings[party].sign(KIND, body)

    def links(self, party: str, change) -> None:
        links = canonical.from_bytes(
            canonical.to_bytes(self.entries[self.find("finished", party)].body["links"])
        )
        self.say("finished", party, links=change(links))

    def named(self) -> None:
        """All call the session by what the joins now make."""
        self.run = session_id(self.joins())
        for party in ("hub", "north", "south"):
            self.say("finished", party, session=self.run)

    def write(self, signer: str = "hub") -> str | None:
        """The name of the first check that fails."""
        log = log_of(self.entries)
        (self.place / LOG).write_bytes(log.to_bytes())
        (self.place / CHECKPOINT).write_bytes(log.checkpoint(self.rings[signer], self.run))
        failure = verify(self.place).first_failure
        return None if failure is None else failure.name
