"""Chances: how often two rows agree on sampled bits, and how many samples make a recall.

Two rows that differ in h of d bits agree on K bits, drawn without replacement, with chance

    p(h) = (d-h)/d * (d-h-1)/(d-1) * ... * (d-h-K+1)/(d-K+1).

So L independent samples, each with a table of its own, find them with chance 1 - (1 - p)^L: Indyk and
Motwani, "Approximate nearest neighbors" (STOC 1998); for encodings of people, Karapiperis and Verykios,
"An LSH-based blocking approach with a homomorphic matching technique for privacy-preserving record
linkage" (TKDE 27, 2015).

Here samples are taken off one random order of the bits until it is used up, so within one order no bit
serves two tables. The numbers of differing bits in its samples are then multivariate hypergeometric,
hence negatively associated, and so are the events that each is at least one: Joag-Dev and Proschan,
"Negative association of random variables" (Ann. Statist. 11, 1983), section 3.1 and property P6. That
all tables miss is therefore at most as likely as with independent samples, and the recall only rises.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pplink.join.measures import Ints

Floats = npt.NDArray[np.float64]

MOST_TABLES = 2**14
"""More tables than this are never worth it."""


def agreement(bits: int, most: int) -> Floats:
    """(most + 1, bits + 1) float64: for K sampled bits, the chance p(h) of agreeing at distance h."""
    distance = np.arange(bits + 1)
    chances = np.ones((most + 1, bits + 1))
    for sampled in range(most):
        factor = np.maximum(bits - distance - sampled, 0) / (bits - sampled)
        chances[sampled + 1] = chances[sampled] * factor
    return chances


def tables(chances: Floats, recall: float) -> Ints:
    """(n,): how many tables give that recall at each chance of agreement; MOST_TABLES + 1 if so many are too few."""
    with np.errstate(divide="ignore"):
        needed = np.log(1 - recall) / np.log1p(-chances)
    capped = np.minimum(np.where(chances > 0, needed, np.inf), MOST_TABLES + 1)
    return np.maximum(np.ceil(capped), 1).astype(np.int64)
