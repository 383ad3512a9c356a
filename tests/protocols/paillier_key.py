"""A Paillier key of 3,072 bits, for all tests: making one takes seconds."""

from __future__ import annotations

import json
from pathlib import Path

from protocols.primitives.paillier import SecretKey

PRIMES: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text())
"""p and q, in hex."""
KEY = SecretKey(**{name: int(text, 16) for name, text in PRIMES.items()})
