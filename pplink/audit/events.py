"""Events: what the broker says it did in a run and when, each signed by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from pplink.canonical import Json, MalformedError
from pplink.keys.ring import KeyRing
from pplink.keys.signing import NAME, Signed
from pplink.keys.strict import read_strict

KIND = "pplink/event/1"


class _Dated(Protocol):
    @property
    def at(self) -> str: ...


Dated = TypeVar("Dated", bound=_Dated)
"""An event of any log: all say when."""

Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""SHA-256, lower-case hex."""
Run = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,63}\Z")]
"""A run's name; see `checkpoint.RUN`."""
Name = Annotated[str, msgspec.Meta(pattern=NAME)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Software = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9.+ -]{1,64}\Z")]
Time = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]


class _Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    at: Time
    """When, by the broker's clock: RFC 3339, UTC, whole seconds."""
    run: Run
    """Which run: the same in every event of a log and in the checkpoint's origin."""


class AgreementCompleted(_Event, frozen=True, kw_only=True, tag="agreement-completed"):
    """The broker holds an agreement that every unit signed; their signatures stand above this line."""

    agreement: Digest
    """The agreement's id."""
    sha256: Digest
    """Of the bytes of `agreement.json`."""
    signers: tuple[Name, ...]
    """The units, sorted."""


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dataset, by what its unit signed."""

    unit: Name
    digest: Digest
    """SHA-256 of the RFC 8785 form of the signed manifest."""


class DatasetsReceived(_Event, frozen=True, kw_only=True, tag="datasets-received"):
    """The broker holds these datasets; their manifests stand above this line, in the same order."""

    datasets: tuple[Declared, ...]
    """Sorted by unit: the order in which they are matched."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the broker chose: the agreement says what a hit is, and not how it is looked for."""

    strategy: Literal["auto", "exact", "lsh"]
    """exact: every pair is compared; lsh: those that agree on sampled bits; auto: as the rows ask for."""
    recall: Annotated[float, msgspec.Meta(gt=0, le=1)]
    """The chance asked for with which each pair is found, where not every pair is compared."""
    seed: Count
    """What the sampled bits are drawn from."""


class RunStarted(_Event, frozen=True, kw_only=True, tag="run-started"):
    """Comparison begins with these parameters."""

    parameters: dict[str, Any]
    """What `parameters_of` says of the agreement's terms, nothing else."""
    chosen: Chosen
    software: Software
    """Name and version, for example `pplink 0.1.0`."""


class LinkCount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hits between two units."""

    left: Name
    right: Name
    """Later than `left` in the order of `datasets`."""
    links: Count
    """Pairs of records that became hits: each is one hit for either unit."""


class Counts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of a run, in numbers that must fit the manifests and the deliveries."""

    comparisons: Count
    """Pairs of records: the sum over couples of datasets of the product of their sizes."""
    recall: Annotated[float, msgspec.Meta(gt=0, le=1)]
    """The chance with which each pair at or above the threshold was found at least; 1: all were compared."""
    cut: Count
    """Comparisons that were planned and left out since records were too alike; 0 if `recall` held for all."""
    found: Count
    """Pairs at or above the threshold, before solving."""
    clusters: Count
    """Groups of records joined by links."""
    links: tuple[LinkCount, ...]
    """One for each couple of datasets, in the order (0, 1), (0, 2) ... (1, 2) ..."""
    possible: tuple[LinkCount, ...] | msgspec.UnsetType = msgspec.UNSET
    """Likewise of possible hits; absent if the agreement has none."""


class RunFinished(_Event, frozen=True, kw_only=True, tag="run-finished"):
    """Comparison is done."""

    counts: Counts


class HitsDelivered(_Event, frozen=True, kw_only=True, tag="hits-delivered"):
    """A sealed file of hits is ready for one unit: `hits/<unit>.sealed`."""

    unit: Name
    sha256: Digest
    """Of the file."""
    size: Count = msgspec.field(name="bytes")
    """Bytes in the file."""
    hits: Count
    """Hits in the file."""
    possible: Count | msgspec.UnsetType = msgspec.UNSET
    """Possible hits in the file; absent if the agreement has none."""


Event: TypeAlias = AgreementCompleted | DatasetsReceived | RunStarted | RunFinished | HitsDelivered

TYPES: Mapping[str, type[Event]] = {
    "agreement-completed": AgreementCompleted,
    "datasets-received": DatasetsReceived,
    "run-started": RunStarted,
    "run-finished": RunFinished,
    "hits-delivered": HitsDelivered,
}
"""What `type` may be, in the order in which a run goes through them."""


def sign_event(event: Event, ring: KeyRing) -> Signed:
    """The event as an envelope of the broker who holds `ring`.

    Raises MalformedError for an event that `read_event` would refuse: what is written can be read.
    """
    signed = ring.sign(KIND, msgspec.to_builtins(event))
    read_event(signed)
    return signed


def read_event(signed: Signed) -> Event:
    """The event in an envelope whose signature was verified elsewhere.

    Raises MalformedError naming the JSON path: unknown type, unknown or missing key, impossible value.
    """
    return read_typed(signed, TYPES)


def read_typed(signed: Signed, types: Mapping[str, type[Dated]], expected: str | None = None) -> Dated:
    """The event in an envelope (of kind `expected`, if given), of the type that it names itself.

    Raises MalformedError naming the JSON path.
    """
    if expected not in (None, signed.kind):
        raise MalformedError(f"is of kind {signed.kind} where {expected} is due")
    kind = types.get(str(signed.body.get("type")))
    if kind is None:
        raise MalformedError("$.body.type: not an event that is known here")
    event = read_strict(signed.body, kind, root="$.body")
    read_time(event.at)
    return event


def software() -> str:
    """This program's name and version, as events state it."""
    from importlib.metadata import version

    return f"pplink {version('pplink')}"


def write_time(moment: datetime) -> str:
    """RFC 3339, UTC, whole seconds, rounded down: `2026-01-31T09:30:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(text: str) -> datetime:
    """The moment that `write_time` wrote. MalformedError for another spelling or an impossible date."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise MalformedError("has a time that is none") from None
    if write_time(moment) != text:
        raise MalformedError("has a time that is none")
    return moment


def to_json(event: Event) -> Json:
    """The event's body, as it is signed."""
    return msgspec.to_builtins(event)
