"""Linked: what a unit found in a session as the hits that it would have opened from a run folder."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pplink.agreement.model import Terms
from pplink.disclosure.clusters import cluster_ids
from pplink.disclosure.columns import Hits
from pplink.session.party import Linked


def hits_of(linked: Linked, unit: str, terms: Terms) -> Hits:
    """One unit's hits, with no more of the scores than was agreed; sorted by handle. Both units' hits of one session
    have the same cluster ids."""
    own, ours = np.unique(linked.own, axis=0, return_inverse=True)
    their, theirs = np.unique(linked.theirs, axis=0, return_inverse=True)
    ours, theirs = ours.reshape(-1), theirs.reshape(-1)
    size = len(own) + len(their)
    graph = coo_array((np.ones(len(ours), np.int8), (ours, len(own) + theirs)), shape=(size, size))
    labels = (
        connected_components(graph, directed=False)[1].astype(np.int64) if size else np.zeros(0, np.int64)
    )
    split = labels[: len(own)], labels[len(own) :]
    ids, _ = cluster_ids((unit, linked.peer), (own, their), split)
    hits = Hits(
        handle=linked.own,
        units=(linked.peer,),
        unit=np.zeros(len(linked.own), np.uint16),
        other=linked.theirs,
        score=linked.pairs.score,
        cluster=ids[ours],
    )
    return hits.rounded(terms.learns.score, terms.learns.decimals).sorted()
