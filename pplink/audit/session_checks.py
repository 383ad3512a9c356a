"""Session checks: does a session's record show that its parties ran what their agreement says?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from msgspec import UNSET

from pplink.agreement.extensions import known
from pplink.agreement.model import SIGNATURE, Agreement, Terms
from pplink.agreement.protocols import PROTOCOLS as BUILT_IN
from pplink.agreement.quota import quota_of
from pplink.audit.events import read_time
from pplink.audit.evidence import Evidence, Wrong
from pplink.audit.provenance import check_agreed, run_of, signer_of
from pplink.audit.session_events import (
    KIND,
    PROTOCOLS,
    Finished,
    Joined,
    SessionEvent,
    read_session_event,
    session_id,
    version_of,
)
from pplink.audit.session_legs import Leg, check_following, legs_of, lines_of, received_of
from pplink.keys.signing import Signed


@dataclass(frozen=True, kw_only=True)
class SessionActs:
    """The lines of a session's log, by what they are."""

    signatures: tuple[Signed, ...]
    """Units' signatures under the agreement."""
    joins: tuple[Signed, ...]
    ends: tuple[Signed, ...]
    joined: dict[str, Joined]
    """By party."""
    finished: dict[str, Finished]
    """By party."""
    earlier: tuple[Leg, ...] = ()
    """Legs that were broken off, in order; joins and ends above are the last leg's."""


def no_hits(evidence: Evidence) -> str:
    """Nobody but the units has hits, so nothing is sealed here."""
    if evidence.files.sealed:
        raise Wrong("a session's record has no sealed hits, and there are some")
    return "none"


def signers(evidence: Evidence) -> str:
    """Each line is signed by a party of the agreement whose part it is."""
    entries = evidence.log.entries()
    roles = {SIGNATURE: ("unit",), KIND: ("unit", "broker")}
    kept = {(KIND, keeper) for keeper in evidence.agreement.keepers}
    for number, signed in enumerate(entries, start=1):
        if signed.kind not in roles:
            raise Wrong(f"line {number} is of kind {signed.kind}, which a session's log does not have")
        party = signer_of(evidence, f"line {number}", signed)
        if party.role not in roles[signed.kind] and (signed.kind, party.name) not in kept:
            raise Wrong(f"line {number} is signed by {party.role} {party.name}, whose part it is not")
    evidence.entries = entries
    return f"{len(entries)} signatures"


def order(evidence: Evidence) -> str:
    """The units' signatures, a join and an end of each party; each of them by name."""
    evidence.session = read_session_acts(evidence.entries)
    acts = evidence.session
    check_agreed(evidence, acts.signatures)
    legs = [part for leg in acts.earlier for part in (("join", leg.joins), ("end", leg.ends))]
    for what, found in (*legs, ("join", acts.joins), ("end", acts.ends)):
        if [each.signer for each in found] != sorted(acts.joined) or len(found) < 3:
            raise Wrong(f"there is not one {what} of each of three parties or more, in order of their names")
    return ", ".join(acts.joined)


def read_session_acts(entries: Sequence[Signed]) -> SessionActs:
    """A log's entries taken apart. Raises MalformedError, Wrong for a line out of place."""
    signatures = tuple(each for each in entries if each.kind == SIGNATURE)
    events = [(each, read_session_event(each)) for each in entries[len(signatures) :]]
    earlier, last = legs_of(events)
    (joins, joined), (ends, finished) = lines_of(last, Joined), lines_of(last, Finished)
    if (*joins, *ends) != tuple(each for each, _ in last):
        raise Wrong("the lines are not signatures, then joins, then ends")
    return SessionActs(
        signatures=signatures, earlier=earlier, joins=joins, ends=ends, joined=joined, finished=finished
    )


def parties(evidence: Evidence) -> str:
    """Units, as all say, and the broker, for this agreement and its protocol, with one linkage secret."""
    acts, agreement = evidence.session, evidence.agreement
    before, tiles = "", 0
    for leg in acts.earlier:
        check_joins(agreement, leg.joined)
        tiles = check_following(leg.joined, acts.joined, before, tiles)
        before = leg.check()
    check_joins(agreement, acts.joined)
    check_sizes(agreement.terms, acts.joined)
    check_following(acts.joined, acts.joined, before, tiles)
    name = session_id(acts.joins)
    if run_of(evidence.checkpoint.origin) != name:
        raise Wrong(f"the checkpoint is not of session {name[:16]}..., which the joins make")
    for party, finished in acts.finished.items():
        if finished.session != name:
            raise Wrong(f"the end that {party} signed is of another session")
        if finished.rows != acts.joined[party].rows:
            raise Wrong(f"{party} brought {finished.rows} records, and had joined with others")
    told = next(iter(acts.joined.values()))
    sizes = ", ".join(f"{unit} {acts.joined[unit].rows:,}" for unit in told.units)
    what = "keys, filled up" if agreement.terms.protocol == "ecdh_psi" else "records"
    proof = _PROOF.format(agreement.terms.dealt) if agreement.terms.dealt > 1 else ""
    return f"{told.protocol}{proof}; {what}: {sizes}; session {name[:16]}..."


def check_joins(agreement: Agreement, joined: dict[str, Joined]) -> None:
    """Raise Wrong unless all of these say that they join one session under this agreement."""
    units = sorted(name for name in joined if name in agreement.units)
    _check_parties(agreement, joined, units)
    _check_parts(agreement, joined, units)
    _check_among(agreement, joined, units)
    if len({each.nonce for each in joined.values()}) != len(joined):
        raise Wrong("two parties have one nonce")
    if len({joined[unit].confirmation for unit in units}) != 1:
        raise Wrong(f"{' and '.join(units)} encoded with different linkage secrets")


def _check_parties(agreement: Agreement, joined: dict[str, Joined], units: Sequence[str]) -> None:
    groups = {each.units for each in joined.values()}
    if set(joined) != {*units, agreement.broker.name, *agreement.keepers} or groups != {tuple(units)}:
        raise Wrong(
            "those who joined are not the units that all of them name, and the agreement's broker and keeper"
        )


def _check_parts(agreement: Agreement, joined: dict[str, Joined], units: Sequence[str]) -> None:
    """Raise Wrong unless each joined for this, units with records and a secret, others without."""
    version = version_of(agreement.terms, len(units))
    for party, each in joined.items():
        if (each.agreement, each.protocol) != (agreement.id, version):
            raise Wrong(f"{party} joined for another agreement or protocol")
        if {bool(each.rows), bool(each.confirmation)} != {party in units}:
            raise Wrong(f"{party} joined with records or a secret that are not its part")


def check_sizes(terms: Terms, joined: dict[str, Joined]) -> None:
    """Raise Wrong if a unit joined with more than the agreement allows."""
    what = "records" if terms.exact is UNSET else "keys"
    for party, each in joined.items():
        if each.rows > terms.most_told:
            raise Wrong(
                f"{party} joined with {each.rows:,} {what}, and a unit may bring {terms.most_told:,} at most"
            )


def _check_among(agreement: Agreement, joined: dict[str, Joined], units: Sequence[str]) -> None:
    """Raise Wrong unless all say of which units this is one couple, or all that it stands by itself."""
    groups = {each.among for each in joined.values()}
    if len(groups) != 1:
        raise Wrong("the parties do not name the same units as those who meet two by two")
    among = groups.pop()
    if among is not UNSET:
        agreed = sorted(set(among) & set(agreement.units))
        if list(among) != agreed or not set(units) <= set(among) or len(units) != 2:
            raise Wrong("those who joined are no couple of units of the agreement that meet two by two")
    _check_commitments(joined, units, due=among is not UNSET)


def _check_commitments(joined: dict[str, Joined], units: Sequence[str], *, due: bool) -> None:
    """Raise Wrong unless all units commit to their lists, or, where that is not due, nobody does."""
    committed = {party for party, each in joined.items() if each.commitment is not UNSET}
    if committed != set(units) and (committed or due):
        party = min(committed ^ set(units))
        raise Wrong(f"{party} joined with a commitment that is not its part, or without one")


def messages(evidence: Evidence) -> str:
    """Both ends of each link tell of the same messages in the same order."""
    acts = evidence.session
    ends, total = _ends(acts.finished), 0
    if set(ends) != set(permutations(acts.finished, 2)) or any(len(told) != 2 for told in ends.values()):
        raise Wrong("not every link is told of once by either end")
    for (sender, recipient), (one, other) in sorted(ends.items()):
        if one != other:
            raise Wrong(f"{sender} and {recipient} tell of different messages from {sender}")
        total += len(one)
    return f"{total + sum(map(received_of, acts.earlier)):,} messages"


def _ends(finished: Mapping[str, Finished]) -> dict[tuple[str, str], list[tuple[str, ...]]]:
    """By sender and recipient: the digests that each party tells of, who must be one of the two."""
    ends = defaultdict(list)
    for party, each in finished.items():
        for link in each.links:
            if party not in (link.sender, link.recipient):
                raise Wrong(f"{party} tells of messages between others")
            ends[link.sender, link.recipient].append(link.digests)
    return ends


def counts(evidence: Evidence) -> str:
    """Units tell how many hits they have if, and only if, that was agreed; they tell the same number, within the
    quota."""
    acts, terms = evidence.session, evidence.agreement.terms
    learns = terms.learns
    counted = {party for party in acts.finished if learns.count == "broker" and party in learns.hits_to}
    told = {party: each.hits for party, each in acts.finished.items() if each.hits is not UNSET}
    if set(told) != counted:
        raise Wrong("not those tell a number of hits who are to, as agreed")
    if len(set(told.values())) > 1:
        raise Wrong("the two units tell different numbers of hits")
    _check_quota(terms, acts.joined, told)
    return ", ".join(f"{unit} {hits:,} hits" for unit, hits in told.items()) or "not told, as agreed"


def _check_quota(terms: Terms, joined: Mapping[str, Joined], told: Mapping[str, int]) -> None:
    """Raise Wrong if a unit tells of more hits than a session of these two lists may find. told: hits, by unit."""
    quota = quota_of(terms, min(each.rows for each in joined.values() if each.rows))  # the broker has none
    if any(hits > quota for hits in told.values()):
        raise Wrong(f"the units tell of more hits than {quota:,}, with which a session was to stop")


def dates(evidence: Evidence) -> str:
    """All was done while the agreement was in force, by each party's own clock."""
    acts, terms = evidence.session, evidence.agreement.terms
    events: list[tuple[str, SessionEvent]] = [*acts.joined.items(), *acts.finished.items()]
    for leg in acts.earlier:
        events += [*leg.joined.items(), *leg.broken.items()]
    for party, event in events:
        if not terms.valid_from <= read_time(event.at).date() <= terms.valid_until:
            raise Wrong(f"{party} dates something {event.at}, when the agreement was not in force")
    for party, end in acts.finished.items():
        if read_time(end.at) < read_time(acts.joined[party].at):
            raise Wrong(f"{party} ended before it joined")
    return f"{terms.valid_from} to {terms.valid_until}"


def is_session(protocol: str) -> bool:
    """Whether an agreement's protocol leaves a session's record, not a run folder."""
    return protocol in PROTOCOLS or (protocol not in BUILT_IN and known(protocol))


_PROOF = ", with the broker's proof of what it dealt, by {} sets a tile"
DEALT = "that the broker dealt as the protocol says, and shared what it knows with no unit"
PROVEN = (
    "that the broker shared what it knows with no unit; a tile that it dealt wrong, units found with a chance of"
    " {:.1%}: `pplink unit audit` at each looks again"
)
LIMITS = (
    "that a unit used the records it committed to: `pplink unit audit` at each unit plays its part again",
    DEALT,
    "what came of it: hits are at the units alone, and their number is in the log only where that was agreed",
    "that everyone was shown this log: compare the checkpoint with the units and other auditors",
    "clocks: each time is what the party that signed it wrote",
    "what a party did and did not write down, such as copies it kept",
)
"""What no check above can show, in words."""


def limits(terms: Terms) -> tuple[str, ...]:
    """The same under an agreement's terms."""
    if terms.dealt == 1:
        return LIMITS
    return tuple(PROVEN.format(1 - 1 / terms.dealt) if each == DEALT else each for each in LIMITS)
