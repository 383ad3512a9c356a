"""Couples: do the records of units that met two by two stand, each by itself and all together?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import UNSET

from pplink.audit.evidence import Evidence, Wrong
from pplink.audit.folder import read_folder
from pplink.audit.seen import WORDS, seen_of
from pplink.audit.session_checks import SessionActs
from pplink.audit.session_events import Joined, couple_name, couples_of, list_of
from pplink.audit.verification import Check, Report, ask, examine

MARK = "+"
"""In the name of a couple's folder, `north+south`, and of no other file of a record."""
Acts = Mapping[str, Evidence]
"""By couple's name: what its own checks found."""


def is_of_couples(place: Path) -> bool:
    """Whether a folder holds records of couples."""
    return place.is_dir() and any(MARK in each.name for each in place.iterdir())


def verify_couples(
    place: Path,
    *,
    agreement_id: str | None = None,
    broker_public: bytes | None = None,
    held: Sequence[bytes] = (),
) -> Report:
    """As `verification.verify`, of a folder with a record of each couple: of all couples, or of those of one unit.

    held: checkpoints of these couples' logs that others have, in any order.

    What is wrong with one couple's record is told with its name. Raises UsageError, UnavailableError.
    """
    entries = sorted(place.iterdir())
    checks = [_files(entries)]
    acts: dict[str, Evidence] = {}
    limits: tuple[str, ...] = ()
    for entry in entries:
        if not checks[-1].ok:
            break
        report, acts[entry.name] = examine(
            read_folder(entry), agreement_id=agreement_id, broker_public=broker_public
        )
        checks.append(_whole(entry.name, report))
        limits = report.limits if checks[-1].ok else limits
    steps = STEPS
    if held:
        steps = (*STEPS, ("seen", WORDS, lambda acts: seen_of([*acts.values()], held)))
    if checks[-1].ok:
        checks.extend(ask(steps, acts))
    done = {each.name for each in checks}
    due = [*(each.name for each in entries), *(name for name, _, _ in steps)]
    return Report(
        checks=tuple(checks),
        not_reached=tuple(name for name in due if name not in done),
        limits=(*(_missing(acts) if checks[-1].ok else ()), *limits),
    )


def _files(entries: Sequence[Path]) -> Check:
    """Folders of couples, and no others."""
    strays = [
        each.name for each in entries if MARK not in each.name or each.is_symlink() or not each.is_dir()
    ]
    wrong = f"what does not belong: {', '.join(map(ascii, strays))}"
    return Check(
        name="files", words=FILES, ok=not strays, detail=wrong if strays else f"{len(entries)} couples"
    )


def _whole(name: str, report: Report) -> Check:
    """A couple's report as one check."""
    words = f"the session of {' and '.join(name.split(MARK))} did what the agreement says, by its own record"
    failure, told = report.first_failure, {each.name: each.detail for each in report.checks}
    if failure is not None:
        return Check(name=name, words=words, ok=False, detail=f"{failure.name}: {failure.detail}")
    if "messages" not in told:
        return Check(name=name, words=words, ok=False, detail="it is no session's record")
    detail = f"{told['parties']}; {told['messages']}; hits: {told['counts']}"
    return Check(name=name, words=words, ok=True, detail=detail)


def _couples(acts: Acts) -> str:
    """Each is of the two units of its name, of one agreement and one set of units; and all are there."""
    among, due = _due(acts)
    for name, evidence in acts.items():
        of = couple_name(_any(evidence.session).units)
        if of != name:
            raise Wrong(f"the record called {name} is of {of}")
    parts = [{name for name in due if unit in name.split(MARK)} for unit in among]
    if set(acts) != due and set(acts) not in parts:
        raise Wrong(f"there is no record of {', '.join(sorted(due - set(acts)))}")
    return f"{len(acts)} of {len(due)} couples of {', '.join(among)}"


def _lists(acts: Acts) -> str:
    """What a unit joined with is the same in all of its couples."""
    told: dict[str, tuple[str, Joined]] = {}
    for name, evidence in acts.items():
        joined = evidence.session.joined
        for unit in _any(evidence.session).units:
            first, before = told.setdefault(unit, (name, joined[unit]))
            if list_of(before) != list_of(joined[unit]):
                raise Wrong(f"{unit} joined {name} with another list than {first}")
    return ", ".join(f"{unit} {joined.rows:,}" for unit, (_, joined) in sorted(told.items()))


FILES = "the folder holds a record of each couple, nothing else"
STEPS: tuple[tuple[str, str, Callable[[Acts], str]], ...] = (
    ("couples", "all couples of the units are there, or all of one unit", _couples),
    ("lists", "each unit brought one list to all of its couples", _lists),
)
"""Name, words, and what checks it, once each couple's record stands."""


def _due(acts: Acts) -> tuple[tuple[str, ...], set[str]]:
    """All units that met two by two, and the names of their couples. Raises Wrong."""
    found = {(each.agreement.id, _any(each.session).among) for each in acts.values()}
    if len(found) != 1:
        raise Wrong("the records are of different agreements, or of units that name different others")
    among = found.pop()[1]
    if among is UNSET:
        raise Wrong("the records are of two units that met by themselves, not of several couples")
    told = next(iter(acts.values())).agreement.terms.learns.hits_to
    return among, {couple_name(each) for each in couples_of(among, told)}


def _missing(acts: Acts) -> tuple[str, ...]:
    gone = sorted(_due(acts)[1] - set(acts))
    return (f"couple {', '.join(gone)}, which is not in this record: the broker's has all",) if gone else ()


def _any(acts: SessionActs) -> Joined:
    return next(iter(acts.joined.values()))
