"""Hardening: published ways to make filters tell less of the people behind them, one file a way; `api` runs them."""
