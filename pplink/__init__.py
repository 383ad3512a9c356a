"""Privacy-preserving record linkage: who holds something on the same person, and nothing else."""
