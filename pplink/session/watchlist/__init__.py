"""Watchlist: one unit answers others whether a person is on its list, by `protocols.oprf_hit`, one query at a time."""
