"""Blocking: which rows of two long lists are compared at all, by keys that units have and the broker lacks."""
