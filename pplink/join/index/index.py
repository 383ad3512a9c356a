"""Index: rows made ready once; asked, changed, saved and loaded."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pplink.errors import DataError, UsageError
from pplink.join.api import MAX_PAIRS
from pplink.join.arguments import positive, threads_of
from pplink.join.backends.interface import Bar, Problem, Progress
from pplink.join.collect import Collector
from pplink.join.index import storage
from pplink.join.index.search import search
from pplink.join.index.segments import State
from pplink.join.measures import Ints, exact, measure_named
from pplink.join.pairs import Pairs
from pplink.join.rows import BitRows, checked, counts

Name = str | PathLike[str]


class Index:
    """Rows that others are compared with again and again, any measure and any threshold.

    Every pair is compared: a query finds what `threshold_join` with strategy exact finds. Each row has an id:
    0, 1, 2 ... as rows are built and added; an id is never given again. Memory: each row twice, upright and on
    its side, and a byte for each id ever given. Threads may share an index: a query sees all of a change or nothing.
    """

    def __init__(self, state: State, known: set[str]) -> None:
        """Use `build` or `load`."""
        self._state = state
        self._known = known
        """Digests of the files that it was loaded from or saved as."""
        self._changing = threading.Lock()

    @classmethod
    def build(cls, rows: BitRows, *, threads: int | None = None) -> Index:
        """An index of these rows, with their numbers as ids.

        rows: (n, words) uint64; (0, words) to begin with none. Raises DataError for another kind of array,
        UsageError for threads that cannot be.
        """
        only = checked(rows, "the")
        with ThreadPoolExecutor(threads_of(threads)) as executor:
            return cls(State.empty(only.shape[1]).added(only, executor), set())

    @classmethod
    def load(
        cls, path: Name, *, digest: str | None = None, mapped: bool = True, threads: int | None = None
    ) -> Index:
        """The index in a file, once every byte of it is verified.

        digest: what `save` gave; without it the file is known to be whole, and not who wrote it.
        mapped: processes that load one file share its memory. Nobody may write into such a file, or cut it, which
        ends those processes; `save` puts another in its place and does no harm. False: a copy of the file.
        Raises UsageError for no file, IntegrityError for anything but a whole index or for another digest,
        UnavailableError if the disk fails.
        """
        with ThreadPoolExecutor(threads_of(threads)) as executor:
            state, found = storage.load(Path(path), digest, executor, mapped=mapped)
        return cls(state, {found})

    def save(self, path: Name, *, replace: bool = False) -> str:
        """Write the index to a file, whole or not at all, for its owner alone to read; its digest.

        Rows that were removed are not in the file; segments that still have some are made anew first.
        A file that is there is replaced if this index was loaded from it or saved as it, or if `replace` is
        true: else RefusedError, as another process may have changed it. Raises UsageError or UnavailableError
        if it cannot be written.
        """
        with ThreadPoolExecutor(threads_of(None)) as executor, self._changing:
            self._state = self._state.purged(executor)
            digest = storage.save(Path(path), self._state, None if replace else self._known, executor)
            self._known.add(digest)
            return digest

    def query(
        self,
        rows: BitRows,
        threshold: float | Fraction,
        *,
        measure: str = "dice",
        k_best: int | None = None,
        max_pairs: int | None = MAX_PAIRS,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Pairs:
        """All pairs of a given row (left) and a row of the index (right, its id) at or above the threshold.

        The bytes are those of `threshold_join(rows, all, threshold, strategy="exact")` where all are the rows
        that the index has, numbered by id; arguments and errors are its too.
        """
        state, given = self._state, self._checked(rows, "given")
        problem = Problem(
            left=given,
            right=given[:0],
            left_counts=counts(given),
            right_counts=counts(given[:0]),
            itself=False,
            measure=measure_named(measure),
            threshold=exact(threshold),
        )
        bar = Bar(problem)
        most, best = positive("max_pairs", max_pairs), positive("k_best", k_best)
        collector = Collector(
            problem, bar, most, best, hint="raise max_pairs, or ask for fewer rows at a time"
        )
        for found in search(state, problem, bar, threads=threads_of(threads), progress=progress):
            collector.take(found)
        return collector.result()

    def add(self, rows: BitRows, *, threads: int | None = None) -> Ints:
        """Add rows; (n,) int64: their ids. Raises DataError for another kind of array or width.

        Most often the work is in proportion to the rows added; now and then segments are joined, at worst all
        of them. See `segments`.
        """
        more = self._checked(rows, "added")
        with ThreadPoolExecutor(threads_of(threads)) as executor, self._changing:
            first = len(self._state.alive)
            self._state = self._state.added(more, executor)
        return np.arange(first, first + len(more))

    def remove(self, ids: npt.ArrayLike, *, threads: int | None = None) -> None:
        """Remove rows by their ids. In memory a row may stay, unseen, until half of its segment is removed.

        Raises UsageError, and removes none, if one is not there or named twice."""
        named = _ids(ids)
        with ThreadPoolExecutor(threads_of(threads)) as executor, self._changing:
            alive = self._state.alive
            for row in named[(named < 0) | (named >= len(alive))]:
                raise UsageError(f"the index never had a row {row}", "ids are what build and add gave")
            for row in named[~alive[named]]:
                raise UsageError(f"row {row} was removed before", "name rows that are there")
            if len(named):
                self._state = self._state.removed(named, executor)

    def __len__(self) -> int:
        """Rows that are there."""
        return int(np.count_nonzero(self._state.alive))

    def __repr__(self) -> str:
        return f"Index({len(self)} rows of {self.bits} bits)"

    @property
    def bits(self) -> int:
        """Width of a row."""
        return self._state.bits

    @property
    def ids(self) -> Ints:
        """(n,) int64: the rows that are there, rising."""
        return np.flatnonzero(self._state.alive).astype(np.int64)

    def _checked(self, rows: BitRows, name: str) -> BitRows:
        result = checked(rows, name)
        if 64 * result.shape[1] != self.bits:
            raise DataError(f"{name} rows have {64 * result.shape[1]} bits, those of the index {self.bits}")
        return result


def _ids(value: npt.ArrayLike) -> Ints:
    """(n,) int64, each once. Raises UsageError."""
    ids = np.asarray(value)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise UsageError("ids are not a list of whole numbers", "ids are what build and add gave")
    if ids.size and int(ids.max()) >= 2**63:
        raise UsageError("an id is too large", "ids are what build and add gave")
    named = ids.astype(np.int64)
    if len(np.unique(named)) < len(named):
        raise UsageError("a row is named twice", "name each once")
    return named
