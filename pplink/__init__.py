"""Privacy-preserving record linkage: who holds something on the same person, and nothing else.

The public names, and nothing else; each is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # in place of typing's, which takes 3 ms in which Ctrl-C would still show a traceback
if TYPE_CHECKING:
    from typing import Any

    from pplink.encoders.pipeline import encode
    from pplink.join.api import explain, self_join, threshold_join
    from pplink.join.index.index import Index
    from pplink.join.pairs import Pairs
    from pplink.solvers import Clusters, assign, cluster

__all__ = [
    "Clusters",
    "Index",
    "Pairs",
    "assign",
    "cluster",
    "encode",
    "explain",
    "self_join",
    "threshold_join",
]

_HOMES = {
    "Clusters": "pplink.solvers.clusters",
    "Index": "pplink.join.index.index",
    "Pairs": "pplink.join.pairs",
    "assign": "pplink.solvers.api",
    "cluster": "pplink.solvers.clusters",
    "encode": "pplink.encoders.pipeline",
    "explain": "pplink.join.api",
    "self_join": "pplink.join.api",
    "threshold_join": "pplink.join.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pplink' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
