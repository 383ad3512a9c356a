"""`pplink auditor`: what a privacy officer types."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import keys, options, output
from pplink.cli.late import LateGroup
from pplink.errors import IntegrityError, UsageError

if TYPE_CHECKING:
    from pplink.audit.verification import Report

ID = re.compile("[0-9a-f]{64}")
HOMES = {"keeper-key": "pplink.cli.keeping:keeper_key", "keep": "pplink.cli.keeping:keep"}


@click.group(cls=LateGroup, homes=HOMES)
def auditor() -> None:
    """Auditor: check offline that a run did what the agreement says."""


auditor.add_command(keys.init_for("auditor"))


@auditor.command()
@click.argument("run", type=options.FILE)
@click.option(
    "-a",
    "--agreement",
    type=options.FILE,
    metavar="FILE",
    help="Your own copy of the agreement; the run must have followed this one.",
)
@click.option("--agreement-id", metavar="ID", help="The same, by the agreement's id.")
@click.option(
    "--seen",
    "held",
    type=options.FILE,
    multiple=True,
    metavar="PLACE",
    help="Checkpoints of the log that others hold: another copy of a record, or a file of them, as `unit ask` keeps"
    " in watchlists/ID/checkpoints. The log must begin as they saw it. Repeat for more.",
)
@options.as_json
def verify(
    run: Path, agreement: Path | None, agreement_id: str | None, held: tuple[Path, ...], json_: bool
) -> None:
    """Verify a run folder, a session's record, or a watch list.

    Checks signatures, order, parameters, recipients, and every byte.
    """
    from pplink.audit.couples import is_of_couples, verify_couples
    from pplink.audit.verification import verify as verify_run

    shown, pinned = _shown(run), _pinned(agreement, agreement_id)
    if is_of_couples(shown):
        report = verify_couples(shown, agreement_id=pinned, held=_heads(held))
    else:
        report = verify_run(shown, agreement_id=pinned, held=_heads(held))
    if json_:
        output.as_json(report.to_json())
    else:
        _show(report)
    failure = report.first_failure
    if failure is not None:
        raise IntegrityError(
            f"{failure.name}: {failure.detail}", "keep the folder as it is, and ask whose log it is"
        )
    if not json_:
        output.result("The run did what the agreement says.")


def _shown(run: Path) -> Path:
    """What is to be checked: of a party's own side of a session, its record."""
    from pplink.audit.folder import CHECKPOINT, LOG
    from pplink.session.transcript import UNITS

    record = run / "record"
    if (run / UNITS).exists() and not record.is_dir():
        raise UsageError(f"no couple's session in {run} has ended", "go on with it, then check its record")
    if not record.is_dir() or (run / LOG).exists() or (run / CHECKPOINT).exists():
        return run
    output.note(f"checking {record}")
    return record


def _heads(held: tuple[Path, ...]) -> list[bytes]:
    from pplink.audit.folder import CHECKPOINT
    from pplink.audit.seen import heads_in
    from pplink.files import read_bytes

    files = [file for each in held for file in (sorted(each.rglob(CHECKPOINT)) if each.is_dir() else [each])]
    found = [head for each in files for head in heads_in(read_bytes(each, "checkpoints", 1 << 28))]
    if held and not found:
        raise UsageError("the files of --seen have no checkpoints", "check their names")
    return found


def _pinned(agreement: Path | None, agreement_id: str | None) -> str | None:
    from pplink.agreement import text

    if agreement_id is not None and not ID.fullmatch(agreement_id):
        raise UsageError(
            "an agreement's id is 64 lower-case hex digits", "it is shown by `pplink unit agree`, or give -a"
        )
    if agreement is None:
        return agreement_id
    own = text.load(agreement).id
    if agreement_id not in (None, own):
        raise UsageError("--agreement and --agreement-id name different agreements", "give one of the two")
    return own


def _show(report: Report) -> None:
    for check in report.checks:
        output.result(f"ok    {check.words}: {check.detail}" if check.ok else f"FAIL  {check.words}")
    for words in report.limits:
        output.result(f"      not checked: {words}")
