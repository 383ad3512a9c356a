"""Presets: named sets of fields and parameters, each with its source. A proposal starts from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

from pplink.agreement.checks import terms_from
from pplink.agreement.exact import Watchlist, to_json
from pplink.agreement.exact_presets import EXACT_PRESETS, keyed
from pplink.agreement.hardening import Diffusion
from pplink.agreement.model import FORMAT, Agreement
from pplink.agreement.preset import VALUED, Preset, Score, clk, field, valued
from pplink.agreement.protocols import TOLD
from pplink.agreement.shown import CONSENT, SHOWING
from pplink.agreement.stats import stats_json
from pplink.agreement.stats_presets import PATTERNS, tabulated
from pplink.canonical import Json
from pplink.errors import UsageError
from pplink.keys.card import Card

EPSILON = 1.0
"""Of the noise on what units tell each other of their blocks, unless agreed otherwise."""
MOST_RECORDS = 1_000_000
"""That a unit may bring where encodings are compared, unless agreed otherwise."""

NAMED = ("given_name", "family_name")
"""Of which a record must have one: everybody who was born on a day, or lives in a house, has that in common."""

_BY_TOKEN = (
    field("given_name", "name", key="name"),
    field("family_name", "name", key="name"),
    field("birth_date", "date", 1.5),
    field("place", "name"),
)

PRESETS: dict[str, Preset] = {
    "persons": Preset(
        fields=(
            valued("given_name", "name", 85, key="name"),
            valued("family_name", "name", 85, key="name"),
            valued("birth_date", "day", 140),
            valued("place", "name", 90),
        ),
        encoding=clk(hashes=VALUED, floor=141, needs=NAMED),
        threshold=0.65,
        source=(
            "CLK of 1,024 bits over padded bigrams: Schnell, Bachteler, Reiher 2011; bits by value, as clkhash's"
            " bitsPerFeature; given and family name share a key, since the two are often swapped; bits and threshold by"
            " F1 on FEBRL1-3, with none of FEBRL4 (benchmarks/preset_tuning.py); the floor is above what a birth date"
            " alone can set"
        ),
    ),
    "persons-address": Preset(
        fields=(
            valued("given_name", "name", 45, key="name"),
            valued("family_name", "name", 45, key="name"),
            valued("birth_date", "day", 70),
            valued("place", "name", 55),
            valued("street", "text", 60),
            valued("house_number", "text", 30),
            valued("postcode", "text", 55),
        ),
        encoding=clk(hashes=VALUED, floor=91, needs=NAMED),
        threshold=0.61,
        source="As persons; fewer bits a value for more fields",
    ),
    "persons-shown": Preset(
        fields=_BY_TOKEN,
        encoding=clk(
            hashes=20,
            variants=16,
            aliases="united",
            hardening=(Diffusion(bits=4096, taps=5),),
            floor=271,
            needs=NAMED,
        ),
        protocol="broker_clk",
        measure="hamming",
        threshold=0.535,
        source=(
            "As persons, but bits by token, half full and diffused (Armknecht, Heng, Schnell 2023), for protocols in"
            " which somebody sees encodings; all names of a person in one encoding, so that no cluster tells of it;"
            " threshold by F1 on FEBRL1-3, taps by what attacks tell (benchmarks/hardening.py)"
        ),
    ),
    "persons-crossborder": Preset(
        fields=(field("name", "person_name"), field("birth_date", "life_date")),
        encoding=clk(hashes=1, bits=2048, variants=16, floor=140, needs=("name",)),
        threshold=0.75,
        source=(
            "CLK over tokens of unlike weight; tokens, shares and threshold by F1 on public sanctions lists of 2023 to"
            " 2026 linked by document numbers (benchmarks/crosslist.py), none of which is in here; the floor is above a"
            " birth year or a name of five letters alone, and costs nothing there (at 160 F1 falls by 0.002)"
        ),
    ),
    **EXACT_PRESETS,
    "patterns": PATTERNS,
}


def propose(
    preset: str | Preset,
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
    grades: Sequence[float] = (),
    count: bool = False,
    hits_to: Sequence[str] = (),
    assignment: Literal["one-to-one", "many-to-many"] | None = None,
    quota: int | None = None,
    most_records: int | None = None,
    dealer_proof: int | None = None,
    blocking_recall: float | None = None,
    blocking_year: str | None = None,
    blocking_epsilon: float | None = None,
    max_reidentification: float | None = None,
    possible: float | None = None,
    protocol: str | None = None,
    exact: Mapping[str, Any] | None = None,
    stats: Mapping[str, Any] | None = None,
) -> Agreement:
    """An agreement to be signed. Parties stand by role and name, so any order of cards gives one id.

    In force from `today` to `days` days later, both included; retention_days: as `days` unless given;
    threshold, score, decimals, assignment, protocol: the preset's unless given; hits_to: as the preset's unless given;
    grades to dealer_proof, as `model` explains them, and max_reidentification: absent unless given;
    most_records: MOST_RECORDS unless given, where encodings are compared;
    blocking_recall, blocking_year: all pairs are compared unless one is given; blocking_epsilon: EPSILON unless given;
    exact: what is to be other than the preset's in its terms on keys: `keys`, `reveal`, `step` ..., `holder`.
    stats: what `stats_presets.tabulated` takes, for `patterns`.
    A protocol that shows encodings comes with the consent to it.
    Raises UsageError for an unknown preset, AgreementError for terms that cannot be.
    """
    chosen = _adjusted(preset, threshold, score, decimals)
    chosen = _run_by(chosen, _given(protocol=protocol, assignment=assignment), score, decimals)
    chosen = tabulated(keyed(chosen, dict(exact or {})), dict(stats or {}))
    terms = _frame(cards, purpose, {"text": legal_text, "reference": legal_reference}, today, days)
    terms |= _given(retention_days=retention_days)
    terms |= _matching(chosen, [card["name"] for card in terms["parties"] if card["role"] == "unit"])
    terms["learns"] |= _given(
        grades=list(grades) or None,
        count="broker" if count else None,
        hits_to=sorted(hits_to) or None,
    )
    if most_records is None and chosen.protocol in TOLD:
        most_records = MOST_RECORDS
    terms |= _given(
        max_reidentification=max_reidentification,
        quota=quota,
        most_records=most_records,
        dealer_proof=dealer_proof,
        consent=CONSENT if chosen.protocol in SHOWING else None,
        possible=possible,
        blocking=_blocking(blocking_recall, blocking_year, blocking_epsilon),
    )
    return Agreement(terms=terms_from(terms))


def _frame(
    cards: Sequence[Card], purpose: str, legal_basis: dict[str, str], today: date, days: int
) -> dict[str, Any]:
    """Who agrees, what for, on which basis and for how long; data is kept as long as the agreement is in force."""
    order = ("unit", "broker", "auditor")
    parties = sorted(cards, key=lambda card: (order.index(card.role), card.name))
    return {
        "format": FORMAT,
        "purpose": purpose,
        "legal_basis": legal_basis,
        "valid_from": today.isoformat(),
        "valid_until": _last_day(today, days).isoformat(),
        "retention_days": days,
        "parties": [card.to_json() for card in parties],
    }


def _given(**each: Any) -> dict[str, Any]:
    """Those that are not None."""
    return {name: value for name, value in each.items() if value is not None}


def _blocking(recall: float | None, year_of: str | None, epsilon: float | None) -> dict[str, Json] | None:
    found = _given(recall=recall, year_of=year_of)
    if not found and epsilon is not None:
        raise UsageError("noise on blocks is for lists that are blocked", "name their recall too: 0.99")
    return found | {"epsilon": EPSILON if epsilon is None else epsilon} if found else None


def _matching(preset: Preset, units: list[str]) -> dict[str, Json]:
    own = preset.exact or preset.watchlist
    told = [unit for unit in units if not isinstance(own, Watchlist) or unit != own.holder]
    extra: dict[str, Json] = {} if preset.exact is None else {"exact": to_json(preset.exact)}
    extra |= {} if preset.watchlist is None else {"watchlist": to_json(preset.watchlist)}
    extra |= {} if preset.stats is None else {"stats": stats_json(preset.stats)}
    return {
        **extra,
        "fields": [field.to_json() for field in preset.fields],
        "encoding": preset.encoding.to_json(),
        "protocol": preset.protocol,
        "measure": preset.measure,
        "threshold": preset.threshold,
        "assignment": preset.assignment,
        "solver": preset.solver,
        "learns": {"hits_to": told, "score": preset.score, "decimals": preset.decimals},
    }


def _adjusted(
    chosen: str | Preset, threshold: float | None, score: Score | None, decimals: int | None
) -> Preset:
    if isinstance(chosen, str) and chosen not in PRESETS:
        raise UsageError("there is no preset of that name", f"presets are: {', '.join(PRESETS)}")
    preset = PRESETS[chosen] if isinstance(chosen, str) else chosen
    if threshold is not None:
        preset = replace(preset, threshold=threshold)
    if score is not None:
        preset = replace(preset, score=score, decimals=preset.decimals if score == "rounded" else 0)
    return preset if decimals is None else replace(preset, decimals=decimals)


def _run_by(preset: Preset, changes: dict[str, Any], score: Score | None, decimals: int | None) -> Preset:
    """With another protocol or assignment; unscored, unless asked for, where it opens no score of records with
    variants."""
    chosen = replace(preset, **changes)
    if chosen.protocol != "blinded_broker" or chosen.encoding.rows == 1 or score or decimals:
        return chosen
    unscored: dict[str, Any] = {"score": "none", "decimals": 0, "assignment": "many-to-many"}
    return replace(chosen, **unscored | changes)


def _last_day(today: date, days: int) -> date:
    if days < 0:
        raise UsageError("an agreement is in force for 0 days or more after today")
    try:
        return today + timedelta(days=days)
    except OverflowError:
        raise UsageError(
            "an agreement cannot be in force for that many days", "it must end before the year 10000"
        ) from None
