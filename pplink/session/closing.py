"""Closing: units tell each other the handles of their hits, all sign what went, the broker makes the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from pplink import canonical
from pplink.agreement import text
from pplink.audit import folder
from pplink.audit.folder import RunFiles
from pplink.audit.log import Log, log_of
from pplink.audit.session_events import KIND, Broken, Finished, Link, read_session_event, sign_session_event
from pplink.audit.verification import verify_files
from pplink.canonical import Json, MalformedError
from pplink.errors import IntegrityError, PeerError
from pplink.keys.signing import Signed
from pplink.session.envelope import Letter
from pplink.session.post import Post
from pplink.session.signed import read_signed

HANDLES, END, RECORD = "handles", "end", "record"
"""Steps of the session layer, after the protocol's own."""
LIMIT = 1 << 24
"""Bytes of an end or a record, at most."""
Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


def exchange_handles(post: Post, peer: str, own: Bytes, mine: Rows, theirs: Rows, room: int) -> Bytes:
    """The peer's handles of the rows `theirs`, (n, 16), for ours of the rows `mine`; both rising, without repeats.

    room: to how many handles either message is filled up with zeros, so that its length tells nobody how many hits
    there are. Raises PeerError for handles that do not fit.
    """
    filled = np.zeros((max(room, len(mine)), 16), np.uint8)
    filled[: len(mine)] = own[mine]
    post.send(peer, HANDLES, filled.tobytes())
    letter = expect(post, peer, HANDLES)
    if len(letter.content) != 16 * max(room, len(theirs)):
        raise PeerError(f"{peer} sent a wrong number of handles", "its program is another than ours")
    found = np.frombuffer(letter.content, np.uint8).reshape(-1, 16)
    told = found[: len(theirs)]
    if found[len(theirs) :].any() or len(np.unique(told, axis=0)) != len(theirs):
        raise PeerError(f"{peer} sent handles that do not fit the hits", "its program is another than ours")
    return told


def give_handles(post: Post, peer: str, own: Bytes) -> None:
    """All our handles, (n, 16), to a peer that alone learns the hits: we are not to know which of our records those
    are."""
    post.send(peer, HANDLES, np.ascontiguousarray(own).tobytes())


def take_handles(post: Post, peer: str, rows: int) -> Bytes:
    """All handles of a peer that learns no hits, (rows, 16). Raises PeerError for handles that do not fit."""
    letter = expect(post, peer, HANDLES)
    if len(letter.content) != 16 * rows:
        raise PeerError(f"{peer} sent a wrong number of handles", "its program is another than ours")
    found = np.frombuffer(letter.content, np.uint8).reshape(-1, 16)
    if len(np.unique(found, axis=0)) != rows:
        raise PeerError(f"{peer} sent a handle twice", "its program is another than ours")
    return found


def expect(post: Post, sender: str, step: str) -> Letter:
    """The next letter, which must be this one."""
    letter = post.receive()
    if (letter.sender, letter.step) != (sender, step):
        raise PeerError(
            f"{letter.sender} sent a message of step {letter.step}, where {step} from {sender} was due"
        )
    return letter


def sign_end(post: Post, rows: int, commitment: str, at: str, hits: int | None = None) -> Signed:
    """What this party signs of all that went between the three so far. hits: of a unit that is to tell their number."""
    links = tuple(
        Link(sender=sender, recipient=recipient, digests=tuple(digests))
        for (sender, recipient), digests in sorted(post.links.items())
    )
    finished = Finished(
        at=at,
        session=post.session,
        rows=rows,
        commitment=commitment,
        links=links,
        hits=UNSET if hits is None else hits,
    )
    return sign_session_event(finished, post.ring)


def read_end(post: Post, letter: Letter) -> list[Signed]:
    """A unit's signed ends, of each leg. Raises IntegrityError for one that it did not sign."""
    what = f"the end of {letter.sender}"
    card = post.agreement.party(letter.sender)
    try:
        whole = canonical.exactly(bytes(letter.content))
        ends = [read_signed(canonical.to_bytes(each), card, KIND, what) for each in whole]
        events = [read_session_event(each) for each in ends]
    except (MalformedError, TypeError) as error:
        raise IntegrityError(f"{what} {error}") from None
    kinds = [Broken] * post.leg + [Finished]
    if [type(event) for event in events] != kinds:
        raise IntegrityError(f"{what} is something else")
    return ends


def make_record(post: Post, joins: Sequence[Mapping[str, Signed]], ends: Sequence[Sequence[Signed]]) -> bytes:
    """The broker's: the log of a session and its checkpoint, as they are sent to units. joins: of each leg; ends: each
    party's, of each leg. Raises IntegrityError if it would not verify: then the two ends of some link tell of different
    messages."""
    lines = list(post.agreement.signatures)
    for number, met in enumerate(joins):
        lines += [*met.values(), *sorted((each[number] for each in ends), key=lambda end: end.signer)]
    log = log_of(lines)
    checkpoint = log.checkpoint(post.ring, post.session)
    record = canonical.to_bytes({"log": log.to_bytes().decode(), "checkpoint": checkpoint.decode()})
    read_record(post, record)
    return record


def read_record(post: Post, data: bytes) -> dict[str, bytes]:
    """The record's documents, by file name, once they verify and are of this session. Raises IntegrityError."""
    try:
        value: Json = canonical.exactly(data)
        documents = {
            folder.AGREEMENT: text.write(post.agreement),
            folder.LOG: value["log"].encode(),
            folder.CHECKPOINT: value["checkpoint"].encode(),
        }
        log = Log.from_bytes(documents[folder.LOG])
    except (MalformedError, KeyError, TypeError, AttributeError):
        raise IntegrityError("the session's record is none", "ask the broker") from None
    report = verify_files(
        RunFiles(documents=documents, sealed={}, strays=()),
        agreement_id=post.agreement.id,
        broker_public=post.agreement.broker.signing_key,
    )
    if report.first_failure is not None:
        failure = report.first_failure
        raise IntegrityError(f"the session's record does not stand: {failure.name}: {failure.detail}")
    own = [each for each in log.entries() if each.signer == post.name and each.body.get("session")]
    if [each.body["session"] for each in own][-1:] != [post.session]:
        raise IntegrityError("the session's record is of another session", "ask the broker")
    return documents
