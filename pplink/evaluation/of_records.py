"""Of records: pairs of encodings as pairs of the records that they are variants of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pplink.join.pairs import Pairs

Rows = npt.NDArray[np.int64]


def of_records(pairs: Pairs, left: Rows, right: Rows) -> Pairs:
    """Pairs of rows as pairs of records, each with the best of its scores. left, right: which record each row is of."""
    one, other = left[pairs.left], right[pairs.right]
    first = np.sort(np.unique(np.stack((one, other)), axis=1, return_index=True)[1])  # scores fall
    return Pairs.ordered(one[first], other[first], pairs.score[first])
