"""Shown: what it means that somebody sees encodings, in figures, and whether the units consented to it."""

from __future__ import annotations

from pplink.agreement.hardening import Diffusion
from pplink.agreement.model import Agreement, Encoding
from pplink.errors import RefusedError

CONSENT = "encodings-shown"
"""The term by which units consent to it."""
SHOWING = frozenset({"broker_clk"})
"""Protocols in which somebody other than its unit sees a record's encoding."""
RESISTANT = Diffusion(bits=4096, taps=5)
"""The weakest diffusion of which the second figure of `RISKS` was measured (benchmarks/results/hardening.md)."""

RISKS = {
    "plain": (
        "published attacks told 96 to 100 % of the persons from their plain encodings, with no key and nobody known"
        " beforehand, by an attacker who knows the same population"
    ),
    "diffused": (
        "published attacks told 0.1 to 0.4 % of the persons from their diffused encodings by similarities alone, and up"
        " to 2.2 % with 2,000 others known beforehand; a stronger attack may come"
    ),
    "hardened": (
        "published attacks told up to 100 % of the persons from hardened encodings, by hardening and by what the"
        " attacker knows; `pplink unit risk` attacks your own list"
    ),
}
"""Measured: SECURITY.md, benchmarks/results/hardening.md. By kind of encoding."""


def measured_risk(encoding: Encoding) -> str:
    """What attacks told from such encodings, in words."""
    return RISKS[_kind(encoding)]


def check_shown(agreement: Agreement) -> None:
    """Raise RefusedError unless these terms let the broker see encodings: its protocol shows them, and the units
    consented to that."""
    name, terms = agreement.id[:16], agreement.terms
    if terms.protocol not in SHOWING:
        raise RefusedError(
            f"agreement {name}... names {terms.protocol}: no broker is to see encodings",
            "delete any dataset that was made; `pplink unit link` and `pplink broker deal` compare without one",
        )
    if terms.consent != CONSENT:
        raise RefusedError(
            f"agreement {name}... does not say that the units consent to encodings being shown",
            "propose anew: `pplink unit propose --preset persons-shown`, or, to show nobody any, without --protocol",
        )


def _kind(encoding: Encoding) -> str:
    ways = encoding.ways
    if not ways:
        return "plain"
    first = ways[0]
    if len(ways) > 1 or not isinstance(first, Diffusion):
        return "hardened"
    return "diffused" if first.taps >= RESISTANT.taps and first.bits <= RESISTANT.bits else "hardened"
