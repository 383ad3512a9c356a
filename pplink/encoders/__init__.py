"""Encoders turn people's records into bits, with keys that only the units have."""
