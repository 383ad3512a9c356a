"""Common: units that found common keys tell each other which of their records have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pplink.agreement.exact import Exact, key_name
from pplink.errors import PeerError, RefusedError
from pplink.session.closing import HANDLES
from pplink.session.exact import ExactInputs
from pplink.session.plan import Couple
from pplink.session.post import Post

LEAST_ROOM = 64
"""Entries that a message of handles has room for, however small a list is."""
MOST_HITS = 1 << 22
"""Pairs of records; many records with one key, such as a phone that a whole list gives, make more."""
ENTRY = np.dtype([("rank", "<u4"), ("handle", "u1", 16)])
"""A common key's rank among them as bytes, from 1; the handle of a record that has it. Zeros fill a message up."""


@dataclass(frozen=True, kw_only=True)
class Common:
    """Our records with keys that all units have."""

    ranks: Sequence[int]
    """(n,), rising: each entry's key, by its rank from 1."""
    records: Sequence[int]
    """(n,): rows of our handles."""
    names: Mapping[int, str]
    """By rank: which of the agreement's keys it is."""


def common_of(brought: ExactInputs, places: Sequence[int], exact: Exact) -> Common:
    """places: of our keys, those that are common."""
    ranks = {item: rank for rank, item in enumerate(sorted({brought.items[place] for place in places}), 1)}
    entries = sorted((ranks[brought.items[place]], int(brought.record[place])) for place in places)
    names = {ranks[brought.items[place]]: key_name(exact.keys[int(brought.which[place])]) for place in places}
    return Common(ranks=[rank for rank, _ in entries], records=[row for _, row in entries], names=names)


def tell_handles(
    post: Post, peers: Sequence[str], brought: ExactInputs, common: Common, room: int
) -> tuple[Couple, ...]:
    """Hits with each of the other units: records that share a common key.

    room: to a multiple of how many entries each message is filled up, so that its length tells those in between next to
    nothing. Raises PeerError for entries that do not fit, RefusedError for more hits than anybody could read.
    """
    entries = np.zeros(max(1, -(-len(common.ranks) // room)) * room, ENTRY)
    entries["rank"][: len(common.ranks)] = common.ranks
    entries["handle"][: len(common.records)] = brought.handles[list(common.records)]
    for peer in peers:
        post.send(peer, HANDLES, entries.tobytes())
    told: dict[str, list[tuple[int, bytes]]] = {}
    while len(told) < len(peers):
        letter = post.receive()
        if letter.step != HANDLES or letter.sender in told or letter.sender not in peers:
            raise PeerError(f"{letter.sender} sent a message of step {letter.step}, where {HANDLES} were due")
        told[letter.sender] = _read(letter.sender, letter.content, len(common.names), room)
    return tuple(_couple(peer, common, told[peer], brought) for peer in peers)


def _read(peer: str, content: memoryview, keys: int, room: int) -> list[tuple[int, bytes]]:
    """(rank, handle) of each of the peer's records that have one of so many common keys."""
    if not content or len(content) % (room * ENTRY.itemsize):
        raise PeerError(f"{peer} sent a wrong number of handles", "its program is another than ours")
    entries = np.frombuffer(content, ENTRY)
    size = int(np.count_nonzero(entries["rank"]))
    ranks = entries["rank"][:size].astype(np.int64)
    fits = (
        not entries["rank"][size:].any()
        and not entries["handle"][size:].any()
        and bool((np.diff(ranks) >= 0).all())
        and np.unique(ranks).tolist() == list(range(1, keys + 1))
        and len(np.unique(entries[:size])) == size
    )
    if not fits:
        raise PeerError(f"{peer} sent handles that do not fit the hits", "its program is another than ours")
    return list(zip(ranks.tolist(), map(bytes, entries["handle"][:size]), strict=True))


def _couple(peer: str, common: Common, told: Sequence[tuple[int, bytes]], brought: ExactInputs) -> Couple:
    theirs = defaultdict(list)
    for rank, handle in told:
        theirs[rank].append(handle)
    if sum(len(theirs[rank]) for rank in common.ranks) > MOST_HITS:
        raise RefusedError(
            f"more than {MOST_HITS:,} pairs of records with {peer} share a key",
            "a key that very many records have tells no person: agree on other keys, or mend the list",
        )
    hits: dict[tuple[int, bytes], set[str]] = defaultdict(set)
    for rank, record in zip(common.ranks, common.records, strict=True):
        for handle in theirs[rank]:
            hits[record, handle].add(common.names[rank])
    rows = np.array([record for record, _ in hits], np.int64)
    return Couple(
        peer=peer,
        own=brought.handles[rows],
        theirs=np.frombuffer(b"".join(handle for _, handle in hits), np.uint8).reshape(-1, 16),
        score=np.ones(len(hits)),
        rows=rows,
        keys=tuple("; ".join(sorted(names)) for names in hits.values()),
    )
