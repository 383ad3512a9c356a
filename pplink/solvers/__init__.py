"""Solvers turn scored pairs into decisions: which rows are one person."""

from pplink.solvers.api import assign
from pplink.solvers.clusters import Clusters, cluster

__all__ = ["Clusters", "assign", "cluster"]
