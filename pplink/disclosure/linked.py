"""Linked: what a unit found in sessions as the hits that it would have opened from a run folder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pplink.agreement.model import Terms
from pplink.disclosure.clusters import cluster_ids, joined
from pplink.disclosure.columns import Bytes, Hits
from pplink.session.plan import Couple


def hits_of(couples: Sequence[Couple], unit: str, terms: Terms) -> Hits:
    """One unit's hits with others, each other unit once, with no more of the scores than was agreed; sorted by handle.

    Units whose hits join the same records give a cluster the same id.
    """
    own, ours = _numbered(np.concatenate([np.zeros((0, 16), np.uint8), *(each.own for each in couples)]))
    theirs = [_numbered(each.theirs) for each in couples]
    handles = [own, *(names for names, _ in theirs)]
    begins = np.cumsum([0, *map(len, handles)])
    heads = np.concatenate(
        [np.zeros(0, np.int64), *(at + rows for at, (_, rows) in zip(begins[1:], theirs, strict=False))]
    )
    labels = joined(ours, heads, int(begins[-1]))
    ids = cluster_ids((unit, *(each.peer for each in couples)), handles, np.split(labels, begins[1:-1]))[0]
    sizes = [len(each.own) for each in couples]
    hits = Hits(
        handle=own[ours],
        units=tuple(each.peer for each in couples),
        unit=np.repeat(np.arange(len(couples), dtype=np.uint16), sizes),
        other=np.concatenate([np.zeros((0, 16), np.uint8), *(each.theirs for each in couples)]),
        score=np.concatenate([np.zeros(0), *(each.score for each in couples)]),
        cluster=ids[ours],
    )
    return hits.rounded(terms.learns.score, terms.learns.decimals, terms.classes).sorted()


def _numbered(handles: Bytes) -> tuple[Bytes, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Each handle once, and for each row which."""
    names, places = np.unique(handles, axis=0, return_inverse=True)
    return names.reshape(-1, 16), places.reshape(-1)
