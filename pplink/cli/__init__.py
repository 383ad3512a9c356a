"""The command line: what an analyst, an operator and a privacy officer type."""
