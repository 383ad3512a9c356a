"""Blinded terms: what of an agreement's terms sets the parameters of `protocols.blinded_broker`."""

from __future__ import annotations

from fractions import Fraction

from msgspec import UNSET

from pplink.agreement.model import Blocking, Terms
from pplink.agreement.quota import quota_of
from pplink.errors import AgreementError
from pplink.session.blocking.shape import Shape, likely, shape_of
from protocols.blinded_broker import Parameters
from protocols.errors import MisuseError

SIDE = 1024
"""Rows in a block, and so a tile's height and width; fewer where records have variants, so that tiles stay as large."""
LENGTHS = (20_000, 100_000, 1_000_000)
"""Of lists for which costs are told beforehand."""
ALICE, BOB, DEALER = "alice", "bob", "dealer"


def cost_of(terms: Terms, blocking: Blocking, sizes: tuple[int, int]) -> float:
    """What blocking lists of so many records is expected to cost, all pairs of their rows being 1."""
    variants = terms.encoding.rows
    return chosen_shape(terms, blocking, sizes).cost(likely(sizes, variants)) / (
        sizes[0] * sizes[1] * variants**2
    )


def chosen_shape(terms: Terms, blocking: Blocking, sizes: tuple[int, int]) -> Shape:
    threshold = terms.threshold
    found = shape_of(blocking, threshold, sizes, terms.encoding.rows)
    if found is None:
        raise AgreementError(
            f"no blocking has the recall agreed at a threshold of {threshold:g} with epsilon {blocking.epsilon:g}",
            "agree on a higher threshold or epsilon or on a lower recall, or compare all pairs",
        )
    return found


def blocking_costs(terms: Terms) -> list[tuple[int, float]]:
    """(records of each list, what blocking is expected to cost, all pairs being 1); nothing if all are compared."""
    if terms.blocking is UNSET:
        return []
    return [(size, cost_of(terms, terms.blocking, (size, size))) for size in LENGTHS]


def reveal_of(terms: Terms, units: tuple[str, ...]) -> str:
    """The protocol's word for who learns the hits. Raises AgreementError if that is neither unit."""
    named = [role for role, unit in zip((ALICE, BOB), units, strict=True) if unit in terms.learns.hits_to]
    if not named:
        raise AgreementError(
            f"neither {units[0]} nor {units[1]} is to learn hits under this agreement", "name another couple"
        )
    return "both" if len(named) == 2 else named[0]


def parameters_of(terms: Terms, *, most_rows: int, quota: int, reveal: str = "both") -> Parameters:
    """Raises AgreementError for a threshold that the protocol cannot decide exactly."""
    variants = terms.encoding.rows
    try:
        return Parameters(
            bits=terms.encoding.width,
            threshold=Fraction(repr(terms.threshold)),
            measure=terms.measure,
            most_rows=most_rows,
            side=side_of(variants),
            alice_variants=variants,
            bob_variants=variants,
            reveal=reveal,
            scores=terms.learns.score != "none",
            quota=quota,
            sets=terms.dealt,
            window=4 if terms.dealt > 1 else 2,  # with sets, a tile takes more than twice the trips
        )
    except MisuseError as error:
        raise AgreementError(
            f"blinded_broker cannot be run under these terms: {error.message}",
            "a threshold of two decimals and encodings of 1,024 bits can",
        ) from None


def side_of(variants: int) -> int:
    """Records in a block: as many as keep a tile at SIDE * SIDE pairs of rows, in steps of 64; 64 at least."""
    return max(SIDE // variants // 64 * 64, 64)


def check(terms: Terms) -> None:
    """Raise AgreementError if these terms cannot be run."""
    parameters_of(terms, most_rows=1, quota=quota_of(terms, 1))
    costs = blocking_costs(terms)
    if costs and costs[-1][1] >= 1:
        raise AgreementError(
            f"blocking costs more than comparing all pairs at a threshold of {terms.threshold:g}, up to"
            f" {LENGTHS[-1]:,} records each",
            "agree on a higher threshold or a lower recall, or compare all pairs",
        )
