"""Model: the terms of an agreement, and the agreement as signed. Frozen; checked by `checks` on entry."""

import sys
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

import msgspec

from pplink import canonical
from pplink.agreement.exact import Exact, Watchlist
from pplink.agreement.field import Field, FieldName
from pplink.agreement.hardening import Hardening, MinHash, Salt, TwoStep
from pplink.agreement.stats import Stats
from pplink.canonical import Json
from pplink.errors import AgreementError
from pplink.keys.card import Card
from pplink.keys.signing import NAME, Signed

FORMAT = "pplink-agreement/1"
"""Of the terms."""
SIGNATURE = "pplink/agreement-signature/1"
"""Kind of the envelopes in `Agreement.signatures`."""

UnitName = Annotated[str, msgspec.Meta(pattern=NAME)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]


class Encoding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a record becomes bits: a cryptographic long-term key (Schnell, Bachteler, Reiher 2011)."""

    scheme: Literal["clk"]
    """All fields of a record in one Bloom filter."""
    bits: Annotated[int, msgspec.Meta(ge=64, le=8192, multiple_of=64)]
    """Length of the filter; a multiple of 64."""
    q: Annotated[int, msgspec.Meta(ge=1, le=4)]
    """Characters in a q-gram."""
    hashes: Annotated[int, msgspec.Meta(ge=1, le=128)]
    """Bits set for a q-gram of a field of weight 1."""
    padded: bool
    """Whether q-grams reach over both ends of a value; must be true in this version."""
    hashing: Literal["random"]
    """Positions are drawn independently: double hashing leaves patterns for attacks (Niedermeyer 2014)."""
    mac: Literal["hmac-sha256"]
    """What positions are drawn with, under a key a field."""
    hardening: (
        Annotated[tuple[Hardening, ...], msgspec.Meta(min_length=1, max_length=4)] | msgspec.UnsetType
    ) = msgspec.UNSET
    """What is done to filters before anyone sees them, in order. Absent: nothing."""
    variants: Annotated[int, msgspec.Meta(ge=2, le=256)] | msgspec.UnsetType = msgspec.UNSET
    """Names and dates that a record may have, in all their forms: each an encoding, filled up with decoys, unless they
    are united. Absent: one."""
    aliases: Literal["united"] | msgspec.UnsetType = msgspec.UNSET
    """united: a record with several variants has one encoding, with the features of all of them, so that no cluster of
    encodings shows that they are one person's. Only with `variants`."""
    floor: Annotated[int, msgspec.Meta(ge=1, le=4096)] | msgspec.UnsetType = msgspec.UNSET
    """Bits that a filter must set; with fewer it says too little of a person, is made empty and matches nothing.
    Absent: one."""
    needs: Annotated[tuple[FieldName, ...], msgspec.Meta(min_length=1, max_length=64)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    """Fields, of which a record must have one that names it: a filter without is made empty and matches nothing, for
    everybody born on a day has that in common. Absent: none."""

    @property
    def needed(self) -> tuple[str, ...]:
        """Fields, of which a record must have one; none if absent."""
        return () if self.needs is msgspec.UNSET else self.needs

    @property
    def thins(self) -> bool:
        """Whether a record may say too little to be compared."""
        return self.floor is not msgspec.UNSET or self.needs is not msgspec.UNSET

    @property
    def least(self) -> int:
        """Bits that a filter sets, or it is empty."""
        return 1 if self.floor is msgspec.UNSET else self.floor

    @property
    def most(self) -> int:
        """Variants that a record may have."""
        return 1 if self.variants is msgspec.UNSET else self.variants

    @property
    def united(self) -> bool:
        """Whether the variants of a record are one encoding."""
        return self.aliases is not msgspec.UNSET

    @property
    def rows(self) -> int:
        """Encodings of a record."""
        return 1 if self.united else self.most

    @property
    def salt(self) -> Salt | None:
        """What salts tokens, if anything."""
        return next((way for way in self.ways if isinstance(way, Salt)), None)

    @property
    def minhash(self) -> MinHash | None:
        """What tokens are hashed with in place of a filter, if they are."""
        return next((way for way in self.ways if isinstance(way, MinHash)), None)

    @property
    def functions(self) -> int:
        """Parts of the filter, in which a token's draws fall by turns; 1 but for two-step hashing."""
        return next((way.functions for way in self.ways if isinstance(way, TwoStep)), 1)

    @property
    def ways(self) -> tuple[Hardening, ...]:
        """The hardenings; none if absent."""
        return () if self.hardening is msgspec.UNSET else self.hardening

    @property
    def width(self) -> int:
        """Bits of an encoding as it is shown."""
        bits = self.bits
        for way in self.ways:
            bits = way.width(bits)
        return bits

    def to_json(self) -> dict[str, Json]:
        """As it stands in a file."""
        return dict(msgspec.to_builtins(self))


class LegalBasis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What allows the matching."""

    text: Text
    reference: Annotated[str, msgspec.Meta(max_length=10_000)]
    """For example a treaty article; may be empty."""


Grade = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Learns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who learns what from a run."""

    hits_to: Annotated[tuple[UnitName, ...], msgspec.Meta(min_length=1, max_length=64)]
    """Units that get their own hits."""
    score: Literal["none", "rounded", "exact", "graded"]
    """What a hit says of its score."""
    decimals: Annotated[int, msgspec.Meta(ge=0, le=4)]
    """Of a rounded score, always rounded down; 0 unless `score` is rounded."""
    grades: Annotated[tuple[Grade, ...], msgspec.Meta(min_length=1, max_length=7)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    """If `score` is graded: where the classes above the lowest begin, rising, all above the threshold. A hit says the
    lowest score of its class. Else absent."""
    count: Literal["broker"] | msgspec.UnsetType = msgspec.UNSET
    """In blinded_broker: units tell the broker, and so whoever has the record, how many hits they have with each
    other. Absent: they do not."""


class Blocking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In blinded_broker: that long lists are not compared pair by pair, and what that may miss and tell."""

    recall: Annotated[float, msgspec.Meta(ge=0.5, lt=1)] | msgspec.UnsetType = msgspec.UNSET
    """By encodings: the chance with which a pair at the threshold is found, at least, at most 4 decimals; above it, it
    is higher. Absent where `year_of` is there."""
    year_of: FieldName | msgspec.UnsetType = msgspec.UNSET
    """By a date, this field's: pairs whose years are at most one apart are compared, and all with a record of no
    single year; other pairs are missed, whatever their score. Absent where `recall` is there."""
    epsilon: Annotated[float, msgspec.Meta(gt=0, le=16)]
    """How much what a unit tells the other of its bins may depend on any one record (differential privacy, one record
    in the place of another), at most 3 decimals."""

    def to_json(self) -> dict[str, Json]:
        """As it stands in a file."""
        return dict(msgspec.to_builtins(self))


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is signed. No key may be absent but the last ones, so that one meaning has one form and one id."""

    format: Literal["pplink-agreement/1"]
    purpose: Text
    legal_basis: LegalBasis
    valid_from: date
    """First day, UTC."""
    valid_until: date
    """Last day, UTC, included."""
    retention_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)]
    """Days after a run that datasets and results may be kept."""
    parties: Annotated[tuple[Card, ...], msgspec.Meta(min_length=3, max_length=64)]
    """Two units or more, one broker, any number of auditors."""
    fields: Annotated[tuple[Field, ...], msgspec.Meta(min_length=1, max_length=64)]
    encoding: Encoding
    protocol: Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]{0,31}\Z")]
    """One of `protocols.PROTOCOLS` or of `extensions.registered`: who compares, and what it sees of encodings;
    `describe` says what each party learns, and `shown.SHOWING` which of them show encodings to anybody. ecdh_psi
    and oprf_hit compare keys to the letter, paillier_stats counts: encoding, measure, threshold and solver then mean
    nothing."""
    measure: Literal["dice", "hamming", "minhash"]
    """dice: bits set in both; hamming: share of bits that are equal, for encodings whose zeros say as much as ones;
    minhash: what equal bits of MinHash say of the tokens in common."""
    threshold: Annotated[float, msgspec.Meta(gt=0, le=1)]
    """Lowest score of a pair, at most 6 decimals, read as the decimal written and compared exactly."""
    assignment: Literal["one-to-one", "many-to-many"]
    """Whether a record may be in more than one pair between two units."""
    solver: Literal["greedy", "optimal"]
    """How one-to-one pairs are chosen."""
    learns: Learns
    max_reidentification: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    """Share of persons whom attacks may tell from a dataset's encodings, by the report that the unit attaches, at most
    3 decimals. Absent: no bound and no report asked for."""
    exact: Exact | msgspec.UnsetType = msgspec.UNSET
    """Of `ecdh_psi`; else absent."""
    watchlist: Watchlist | msgspec.UnsetType = msgspec.UNSET
    """Of `oprf_hit`; else absent."""
    stats: Stats | msgspec.UnsetType = msgspec.UNSET
    """Of `paillier_stats`; else absent."""
    quota: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)] | msgspec.UnsetType = msgspec.UNSET
    """In blinded_broker: pairs at or above the threshold that a session may find, at most; one that finds more ends
    without any. Absent: twice the records of the smaller list, and 1,000."""
    consent: Literal["encodings-shown"] | msgspec.UnsetType = msgspec.UNSET
    """That the units know what whoever sees encodings may tell from them, and want it so. A protocol that shows them
    is not run without."""
    possible: Annotated[float, msgspec.Meta(gt=0, lt=1)] | msgspec.UnsetType = msgspec.UNSET
    """Lowest score of a possible hit, below `threshold`, read as that is: units are told of those apart, to look at
    them. Absent: nothing below the threshold is told."""
    dealer_proof: Annotated[int, msgspec.Meta(ge=2, le=16)] | msgspec.UnsetType = msgspec.UNSET
    """In blinded_broker: sets that the broker deals for each tile. Units use one, and do the others again, so that a
    wrong one is found with a chance of 1 - 1 / `dealer_proof`. Absent: one, and none is checked."""
    blocking: Blocking | msgspec.UnsetType = msgspec.UNSET
    """In blinded_broker: how pairs are chosen that are compared. Absent: all are."""
    most_records: Annotated[int, msgspec.Meta(ge=1, le=1 << 32)] | msgspec.UnsetType = msgspec.UNSET
    """Of protocols that compare encodings: records that a unit may bring, at most, so that nobody can make the others
    need more memory than is agreed. Absent: no limit is agreed."""

    @property
    def units(self) -> tuple[str, ...]:
        """Names of the units, in order."""
        return tuple(sorted(card.name for card in self.parties if card.role == "unit"))

    @property
    def kinds(self) -> dict[str, str]:
        """By a field's name, its kind, in the order of fields."""
        return {field.name: field.kind for field in self.fields}

    @property
    def classes(self) -> tuple[float, ...]:
        """Where classes of scores begin, the lowest first; only the threshold unless the score is graded."""
        more = self.learns.grades
        return (self.threshold,) if more is msgspec.UNSET else (self.threshold, *more)

    @property
    def dealt(self) -> int:
        """Sets that the broker deals for each tile of `blinded_broker`."""
        return 1 if self.dealer_proof is msgspec.UNSET else self.dealer_proof

    @property
    def most_told(self) -> int:
        """How much a unit may tell that it brings when it joins a session, at most: records, or keys, filled up."""
        if self.exact is not msgspec.UNSET:
            return self.exact.capacity
        return sys.maxsize if self.most_records is msgspec.UNSET else self.most_records

    @property
    def lowest(self) -> float:
        """The score from which pairs are looked for."""
        return self.threshold if self.possible is msgspec.UNSET else self.possible

    def to_json(self) -> dict[str, Json]:
        """As it stands in a file."""
        return dict(msgspec.to_builtins(self))


class Agreement(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Terms and the signatures under them. Nothing is verified by reading one: see `signatures.check`."""

    terms: Terms
    signatures: tuple[Signed, ...] = ()
    """At most one a signer, in order of the signers' names."""

    @cached_property
    def id(self) -> str:
        """SHA-256 of the RFC 8785 form of the terms, 64 hex digits; the same before and after signing."""
        return canonical.digest(self.terms.to_json())

    @property
    def units(self) -> tuple[str, ...]:
        """Names of the units, in order; the order of contributions to the linkage secret."""
        return self.terms.units

    @property
    def broker(self) -> Card:
        """The one broker's card."""
        return next(card for card in self.terms.parties if card.role == "broker")

    @property
    def keepers(self) -> tuple[str, ...]:
        """Names of those who take part in a session beside units and the broker: the keeper of `paillier_stats`."""
        return () if self.terms.stats is msgspec.UNSET else (self.terms.stats.keeper,)

    def party(self, name: str) -> Card:
        """The card of a party. Raises AgreementError if there is no such party."""
        for card in self.terms.parties:
            if card.name == name:
                return card
        raise AgreementError(
            f"agreement {self.id[:16]}... has no party of that name",
            "its parties are shown by `pplink unit agree`",
        )

    def signature_of(self, unit: str) -> Signed | None:
        """The unit's signature, if it signed."""
        return next((signed for signed in self.signatures if signed.signer == unit), None)

    def missing(self) -> tuple[str, ...]:
        """Names of the units that have not signed, in order."""
        signers = {signed.signer for signed in self.signatures}
        return tuple(unit for unit in self.units if unit not in signers)

    @property
    def complete(self) -> bool:
        """Whether every unit has signed; says nothing of whether the signatures are good."""
        return not self.missing()
