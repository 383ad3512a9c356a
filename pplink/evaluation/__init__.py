"""Evaluation says how good a linkage was, against a truth that is known."""

from pplink.evaluation.quality import Quality, of_clusters, of_pairs, of_whole_clusters

__all__ = ["Quality", "of_clusters", "of_pairs", "of_whole_clusters"]
