"""Encoding checks: what must hold of how records are encoded, and of what hardens that."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pplink.agreement.hardening import Blip, Diffusion, Hardening, MinHash, Salt, TwoStep, stage
from pplink.agreement.model import Terms
from pplink.agreement.problems import Problems, has_decimals, repeated
from pplink.agreement.protocols import TOLD

WIDEST = 8192
"""Bits of an encoding."""


def encoding_problems(terms: Terms) -> Problems:
    """All that is wrong there."""
    yield from _widths(terms)
    yield from _variants(terms)
    yield from _needs(terms)
    if not terms.encoding.padded:
        yield ".encoding.padded", "this version knows padded q-grams only"
    yield from _order(terms.encoding.ways)
    yield from _fitting(terms)
    yield from _measured(terms)


def _widths(terms: Terms) -> Problems:
    """What each hardening makes of the bits that it is given."""
    bits = terms.encoding.bits
    for i, way in enumerate(terms.encoding.ways):
        path, bits = f".encoding.hardening[{i}]", way.width(bits)
        if not 64 <= bits <= WIDEST or bits % 64:
            yield path, f"makes {bits} bits, which is no multiple of 64 from 64 to {WIDEST:,}"
        if isinstance(way, Blip) and not has_decimals(way.flip, 3):
            yield f"{path}.flip", "has more than 3 decimals"


def _variants(terms: Terms) -> Problems:
    encoding = terms.encoding
    if encoding.rows > 1 and terms.protocol not in TOLD:
        yield ".encoding.variants", f"is for protocols that compare encodings, and not for {terms.protocol}"
    if encoding.united and encoding.most == 1:
        yield ".encoding.aliases", "is for records with variants"


def _needs(terms: Terms) -> Problems:
    """What a record must have to be encoded."""
    encoding = terms.encoding
    if encoding.least > encoding.bits // 2:
        yield ".encoding.floor", "is more than half of the bits"
    yield from repeated(encoding.needed, ".encoding.needs[{}]")
    for i, name in enumerate(encoding.needed):
        if name not in terms.kinds:
            yield f".encoding.needs[{i}]", "is none of the fields"


def _order(ways: Sequence[Hardening]) -> Problems:
    for i, (before, way) in enumerate(pairwise(ways), start=1):
        if stage(way) < min(2, stage(before) + 1):
            yield f".encoding.hardening[{i}]", "is done earlier than the one before it, or instead of it"


def _fitting(terms: Terms) -> Problems:
    """Hardenings that ask for something of fields or bits."""
    for i, way in enumerate(terms.encoding.ways):
        path = f".encoding.hardening[{i}]"
        if isinstance(way, Salt) and way.field not in terms.kinds:
            yield f"{path}.field", "is no field of this agreement"
        if isinstance(way, TwoStep) and terms.encoding.bits % way.functions:
            yield f"{path}.functions", "does not divide the bits of the filter"


def _measured(terms: Terms) -> Problems:
    """Which hardenings go with which measure."""
    ways = terms.encoding.ways
    kinds = {type(way) for way in ways}
    if Diffusion in kinds and terms.measure != "hamming":
        yield ".measure", "must be hamming for diffused encodings, in which zeros say as much as ones"
    if (MinHash in kinds) != (terms.measure == "minhash"):
        yield ".measure", "must be minhash for encodings by MinHash, and for no others"
    if MinHash in kinds and not isinstance(ways[-1], MinHash):
        yield ".encoding.hardening", "leaves nothing of what MinHash says: it must be the last"
