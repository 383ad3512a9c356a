"""Transports carry sealed messages from one party to another, and are trusted with nothing but to arrive."""
