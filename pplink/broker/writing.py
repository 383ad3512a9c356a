"""Writing: a run folder that is whole or not there, and that an auditor would accept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pplink import files
from pplink.audit import folder
from pplink.audit.verification import verify
from pplink.errors import IntegrityError, UnavailableError, UsageError


def check_target(target: Path) -> None:
    """Whether a run folder could be made there: now, and not after an hour of comparing."""
    if os.path.lexists(target):
        raise UsageError(f"{target} exists", "name a run folder that does not exist yet")
    if not target.parent.is_dir():
        raise UsageError(f"cannot write {target}: its folder does not exist", "make the folder first")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise UnavailableError(f"cannot write {target}: its folder is closed to you", "check its owner")


def write_run(
    target: Path, agreement: bytes, log: bytes, checkpoint: bytes, sealed: Mapping[str, bytes]
) -> None:
    """The run folder, all at once. Raises IntegrityError if it would not verify, UnavailableError, UsageError."""
    with new_folder(target) as place:
        with _named(target, place):
            (place / folder.HITS).mkdir()
            files.write_atomically(place / folder.AGREEMENT, agreement)
            files.write_atomically(place / folder.LOG, log)
            files.write_atomically(place / folder.CHECKPOINT, checkpoint)
            for unit, data in sealed.items():
                files.write_atomically(place / folder.sealed_path(unit), data)
        _check_run(place)
        place.chmod(0o777 & ~files.umask())


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A temporary private folder that becomes `target` at the end, or goes. One that is there is never replaced."""
    try:
        place = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part"))
    except OSError as error:
        raise UnavailableError(f"cannot write {target}: {error.strerror}", "check its folder") from None
    try:
        yield place
        place.rename(target)
    except OSError as error:
        raise UnavailableError(
            f"cannot write {target}: {error.strerror}", "is another run going there?"
        ) from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _named(target: Path, place: Path) -> Iterator[None]:
    """Errors of the disk tell of the run folder, not of the temporary name it has till it is whole."""
    try:
        yield
    except UnavailableError as error:
        raise UnavailableError(error.message.replace(str(place), str(target)), error.hint) from None


def _check_run(place: Path) -> None:
    """A run that an auditor would refuse, say because the agreement ended meanwhile, is not handed out."""
    failure = verify(place).first_failure
    if failure is not None:
        raise IntegrityError(
            f"the run does not stand up to verification: {failure.name}: {failure.detail}",
            "nothing was written; check the clock and match again",
        )
