"""Keys: who a party is, what it signs with, what only it can open, and every secret made from another."""
