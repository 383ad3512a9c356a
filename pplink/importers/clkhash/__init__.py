"""Clkhash: what a project that used clkhash has: a linkage schema, and CLKs as JSON."""
