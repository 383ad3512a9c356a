"""Dataset: a unit's encodings in a file, under a manifest that the unit signed."""
