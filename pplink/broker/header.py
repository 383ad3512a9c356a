"""Header: what a match was asked for, so that it can go on without being asked again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote_from_bytes, unquote_to_bytes

import msgspec

from pplink import canonical
from pplink.audit.events import Chosen, Digest, Run, Time, read_time, software
from pplink.broker.intake import Intake
from pplink.canonical import Json
from pplink.errors import IntegrityError, UsageError
from pplink.keys.strict import read_strict


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that the match reads."""

    path: Annotated[str, msgspec.Meta(min_length=1)]
    """Absolute, as `quoted` writes it."""
    digest: Digest
    """Of a dataset's signed manifest; of the agreement's bytes."""

    @property
    def file(self) -> Path:
        """Where it lies."""
        return Path(os.fsdecode(unquote_to_bytes(self.path)))


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first file of a journal."""

    format: Literal["pplink-journal/1"] = "pplink-journal/1"
    run: Run
    """The run's random name."""
    opened: Time
    """When the match began."""
    software: str
    chosen: Chosen
    agreement: Source
    datasets: Annotated[tuple[Source, ...], msgspec.Meta(min_length=1)]
    """In the order of units."""

    def to_json(self) -> Json:
        """What `from_bytes` reads, in canonical bytes."""
        return msgspec.to_builtins(self)

    @staticmethod
    def from_bytes(data: bytes) -> Header:
        """Raises MalformedError."""
        header = read_strict(canonical.exactly(data), Header)
        read_time(header.opened)
        return header

    def check(self, intake: Intake) -> None:
        """Raise IntegrityError if the files are not those that the match began with, UsageError for another pplink."""
        if self.software != software():
            raise UsageError(
                f"the match was begun by {self.software}, and this is {software()}",
                "go on with the one that began it, or delete the journal and match anew",
            )
        found = [intake.agreement_sha256, *(each.digest for each in intake.datasets)]
        for source, digest in zip((self.agreement, *self.datasets), found, strict=False):
            if source.digest != digest:
                raise IntegrityError(
                    f"{source.file} is not the file that the match began with",
                    "put the file back, or delete the journal and match anew",
                )


def header_of(intake: Intake, chosen: Chosen, run: str, opened: str) -> Header:
    """The header of a match that begins now."""
    return Header(
        run=run,
        opened=opened,
        software=software(),
        chosen=chosen,
        agreement=Source(path=quoted(intake.agreement_path), digest=intake.agreement_sha256),
        datasets=tuple(
            Source(path=quoted(path), digest=each.digest)
            for path, each in zip(intake.paths, intake.datasets, strict=True)
        ),
    )


def quoted(path: Path) -> str:
    """The absolute path with %FF for what JSON cannot say: a file's name need not be text."""
    return quote_from_bytes(os.fsencode(path.resolve()))
