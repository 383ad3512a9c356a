"""The broker runs the matching: it holds encodings, never names, and never the linkage secret."""
