"""Plaintext: recordlinkage's classifier, which sees names as they are, without any truth to learn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import recordlinkage

from benchmarks import febrl

EXACT = ("date_of_birth", "street_number", "postcode")
"""Compared for equality; other fields by Jaro-Winkler, at or above 0.85, as in recordlinkage's own FEBRL4 guide."""


def link(lists: febrl.Lists, fields: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that ECM (Fellegi-Sunter, expectation-maximisation) calls matches, and how likely each is.

    Candidates: the pairs that agree in at least one of given name, surname, date of birth and suburb.
    """
    left, right = (frame[list(fields)].replace("", np.nan) for frame in (lists.left, lists.right))
    candidates = pd.MultiIndex.from_tuples([], names=[None, None])
    for field in febrl.FOUR:
        candidates = candidates.union(recordlinkage.index.Block(field).index(left, right))
    compare = recordlinkage.Compare()
    for field in fields:
        if field in EXACT:
            compare.exact(field, field, label=field)
        else:
            compare.string(field, field, method="jarowinkler", threshold=0.85, label=field)
    features = compare.compute(candidates, left, right).astype(int)
    classifier = recordlinkage.ECMClassifier()
    matches = classifier.fit_predict(features)
    likely = classifier.prob(features).loc[matches].to_numpy(float)
    return np.array(matches.to_list(), np.int64).reshape(-1, 2), likely
