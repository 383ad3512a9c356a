"""Join finds every pair of encodings that scores at or above a threshold, and decides nothing more."""
