"""Parameters: what of an agreement decides the outcome of a run, as the broker must declare it."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from pplink import canonical
from pplink.agreement.model import Terms
from pplink.canonical import Json


def parameters_of(terms: Terms) -> dict[str, Json]:
    """Protocol, measure, thresholds, assignment, solver, who learns what: just what run-started holds."""
    possible: dict[str, Json] = {} if terms.possible is UNSET else {"possible": terms.possible}
    return {
        **possible,
        "protocol": terms.protocol,
        "measure": terms.measure,
        "threshold": terms.threshold,
        "assignment": terms.assignment,
        "solver": terms.solver,
        "learns": msgspec.to_builtins(terms.learns),
    }


def differences(declared: dict[str, Json], agreed: dict[str, Json]) -> list[str]:
    """Names of the parameters that are not the same in both, sorted; compared by canonical bytes."""
    keys = sorted(declared.keys() | agreed.keys())
    return [key for key in keys if _bytes(declared, key) != _bytes(agreed, key)]


def _bytes(value: dict[str, Json], key: str) -> bytes | None:
    return canonical.to_bytes(value[key]) if key in value else None
