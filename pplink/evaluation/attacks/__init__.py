"""Attacks on encodings as published, so that a unit tries them on its own before anyone else can."""
