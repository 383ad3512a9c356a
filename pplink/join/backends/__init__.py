"""Backends: one interface, one file for each way to do the same join."""
