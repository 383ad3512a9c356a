"""Disclosure: what a match says to a unit, sealed for it alone, and how the unit reads it."""
