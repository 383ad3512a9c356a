"""Hardening: published ways to make filters tell less of the people behind them, one file a way."""

from pplink.encoders.hardening.api import harden

__all__ = ["harden"]
