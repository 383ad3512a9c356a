"""What two strangers score who have something in common: how near that is to a hit.

    python -m benchmarks.strangers [--quick]

Pairs of two persons drawn at random from the records of FEBRL1-3 that lack nothing (`febrl.practice`), 1,000 pairs
under each of three secrets. What they have in common by chance stays; what a row names is copied from one to the other.
`one name`: of each only the family name is known. Score: the mean, and the one that 1 % of the pairs reach. Hits: the
share of pairs at or above the preset's threshold. `persons-crossborder` has the whole name and the birth date alone.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks import febrl
from benchmarks.encoding import terms_of
from benchmarks.report import write
from pplink.agreement.model import Terms
from pplink.encoders.frames import to_text
from pplink.encoders.pipeline import encode_fields

ADDRESS = ("place", "street", "house_number", "postcode")
FIELDS = tuple(febrl.NAMES.values())
Shares = tuple[str, tuple[str, ...], bool]
"""What is in common, in words and as fields, and whether of each the family name alone is known."""

COMMON: tuple[Shares, ...] = (
    ("nothing", (), False),
    ("birth date", ("birth_date",), False),
    ("birth date; one name", ("birth_date",), True),
    ("family name", ("family_name",), False),
    ("family name and birth date", ("family_name", "birth_date"), False),
)
PLACED: tuple[Shares, ...] = (
    *COMMON,
    ("place", ("place",), False),
    ("birth date and place", ("birth_date", "place"), False),
    ("birth date and place; one name", ("birth_date", "place"), True),
    ("family name and place", ("family_name", "place"), False),
)
PRESETS: dict[str, tuple[Shares, ...]] = {
    "persons": PLACED,
    "persons-address": (
        *PLACED,
        ("address", ADDRESS, False),
        ("address and birth date", (*ADDRESS, "birth_date"), False),
        ("address and family name", (*ADDRESS, "family_name"), False),
    ),
    "persons-shown": PLACED,
    "persons-crossborder": COMMON,
}


def pairs_of(number: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames with the presets' columns; row i of the one is another person than row i of the other."""
    lists = febrl.practice()
    left, right = (frame.rename(columns=febrl.NAMES) for frame in (lists.left, lists.right))
    whole = [np.flatnonzero((frame[list(FIELDS)] != "").all(axis=1)) for frame in (left, right)]
    rng = np.random.default_rng(seed)
    drawn = np.stack([rng.choice(rows, 2 * number) for rows in whole], axis=1)
    true = {(int(one), int(two)) for one, two in lists.truth}
    kept = np.array([pair for pair in map(tuple, drawn.tolist()) if pair not in true][:number])
    one, two = (
        frame.iloc[rows][list(FIELDS)].reset_index(drop=True)
        for frame, rows in ((left, kept[:, 0]), (right, kept[:, 1]))
    )
    return one, two


def scores(one: pd.DataFrame, two: pd.DataFrame, terms: Terms, secret: int) -> np.ndarray:
    """(n,): of row i of the one with row i of the other, by the preset's measure."""
    left, right = (_encoded(frame, terms, secret) for frame in (one, two))
    if terms.measure == "dice":
        both = np.bitwise_count(left & right).sum(axis=1)
        held = np.bitwise_count(left).sum(axis=1) + np.bitwise_count(right).sum(axis=1)
        return np.asarray(2.0 * both / np.maximum(held, 1))
    return np.asarray(1 - 2 * np.bitwise_count(left ^ right).sum(axis=1) / (64.0 * left.shape[1]))


def _encoded(frame: pd.DataFrame, terms: Terms, secret: int) -> np.ndarray:
    frame = frame.assign(
        record_id=[str(row) for row in range(len(frame))],
        name=frame["given_name"] + " " + frame["family_name"],
    )
    table = to_text(frame).select(["record_id", *(field.name for field in terms.fields)])
    key = hashlib.sha256(f"benchmark {secret}".encode()).digest()
    return encode_fields(table, terms, key, "blank", protecting=False)[0]


def rows_of(preset: str, number: int, secrets: int) -> list[list[str]]:
    """A line for each thing in common."""
    terms, lines = terms_of(preset), []
    for words, fields, one_name in PRESETS[preset]:
        found = []
        for secret in range(secrets):
            one, two = pairs_of(number, secret)
            two[list(fields)] = one[list(fields)]
            if one_name:
                one, two = one.assign(given_name=""), two.assign(given_name="")
            found.append(scores(one, two, terms, secret))
        lines.append([words, *_figures(np.concatenate(found), terms.threshold)])
    return lines


def _figures(found: np.ndarray, threshold: float) -> Sequence[str]:
    return (
        f"{found.mean():.3f}",
        f"{np.quantile(found, 0.99):.3f}",
        f"{threshold:g}",
        f"{(found >= threshold).mean():.1%}",
    )


def main() -> None:
    """Each preset's table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one secret, 200 pairs")
    quick = parser.parse_args().quick
    headers = ("in common", "mean score", "1 % reach", "threshold", "hits")
    tables = {
        preset: (headers, rows_of(preset, 200 if quick else 1_000, 1 if quick else 3)) for preset in PRESETS
    }
    write("strangers", __doc__, tables)


if __name__ == "__main__":
    main()
