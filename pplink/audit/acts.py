"""Acts: a log taken apart into who did what, once its lines stand in the one order that a run has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pplink.agreement.model import SIGNATURE
from pplink.audit.events import (
    KIND,
    AgreementCompleted,
    DatasetsReceived,
    Event,
    HitsDelivered,
    RunFinished,
    RunStarted,
    read_event,
)
from pplink.canonical import MalformedError
from pplink.dataset.manifest import KIND as MANIFEST_KIND
from pplink.keys.signing import Signed

SIGNERS: Mapping[str, str] = {SIGNATURE: "unit", MANIFEST_KIND: "unit", KIND: "broker"}
"""What kinds of envelope a log has, and the role of the party that signs them."""


@dataclass(kw_only=True)
class Acts:
    """The lines of one log, by what they are. Filled in order by `read_acts`."""

    signatures: list[Signed] = field(default_factory=list)
    """Units' signatures under the agreement."""
    completed: AgreementCompleted = field(init=False)
    manifests: list[Signed] = field(default_factory=list)
    """Units' signed manifests."""
    received: DatasetsReceived = field(init=False)
    started: RunStarted = field(init=False)
    finished: RunFinished = field(init=False)
    delivered: list[HitsDelivered] = field(default_factory=list)

    @property
    def events(self) -> tuple[Event, ...]:
        """The broker's, in their order."""
        return (self.completed, self.received, self.started, self.finished, *self.delivered)


STEPS: Mapping[str, str] = {
    "signature": "a unit's signature under the agreement",
    "completed": "the broker's agreement-completed",
    "manifest": "a unit's dataset manifest",
    "received": "the broker's datasets-received",
    "started": "the broker's run-started",
    "finished": "the broker's run-finished",
    "delivered": "the broker's hits-delivered",
}
NEXT: Mapping[str, tuple[str, ...]] = {
    "": ("signature",),
    "signature": ("signature", "completed"),
    "completed": ("manifest",),
    "manifest": ("manifest", "received"),
    "received": ("started",),
    "started": ("finished",),
    "finished": ("delivered",),
    "delivered": ("delivered",),
}
"""What may follow what; a log ends after `finished` or `delivered`."""


def read_acts(entries: Sequence[Signed]) -> Acts:
    """The acts in a log's entries. Raises MalformedError naming the first line that stands where it may not.

    Nothing else is checked: not who signed, not whether units are missing.
    """
    acts, last = Acts(), ""
    for number, signed in enumerate(entries, start=1):
        try:
            step = _take(signed, acts, NEXT[last])
        except MalformedError as error:
            raise MalformedError(f"line {number} {error}") from None
        last = step
    if last not in ("finished", "delivered"):
        raise MalformedError(f"line {len(entries) + 1} is missing: {_due(NEXT[last])} is due")
    return acts


def _take(signed: Signed, acts: Acts, due: tuple[str, ...]) -> str:
    """Put one entry into `acts` and say which step it was."""
    if signed.kind == SIGNATURE and "signature" in due:
        acts.signatures.append(signed)
        return "signature"
    if signed.kind == MANIFEST_KIND and "manifest" in due:
        acts.manifests.append(signed)
        return "manifest"
    if signed.kind != KIND:
        raise MalformedError(f"is of kind {signed.kind} where {_due(due)} is due")
    event = read_event(signed)
    step = _STEP_OF[type(event)]
    if step not in due:
        raise MalformedError(f"is {STEPS[step]} where {_due(due)} is due")
    if isinstance(event, HitsDelivered):
        acts.delivered.append(event)
    else:
        setattr(acts, step, event)
    return step


def _due(steps: tuple[str, ...]) -> str:
    return " or ".join(STEPS[step] for step in steps)


_STEP_OF: Mapping[type[Event], str] = {
    AgreementCompleted: "completed",
    DatasetsReceived: "received",
    RunStarted: "started",
    RunFinished: "finished",
    HitsDelivered: "delivered",
}
