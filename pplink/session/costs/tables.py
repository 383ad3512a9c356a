"""Tables: what adding up tables under encryption costs: by cells, whatever the lists' lengths are."""

from __future__ import annotations

from typing import Any

from pplink.session.costs.trial import SESSION, Cost, Sizes, seed, spent
from pplink.session.keeper import BITS, library
from protocols.paillier_stats import Broker, Keeper, Parameters, SecretKey, Unit
from protocols.role import Role

TRIED = 31
"""Cells of a trial: as many counts as one cipher text of 3,072 bits holds."""


def added_up(sizes: Sizes) -> tuple[Cost, ...]:
    """Counts of two units. Raises UnavailableError without the library."""
    _, secret = library().generate_paillier_keypair(n_length=BITS)
    key = SecretKey(p=int(secret.p), q=int(secret.q))
    took = spent(lambda: _roles(key))
    share = sizes.cells / TRIED
    what = f"a table of {sizes.cells:,} counts"
    return (Cost(what=what, seconds=took.seconds * share, bytes=round(took.bytes * share)),)


def _roles(key: SecretKey) -> list[Role]:
    parameters = Parameters(modulus=key.modulus, cells=TRIED)

    def common(name: str) -> dict[str, Any]:
        return {"session": SESSION, "parameters": parameters, "seed": seed(name), "spent": set()}

    units = [Unit(name, table=[[20]] * TRIED, **common(name)) for name in parameters.names]
    return [*units, Keeper(key=key, **common("keeper")), Broker(**common("broker"))]
