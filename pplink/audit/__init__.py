"""Audit: the log of what each party did, and the proof that nobody changed it afterwards."""
