"""Protocols: what each of them does and tells whom, said once: to signers, and in the table of protocols."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol, in words."""

    does: str
    """How it compares."""
    unit: str
    """What a unit learns, in short."""
    broker: str
    """What the broker learns, in short."""
    attacked: str
    """What published attacks (`pplink unit risk`) do to what the broker sees, as measured."""
    source: str | None = None
    """Where that was measured; None where there is nothing to measure."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The same of a protocol that compares encodings as a signer must read it, in full and without softening."""

    broker: str
    """What the broker learns. {risk}, {count}: filled in."""
    record: str
    """What whoever is given the run folder, or the session's record, learns."""


_LOG = (
    "the log: who did what and when, how many records each unit encoded and how full its encodings are, how many"
    " pairs and hits there were; no encoding, no pair, no name"
)
_RECORD = (
    "the session's record: who took part and when, how many records each unit has, and a digest of each message"
    " that tells nothing of it{count}; no encoding, no score, no name"
)

PROTOCOLS: Mapping[str, Disclosure] = {
    "blinded_broker": Disclosure(
        does="units compare encodings with each other two by two, masked; the broker deals the masks",
        unit="its own hits, and of each hit the score (with aliases none); how many records the others have",
        broker="how many records each unit has; together with a unit, every encoding of the others",
        attacked="nothing to attack: it sees no encoding and no score",
    ),
    "ecdh_psi": Disclosure(
        does="units find out which normalised keys all of them have, by masked elements of a group (ristretto255)",
        unit="which of its keys the others have, or how many, or sums over these; how many keys they have, padded",
        broker="how many keys each unit has, padded; of three units or more, how many each set has in common",
        attacked="nothing to attack: it sees only masked elements",
    ),
    "oprf_hit": Disclosure(
        does="one unit answers whether a person is on its list, by an oblivious function (RFC 9497)",
        unit="who asks: hit or no hit; who has the list: who asked, for which case, on which legal basis",
        broker="nothing: it takes no part",
        attacked="nothing to attack: it takes no part",
    ),
    "paillier_stats": Disclosure(
        does="units add up tables of counts and sums under encryption; small cells are withheld (Paillier)",
        unit="totals over all units in the cells that are released; with two units, so the other's",
        broker="how many records each unit has, which cells are released; with the keeper (an auditor), every table",
        attacked="nothing to attack: it sees only ciphertexts",
    ),
    "broker_clk": Disclosure(
        does="the broker compares encodings, pair by pair",
        unit="its own hits, and of each hit the agreed part of the score",
        broker="every encoding, and the score of every pair",
        attacked="plain encodings: 96-100 % of the persons re-identified; diffused (persons-shown): up to 2.2 %",
        source="benchmarks/results/hardening.md; SECURITY.md, weakness 1",
    ),
}
"""By the agreement's word, the default first."""

TOLD: Mapping[str, Told] = {
    "blinded_broker": Told(
        broker=(
            "how many records each unit has, and when messages go{count}; no encoding, no score, no hit. It never has"
            " names or the linkage secret. THIS HOLDS ONLY if it does not share what it knows with a unit: together the"
            " two read every encoding of the other units"
        ),
        record=_RECORD,
    ),
    "broker_clk": Told(
        broker=(
            "every unit's encodings and opaque handles, how many there are, and from them the exact score of any"
            " pair, which records match and how they cluster. An encoding is NOT anonymous: {risk}. The broker never"
            " has names or the linkage secret"
        ),
        record=_LOG,
    ),
}
"""Of those that compare encodings."""
