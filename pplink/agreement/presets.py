"""Presets: named sets of fields and parameters, each with its source. A proposal starts from one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from msgspec import UNSET, UnsetType

from pplink.agreement.checks import terms_from
from pplink.agreement.hardening import Diffusion, Hardening
from pplink.agreement.model import FORMAT, Agreement, Encoding, Field, Kind
from pplink.canonical import Json
from pplink.errors import UsageError
from pplink.keys.card import Card

Score = Literal["none", "rounded", "exact"]
Protocol = Literal["broker_clk", "blinded_broker"]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What a proposal takes over unless told otherwise."""

    fields: tuple[Field, ...]
    encoding: Encoding
    threshold: float
    assignment: Literal["one-to-one", "many-to-many"] = "one-to-one"
    solver: Literal["greedy", "optimal"] = "greedy"
    score: Score = "rounded"
    decimals: int = 2
    protocol: Protocol = "broker_clk"
    measure: Literal["dice", "hamming"] = "dice"
    source: str
    """Where the numbers come from."""


def _clk(
    hashes: int,
    bits: int = 1024,
    variants: int | UnsetType = UNSET,
    hardening: tuple[Hardening, ...] | UnsetType = UNSET,
) -> Encoding:
    return Encoding(
        scheme="clk",
        bits=bits,
        q=2,
        hashes=hashes,
        padded=True,
        hashing="random",
        mac="hmac-sha256",
        variants=variants,
        hardening=hardening,
    )


def _field(name: str, kind: Kind, weight: float = 1.0, *, key: str | None = None) -> Field:
    return Field(name=name, kind=kind, weight=weight, key=key or name, required=False)


_FOUR = (
    _field("given_name", "name", key="name"),
    _field("family_name", "name", key="name"),
    _field("birth_date", "date", 1.5),
    _field("place", "name"),
)

PRESETS: dict[str, Preset] = {
    "persons": Preset(
        fields=_FOUR,
        encoding=_clk(hashes=10),
        threshold=0.66,
        source=(
            "CLK of 1,024 bits over padded bigrams: Schnell, Bachteler, Reiher 2011; given and family name"
            " share a key, since the two are often swapped; hashes, weights and"
            " threshold by F1 on FEBRL1-3, with none of FEBRL4 (benchmarks/preset_tuning.py)"
        ),
    ),
    "persons-address": Preset(
        fields=(
            _field("given_name", "name", key="name"),
            _field("family_name", "name", key="name"),
            _field("birth_date", "date", 1.5),
            _field("place", "name"),
            _field("street", "text"),
            _field("house_number", "text", 2),
            _field("postcode", "text", 2),
        ),
        encoding=_clk(hashes=5),
        threshold=0.62,
        source="As persons; fewer hashes for more fields, short values weigh more",
    ),
    "persons-shown": Preset(
        fields=_FOUR,
        encoding=_clk(hashes=20, hardening=(Diffusion(bits=4096, taps=5),)),
        measure="hamming",
        threshold=0.535,
        source=(
            "As persons, but half full and diffused (Armknecht, Heng, Schnell 2023), for protocols in which somebody"
            " sees encodings; threshold by F1 on FEBRL1-3, taps by what attacks tell (benchmarks/hardening.py)"
        ),
    ),
    "persons-crossborder": Preset(
        fields=(_field("name", "person_name"), _field("birth_date", "life_date")),
        encoding=_clk(hashes=1, bits=2048, variants=16),
        threshold=0.75,
        source=(
            "CLK over tokens of unlike weight; tokens, shares and threshold by F1 on public sanctions lists of 2023 to"
            " 2026 linked by document numbers (benchmarks/crosslist.py), none of which is in here"
        ),
    ),
}


def propose(
    preset: str,
    cards: Sequence[Card],
    *,
    purpose: str,
    legal_text: str,
    legal_reference: str = "",
    days: int,
    today: date,
    retention_days: int | None = None,
    threshold: float | None = None,
    score: Score | None = None,
    decimals: int | None = None,
    max_reidentification: float | None = None,
    protocol: Protocol | None = None,
) -> Agreement:
    """An agreement to be signed. Parties stand by role and name, so any order of cards gives one id.

    In force from `today` to `days` days later, both included; retention_days: as `days` unless given;
    threshold, score, decimals, protocol: the preset's unless given; max_reidentification: no bound unless given.
    Raises UsageError for an unknown preset, AgreementError for terms that cannot be.
    """
    chosen = _adjusted(preset, threshold, score, decimals)
    chosen = chosen if protocol is None else replace(chosen, protocol=protocol)
    order = ("unit", "broker", "auditor")
    parties = sorted(cards, key=lambda card: (order.index(card.role), card.name))
    terms = {
        "format": FORMAT,
        "purpose": purpose,
        "legal_basis": {"text": legal_text, "reference": legal_reference},
        "valid_from": today.isoformat(),
        "valid_until": _last_day(today, days).isoformat(),
        "retention_days": days if retention_days is None else retention_days,
        "parties": [card.to_json() for card in parties],
        **_matching(chosen, [card.name for card in parties if card.role == "unit"]),
    }
    if max_reidentification is not None:
        terms["max_reidentification"] = max_reidentification
    return Agreement(terms=terms_from(terms))


def _matching(preset: Preset, units: list[str]) -> dict[str, Json]:
    return {
        "fields": [field.to_json() for field in preset.fields],
        "encoding": preset.encoding.to_json(),
        "protocol": preset.protocol,
        "measure": preset.measure,
        "threshold": preset.threshold,
        "assignment": preset.assignment,
        "solver": preset.solver,
        "learns": {"hits_to": units, "score": preset.score, "decimals": preset.decimals},
    }


def _adjusted(name: str, threshold: float | None, score: Score | None, decimals: int | None) -> Preset:
    if name not in PRESETS:
        raise UsageError("there is no preset of that name", f"presets are: {', '.join(PRESETS)}")
    preset = PRESETS[name]
    if threshold is not None:
        preset = replace(preset, threshold=threshold)
    if score is not None:
        preset = replace(preset, score=score, decimals=preset.decimals if score == "rounded" else 0)
    return preset if decimals is None else replace(preset, decimals=decimals)


def _last_day(today: date, days: int) -> date:
    if days < 0:
        raise UsageError("an agreement is in force for 0 days or more after today")
    try:
        return today + timedelta(days=days)
    except OverflowError:
        raise UsageError("an agreement cannot be in force for that many days") from None
