"""Keeping to the agreement: whether a dataset is as wide, as short and as safe as was agreed, by its manifest."""

from __future__ import annotations

from msgspec import UNSET

from pplink.agreement.model import Terms
from pplink.dataset.manifest import Manifest
from pplink.errors import IntegrityError

ANEW = "ask the unit to encode with this agreement"


def check_kept(manifest: Manifest, terms: Terms) -> None:
    """Raise IntegrityError if its unit did not keep to the agreement's encoding, number of records or bound on risk.

    Whose it is and for which agreement is for the caller to check.
    """
    unit, encoding = manifest.unit, manifest.encoding
    if encoding.bits != terms.encoding.width:
        raise IntegrityError(
            f"the dataset of {unit} has {encoding.bits} bits a record; the agreement says {terms.encoding.width}",
            ANEW,
        )
    if encoding.rows != terms.encoding.rows:
        raise IntegrityError(
            f"the dataset of {unit} has {encoding.rows} encodings a record; the agreement says {terms.encoding.rows}",
            ANEW,
        )
    most = terms.most_records
    if most is not UNSET and manifest.records > most:
        raise IntegrityError(
            f"the dataset of {unit} has {manifest.records:,} records; a unit may bring {most:,} at most",
            "ask the unit for a shorter list, or agree on more",
        )
    bound, risk = terms.max_reidentification, manifest.risk
    if bound is not UNSET and (risk is UNSET or risk.reidentified > bound):
        raise IntegrityError(
            f"the dataset of {unit} has no risk report within the agreement's {bound:g}",
            "ask the unit to encode with `--risk`",
        )
