"""Tables: what adding up under encryption costs: tables by cells, whatever lists' lengths are, and sums by keys."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from pplink.session.costs.trial import SESSION, Cost, Sizes, beyond, seed, spent
from pplink.session.keeper import BITS, library
from protocols import ecdh_psi_sum
from protocols.paillier_stats import Broker, Keeper, Parameters, SecretKey, Unit
from protocols.role import Role

TRIED = 31
"""Cells of a trial: as many counts as one cipher text of 3,072 bits holds."""


KEYS = 4
"""Of each list in a trial of sums."""


def summed(sizes: Sizes) -> tuple[Cost, ...]:
    """Sums over common keys: one key a record, the first list's numbers; a cipher text an element costs the most.

    Raises UnavailableError without the library.
    """
    key = _key()
    pairs = ((KEYS, KEYS), (2 * KEYS, KEYS), (KEYS, 2 * KEYS))
    base, held, plain = (spent(partial(_sums, key, *each)) for each in pairs)
    size = sizes.rows * (held.bytes - base.bytes) + sizes.other * (plain.bytes - base.bytes)
    seconds = sizes.rows * beyond(held.seconds, base.seconds) / KEYS
    return (Cost(what="with sums", seconds=seconds, bytes=size // KEYS),)


def added_up(sizes: Sizes) -> tuple[Cost, ...]:
    """Counts of two units. Raises UnavailableError without the library."""
    key = _key()
    took = spent(lambda: _roles(key))
    share = sizes.cells / TRIED
    what = f"a table of {sizes.cells:,} counts"
    return (Cost(what=what, seconds=took.seconds * share, bytes=round(took.bytes * share)),)


@cache
def _key() -> SecretKey:
    _, secret = library().generate_paillier_keypair(n_length=BITS)
    return SecretKey(p=int(secret.p), q=int(secret.q))


def _sums(key: SecretKey, held: int, other: int) -> list[Role]:
    parameters = ecdh_psi_sum.Parameters(modulus=key.modulus, step=KEYS, capacity=2 * KEYS)

    def common(name: str) -> dict[str, Any]:
        return {"session": SESSION, "parameters": parameters, "seed": seed(name), "spent": set()}

    items = [b"%d" % number for number in range(max(held, other))]
    return [
        ecdh_psi_sum.Alice(items=items[:other], **common("alice")),
        ecdh_psi_sum.Bob(items=[(item, (7,)) for item in items[:held]], key=key, **common("bob")),
    ]


def _roles(key: SecretKey) -> list[Role]:
    parameters = Parameters(modulus=key.modulus, cells=TRIED)

    def common(name: str) -> dict[str, Any]:
        return {"session": SESSION, "parameters": parameters, "seed": seed(name), "spent": set()}

    units = [Unit(name, table=[[20]] * TRIED, **common(name)) for name in parameters.names]
    return [*units, Keeper(key=key, **common("keeper")), Broker(**common("broker"))]
