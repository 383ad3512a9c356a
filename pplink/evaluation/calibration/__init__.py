"""Calibration: what a threshold costs, told from a unit's own list before any run."""
