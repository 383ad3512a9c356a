"""Clusters: names for groups of records that do not tell how many groups there are, or in what order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pplink.disclosure.columns import CLUSTER, HANDLE, Bytes

Labels = npt.NDArray[np.int64]


def cluster_ids(units: Sequence[str], handles: Sequence[Bytes], labels: Sequence[Labels]) -> list[Bytes]:
    """For each dataset (n, 8) uint8: the id of each row's cluster; zeros for a row in none.

    units: names, one a dataset; handles: (n, 16) uint8; labels: (n,), any number that is the same for all
    members of a cluster, or -1. An id is the first 8 bytes of SHA-256 over the RFC 8785 form of
    [[unit, handle in hex], ...], sorted: the same in every unit's hits, and in a second run over the same
    data. A counter would tell each unit how many people the others have in common.
    """
    names = np.repeat(np.arange(len(units)), [len(each) for each in labels])
    label, handle = np.concatenate(labels), np.concatenate(handles)
    ids = np.zeros((len(label), CLUSTER), np.uint8)
    members = np.flatnonzero(label >= 0)
    members = members[np.argsort(label[members], kind="stable")]
    if len(members):
        starts = np.flatnonzero(np.diff(label[members], prepend=label[members[0]] - 1))
        texts = _texts(units, names[members], handle[members])
        digests = _digests(texts, starts)
        ids[members] = np.repeat(digests, np.diff(starts, append=len(members)), axis=0)
    return np.split(ids, np.cumsum([len(each) for each in labels])[:-1])


def joined(heads: Labels, tails: Labels, records: int) -> Labels:
    """(records,): the number of the group that links join each record to, or -1 for one in none.

    heads, tails: (n,) the record at either end of each link.
    """
    labels = np.full(records, -1, np.int64)
    if len(heads):
        graph = coo_array((np.ones(len(heads), np.int8), (heads, tails)), shape=(records, records))
        linked = np.zeros(records, bool)
        linked[heads] = linked[tails] = True
        labels[linked] = connected_components(graph, directed=False)[1][linked]
    return labels


def _texts(units: Sequence[str], names: npt.NDArray[np.int64], handles: Bytes) -> list[str]:
    """Each member as JSON; names and hex digits need no escapes, so this is canonical."""
    digits = handles.tobytes().hex()
    width = 2 * HANDLE
    return [
        f'["{units[name]}","{digits[width * row : width * row + width]}"]'
        for row, name in enumerate(names.tolist())
    ]


def _digests(texts: list[str], starts: npt.NDArray[np.int64]) -> Bytes:
    bounds = [*starts.tolist(), len(texts)]
    ids = b"".join(
        hashlib.sha256(f"[{','.join(sorted(texts[a:b]))}]".encode()).digest()[:CLUSTER]
        for a, b in pairwise(bounds)
    )
    return np.frombuffer(ids, np.uint8).reshape(-1, CLUSTER)
