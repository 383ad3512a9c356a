"""Samples: which bits each table looks at. From a seed, so that a run repeats byte for byte."""

from __future__ import annotations

import numpy as np

from pplink.join.measures import Ints
from pplink.join.rows import BitRows


def columns(bits: int, sampled: int, tables: int, seed: int) -> Ints:
    """(tables, sampled) int64: blocks of random orders of all columns; see `chances`."""
    random = np.random.default_rng([seed, bits, sampled])
    each = bits // sampled
    orders = [random.permutation(bits)[: each * sampled] for _ in range(-(-tables // each))]
    return np.concatenate(orders).reshape(-1, sampled)[:tables].astype(np.int64)


def masks(chosen: Ints, words: int) -> BitRows:
    """(tables, words) uint64: a set bit for each chosen column."""
    result = np.zeros((len(chosen), words), np.uint64)
    for table, some in enumerate(chosen):
        np.bitwise_or.at(result[table], some // 64, np.uint64(1) << (some % 64).astype(np.uint64))
    return result
