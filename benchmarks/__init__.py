"""Benchmarks set pplink beside its peers, in one run on one machine. `python -m benchmarks` runs them all."""
