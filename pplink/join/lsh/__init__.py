"""LSH finds pairs that agree on some sampled bits, with a stated recall, and verifies each exactly."""
