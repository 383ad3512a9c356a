"""Keys: what protocols cost that compare keys to the letter: by keys, filled up."""

from __future__ import annotations

from functools import partial
from typing import Any

from pplink.agreement.exact import Exact, Watchlist
from pplink.agreement.exact_presets import EXACT_PRESETS
from pplink.session.costs.trial import REPEATS, SESSION, Cost, Sizes, beyond, seed, spent, timed
from protocols.ecdh_psi import Alice, Bob, Parameters
from protocols.oprf_hit import Asker, Holder, Purpose, Query, key_pair, prepared
from protocols.oprf_hit import Parameters as ListParameters
from protocols.role import Role

TRIED = 512
"""Keys of each list in a trial."""
QUERIES = 8
"""More of them, in the second of two trials."""


def common_keys(sizes: Sizes) -> tuple[Cost, ...]:
    """One key a record, filled up as the preset says; each takes as long as any other."""
    exact = EXACT_PRESETS["documents-exact"].exact
    step = exact.step if isinstance(exact, Exact) else 1
    took = spent(lambda: _psi(TRIED))
    keys = sum(-(-size // step) * step for size in (sizes.rows, sizes.other))
    share = keys / (2 * TRIED)
    return (Cost(what="one key a record", seconds=took.seconds * share, bytes=round(took.bytes * share)),)


def watchlist(sizes: Sizes) -> tuple[Cost, ...]:
    """A list is prepared and its filter sent once, key by key; a query takes as long for any list."""
    terms = EXACT_PRESETS["watchlist"].watchlist
    asked, bits = (terms.asked, terms.false_bits) if isinstance(terms, Watchlist) else (8, 38)
    secret, public = key_pair(seed("list"), b"trial", True)
    entries = [b"%d" % number for number in range(TRIED)]
    making = timed(lambda: prepared(entries, secret, True), REPEATS)
    listed = prepared(entries, secret, True)
    agreed = ListParameters(public_key=public, capacity=1 << 24, false_bits=bits, step=TRIED, keys=asked)
    once, more = (spent(partial(_asking, agreed, listed, asked, queries)) for queries in (1, 1 + QUERIES))
    query = beyond(more.seconds, once.seconds) / QUERIES, (more.bytes - once.bytes) // QUERIES
    share = sizes.rows / TRIED
    return (
        Cost(what="the list, once", seconds=making * share, bytes=round((once.bytes - query[1]) * share)),
        Cost(what=f"a query of {asked} keys", seconds=query[0], bytes=query[1]),
    )


def _psi(count: int) -> list[Role]:
    agreed = Parameters(quota=count, step=count, capacity=count)

    def common(name: str, first: int) -> dict[str, Any]:
        items = [b"%d" % number for number in range(first, first + count)]
        return {"session": SESSION, "parameters": agreed, "items": items, "seed": seed(name), "spent": set()}

    return [Alice(**common("alice", 0)), Bob(**common("bob", count // 2))]


def _asking(agreed: ListParameters, listed: Any, keys: int, queries: int) -> list[Role]:
    purpose = Purpose(case="trial", basis="trial")
    asked = [
        Query(keys=tuple(b"%d %d" % (query, key) for key in range(keys)), purpose=purpose)
        for query in range(queries)
    ]

    def common(name: str) -> dict[str, Any]:
        return {"session": SESSION, "parameters": agreed, "seed": seed(name), "spent": set()}

    return [
        Asker(queries=asked, **common("asker")),
        Holder(watchlist=listed, permits=lambda _: True, **common("holder")),
    ]
