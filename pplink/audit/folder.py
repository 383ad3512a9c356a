"""Folder: what a run leaves behind. Four kinds of file, no other name, nothing but plain files."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pplink.errors import UnavailableError, UsageError
from pplink.files import read_bytes

AGREEMENT = "agreement.json"
LOG = "log.jsonl"
CHECKPOINT = "checkpoint"
HITS = "hits"
"""A folder with one sealed file for each unit that may learn something."""

LIMIT = 1 << 24
"""Bytes in a document (agreement, log, checkpoint); a larger one is refused unread."""
HEADER_LIMIT = 4096
"""Bytes in the plain first line of a sealed file."""

_SEALED = re.compile(r"([a-z][a-z0-9-]{0,31})\.sealed")


@dataclass(frozen=True, kw_only=True)
class SealedFile:
    """A hits file as anyone can see it."""

    header: bytes
    """Its first line without the newline; empty if there is none within HEADER_LIMIT."""
    size: int
    """Bytes."""
    sha256: str
    """64 hex digits."""


@dataclass(frozen=True, kw_only=True)
class RunFiles:
    """All that a run folder holds."""

    documents: Mapping[str, bytes]
    """Of AGREEMENT, LOG and CHECKPOINT those that are there, whole."""
    sealed: Mapping[str, SealedFile]
    """By unit."""
    strays: tuple[str, ...]
    """What does not belong: a name and what is wrong with it."""


def sealed_path(unit: str) -> str:
    """Where a unit's hits lie, below the run folder."""
    return f"{HITS}/{unit}.sealed"


def read_folder(folder: Path) -> RunFiles:
    """Read a run folder whole; sealed files are digested, not kept.

    Links, pipes and devices are named as strays and never opened: a pipe would hang the reader, and a link
    would show one file to this reader and another to the next. Raises UsageError if there is no such
    folder, UnavailableError if something in it cannot be read.
    """
    documents: dict[str, bytes] = {}
    sealed: dict[str, SealedFile] = {}
    strays: list[str] = []
    for entry in _entries(folder):
        if entry.name == HITS and entry.is_dir(follow_symlinks=False):
            for inner in _entries(folder / HITS):
                _take_sealed(inner, sealed, strays)
        elif entry.name in (AGREEMENT, LOG, CHECKPOINT) and _is_document(entry):
            documents[entry.name] = read_bytes(Path(entry.path), "the run's file", LIMIT)
        else:
            strays.append(_describe(entry, ""))
    return RunFiles(documents=documents, sealed=sealed, strays=tuple(strays))


def _take_sealed(entry: os.DirEntry[str], sealed: dict[str, SealedFile], strays: list[str]) -> None:
    match = _SEALED.fullmatch(entry.name)
    if match is None or not entry.is_file(follow_symlinks=False):
        strays.append(_describe(entry, f"{HITS}/"))
    else:
        sealed[match[1]] = digest_file(Path(entry.path))


def digest_file(path: Path) -> SealedFile:
    """Digest a sealed file of any size in constant memory. Raises UnavailableError."""
    try:
        with path.open("rb") as stream:
            first = stream.readline(HEADER_LIMIT)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read: {error.strerror}", "check its owner") from None
    header = first[:-1] if first.endswith(b"\n") else b""
    return SealedFile(header=header, size=size, sha256=digest)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """By name, so that two readers name the same stray first."""
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except FileNotFoundError:
        raise UsageError(f"run folder {folder} does not exist", "check the name") from None
    except NotADirectoryError:
        raise UsageError(f"{folder} is not a folder", "name the run folder") from None
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be read: {error.strerror}", "check its owner") from None


def _is_document(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_size <= LIMIT


def _describe(entry: os.DirEntry[str], below: str) -> str:
    """The name with anything unprintable escaped: names in a folder are a stranger's text."""
    mode = entry.stat(follow_symlinks=False).st_mode
    what = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "a file"
    if not (stat.S_ISLNK(mode) or stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        what = "neither file nor folder"
    if entry.name in (AGREEMENT, LOG, CHECKPOINT) and stat.S_ISREG(mode) and not below:
        what = f"larger than {LIMIT:,} bytes"
    return f"{below}{entry.name!a} ({what})"
