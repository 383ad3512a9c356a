from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pplink.errors import DataError
from pplink.join.api import join_blocks, self_join, threshold_join
from pplink.join.rows import WORDS, checked

GOOD = np.array([[1, 2], [3, 4]], np.uint64)
BAD = {
    "one dimension": GOOD[0],
    "three dimensions": GOOD[None],
    "no dimension": np.uint64(1),
    "signed": GOOD.astype(np.int64),
    "floats": GOOD.astype(float),
    "bytes": GOOD.view(np.uint8),
    "half words": GOOD.astype(np.uint32),
    "objects": GOOD.astype(object),
    "records": GOOD.view([("word", "u8")]),
    "no words": GOOD[:, :0],
    "too many words": np.zeros((1, WORDS + 1), np.uint64),
    "a list": [[1, 2], [3, 4]],
    "nothing": None,
    "text": "rows",
}


@pytest.mark.parametrize("rows", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("join", [threshold_join, join_blocks])
def test_what_is_not_rows_of_words_is_refused_and_named(rows: object, join: Callable[..., object]) -> None:
    with pytest.raises(DataError, match=r"^left rows"):
        join(rows, GOOD, 0.8)
    with pytest.raises(DataError, match=r"^right rows"):
        join(GOOD, rows, 0.8)


@pytest.mark.parametrize("rows", BAD.values(), ids=BAD.keys())
def test_one_dataset_is_checked_too(rows: object) -> None:
    with pytest.raises(DataError, match=r"^the rows"):
        self_join(rows, 0.8)  # type: ignore[arg-type]


def test_widths_that_differ_are_refused() -> None:
    with pytest.raises(DataError, match="left rows have 128 bits, right rows 64"):
        threshold_join(GOOD, GOOD[:, :1], 0.8)


def test_an_error_never_shows_bits() -> None:
    with pytest.raises(DataError) as refusal:
        threshold_join(np.array([[123456789]]), GOOD, 0.8)
    assert "123456789" not in f"{refusal.value} {refusal.value.hint}"


@pytest.mark.parametrize(
    "rows",
    [
        GOOD.astype(">u8"),
        np.asfortranarray(GOOD),
        np.repeat(GOOD, 2, axis=0)[::2],
        np.repeat(GOOD, 2, axis=1)[:, ::2],
        GOOD[::-1][::-1],
        np.frombuffer(b"x" + GOOD.tobytes(), np.uint8)[1:].view(np.uint64).reshape(2, 2),
    ],
    ids=["wrong-endian", "by columns", "every second row", "every second word", "reversed", "unaligned"],
)
def test_rows_laid_out_otherwise_mean_the_same(rows: np.ndarray) -> None:
    assert checked(rows, "left").tobytes() == GOOD.tobytes()
    pairs, wanted = threshold_join(rows, rows, 0.1), threshold_join(GOOD, GOOD, 0.1)
    assert pairs.score.tobytes() == wanted.score.tobytes()


def test_rows_that_may_not_be_written_are_only_read() -> None:
    rows = GOOD.copy()
    rows.flags.writeable = False
    assert len(threshold_join(rows, rows, 1)) == 2
