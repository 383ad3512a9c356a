"""One-sided: common keys that one of two units learns: no handle is sent, and the other can answer all the same.

The unit that learns sees which place of the other's list is common. A place means nothing but to the unit whose list
it is, so a name made of it is by what the two talk about a hit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pplink import canonical
from pplink.agreement.exact import Exact, key_name
from pplink.session.closing import Bytes
from pplink.session.exact import ExactInputs
from pplink.session.plan import Couple, Found
from pplink.session.post import Post
from protocols.ecdh_psi import Unit


def one_sided(post: Post, role: Unit, brought: ExactInputs, exact: Exact) -> Found:
    """What either unit has, once it ran its role."""
    (peer,) = (name for name in post.others if name != post.agreement.broker.name)
    if not role.parameters.learns(role.name):
        return Found(
            couples=(),
            size=0,
            names=None if exact.reveal == "size" else _ours(post, role, brought, exact, peer),
        )
    result = role.result
    if result is None:
        raise RuntimeError("a role without a result")
    if result.items is None or result.theirs is None:
        return Found(couples=(), size=result.size)
    couple = _couple(brought, exact, peer, result.items, names(post.session, peer, result.theirs))
    return Found(couples=(couple,), size=result.size)


def names(session: str, unit: str, places: Sequence[int]) -> Bytes:
    """(n, 16): of places in the list that a unit sent in a session: SHA-256, cut, of what they are."""
    told = [
        bytes.fromhex(canonical.digest({"place": place, "session": session, "unit": unit}))[:16]
        for place in places
    ]
    return np.frombuffer(b"".join(told), np.uint8).reshape(-1, 16)


def _ours(post: Post, role: Unit, brought: ExactInputs, exact: Exact, peer: str) -> Couple:
    """By which names the peer knows our records: each of our keys' places."""
    places = {item: place for place, item in enumerate(role.listed) if item is not None}
    of = [places[item] for item in brought.items]
    return _couple(brought, exact, peer, range(len(brought.items)), names(post.session, post.name, of))


def _couple(brought: ExactInputs, exact: Exact, peer: str, items: Sequence[int], theirs: Bytes) -> Couple:
    """items: places in what we brought."""
    rows = brought.record[list(items)]
    return Couple(
        peer=peer,
        own=brought.handles[rows],
        theirs=theirs,
        score=np.ones(len(rows)),
        rows=rows,
        keys=tuple(key_name(exact.keys[int(brought.which[place])]) for place in items),
    )
