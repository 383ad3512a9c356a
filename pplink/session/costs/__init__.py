"""Costs: what a protocol takes on this machine, from a short run of it and the form that its SPEC.md gives its cost."""
