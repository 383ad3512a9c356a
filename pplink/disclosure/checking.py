"""Checking: whether a unit was told what the log says that it was, and no more than was agreed. Only it can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from pplink.agreement.model import Terms
from pplink.audit.events import Counts, LinkCount
from pplink.disclosure.columns import Hits, round_down, words
from pplink.errors import IntegrityError

Key = npt.NDArray[np.uint64] | npt.NDArray[np.uint16]


def check_told(unit: str, hits: Hits, possible: Hits | None, counts: Counts, terms: Terms) -> None:
    """Raise IntegrityError unless these are as many hits of `unit` as the run counted, with the units that it counted
    them with, each once, with scores as agreed. counts: of the log, which was verified."""
    if (possible is None) != (counts.possible is UNSET):
        raise _other(unit, "possible hits are told or counted, and not both")
    _check(unit, hits, counts.links, (terms.threshold, inf), terms)
    if possible is not None and counts.possible is not UNSET and terms.possible is not UNSET:
        _check(unit, possible, counts.possible, (terms.possible, terms.threshold), terms)


def _check(
    unit: str, hits: Hits, links: Sequence[LinkCount], within: tuple[float, float], terms: Terms
) -> None:
    """within: [lowest, end) of the scores before they were rounded."""
    due = {
        each.right if each.left == unit else each.left: each.links for each in links if unit in _ends(each)
    }
    problem = (
        _counted(hits, due)
        or _repeated(hits, once=terms.assignment == "one-to-one")
        or _scored(hits, *within, terms)
    )
    if problem:
        raise _other(unit, problem)


def _ends(link: LinkCount) -> tuple[str, str]:
    return link.left, link.right


def _counted(hits: Hits, due: Mapping[str, int]) -> str | None:
    told = dict(zip(hits.units, np.bincount(hits.unit, minlength=len(hits.units)).tolist(), strict=True))
    if told.keys() - due.keys():
        return "they name a unit that is not of the run"
    for other, number in due.items():
        if told.get(other, 0) != number:
            return f"they are {told.get(other, 0):,} with {other}, and {number:,} were counted"
    return None


def _repeated(hits: Hits, *, once: bool) -> str | None:
    """once: each record has one hit with each other unit at most."""
    ranks = np.argsort(np.argsort(np.array(hits.units, dtype=np.str_))).astype(np.uint16)[hits.unit]
    (low, high), (other_low, other_high) = words(hits.handle), words(hits.other)
    if not _rising((high, low, ranks, other_high, other_low)):
        return "they are not in their order, or one is there twice"
    if not once:
        return None
    order = np.lexsort((other_low, other_high, ranks))
    if _rising((high, low, ranks)) and _rising((ranks[order], other_high[order], other_low[order])):
        return None
    return "a record has two with the same unit"


def _rising(keys: Sequence[Key]) -> bool:
    """Whether each row is above the one before it, by the first key that tells them apart."""
    same = np.ones(max(len(keys[0]) - 1, 0), np.bool_)
    above = ~same
    for key in keys:
        above |= same & (key[:-1] < key[1:])
        same &= key[:-1] == key[1:]
    return bool(above.all())


def _scored(hits: Hits, lowest: float, end: float, terms: Terms) -> str | None:
    learns = terms.learns
    allowed = hits.rounded(learns.score, learns.decimals, terms.classes).score
    if (hits.score is None) != (learns.score == "none") or not _same(hits.score, allowed):
        return "they say of scores something else than was agreed"
    if learns.score == "rounded":
        lowest = float(round_down(np.array([lowest]), learns.decimals)[0])
    if hits.score is not None and bool((hits.score < lowest).any()):
        return "one has a score below the one agreed"
    if hits.score is not None and bool((hits.score >= end).any()):  # a score is never rounded up
        return "a possible hit has the score of a hit"
    return None


def _same(one: npt.NDArray[np.float64] | None, other: npt.NDArray[np.float64] | None) -> bool:
    return one is None or (other is not None and bool(np.array_equal(one, other)))


def _other(unit: str, problem: str) -> IntegrityError:
    return IntegrityError(
        f"the hits sealed for {unit} are not those that the log tells of: {problem}",
        "keep the run folder, and show it to the other units and the auditors",
    )
