"""Primitives: the published building blocks that protocols share, and the kernels that make them fast."""
