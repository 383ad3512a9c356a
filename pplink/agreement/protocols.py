"""Protocols: what each of them does and tells whom, said once: to signers, in the table of protocols, in the README."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """One protocol, in words."""

    does: str
    """How it compares."""
    unit: str
    """What a unit learns, in short."""
    broker: str
    """What the broker learns, in short."""
    broker_learns: str
    """The same as a signer must read it, in full and without softening."""
    record: str
    """What whoever is given the run folder, or the session's record, learns."""
    attacked: str
    """What the attack suite (`pplink unit risk`) does to what the broker sees."""


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
        does="two units compare encodings with each other, masked; the broker deals the masks",
        unit="its own hits, and of each hit the score; how many records the other has",
        broker="how many records each unit has",
        broker_learns=(
            "how many records each unit has, and when messages go{count}; no encoding, no score, no hit. It never has"
            " names or the linkage secret. THIS HOLDS ONLY if it does not share what it knows with a unit: together the"
            " two read every encoding of the other unit"
        ),
        record=_RECORD,
        attacked="nothing to attack: it sees no encoding and no score",
    ),
    "broker_clk": Disclosure(
        does="the broker compares encodings, pair by pair",
        unit="its own hits, and of each hit what is agreed of the score",
        broker="every encoding, and the score of every pair",
        broker_learns=(
            "every unit's encodings and opaque handles, how many there are, and from them the exact score of any"
            " pair, which records match and how they cluster. An encoding is NOT anonymous: {risk}. The broker never"
            " has names or the linkage secret"
        ),
        record=_LOG,
        attacked="plain encodings: 96-100 % of the persons told; diffused (persons-shown): up to 2.0 %",
    ),
}
"""By the agreement's word."""
