"""API: all pairs at or above a threshold, as one result or in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from pplink import memory
from pplink.errors import UsageError
from pplink.join import planner
from pplink.join.arguments import positive, threads_of
from pplink.join.backends import cpu, gpu, reference
from pplink.join.backends.distributed import Dask
from pplink.join.backends.interface import Backend, Bar, Problem, Progress
from pplink.join.keeping import Keeper
from pplink.join.measures import exact, measure_named
from pplink.join.pairs import Pairs
from pplink.join.planner import Plan
from pplink.join.report import Report
from pplink.join.rows import BitRows, checked, checked_sides, counts
from pplink.join.run import Run

STRATEGIES = ("auto", "exact", "lsh")
"""exact compares every pair; lsh compares rows that agree on sampled bits; auto plans which is faster."""
BACKENDS: dict[str, Callable[[], Backend]] = {
    "cpu": lambda: cpu.blocks,
    "reference": lambda: reference.blocks,
    "dask": Dask,
    "gpu": gpu.device,
}
"""What compares every pair, made anew for each join. Tables are for the cores of this machine, or for the cluster."""
RECALL = 0.999
"""The chance with which lsh finds each pair, unless told otherwise."""
MAX_PAIRS = 20_000_000
"""Pairs in one result unless told otherwise: 480 MB, and 2 GB while they are gathered."""


def threshold_join(
    left: BitRows,
    right: BitRows,
    threshold: float | Fraction,
    *,
    measure: str = "dice",
    strategy: str = "auto",
    recall: float = RECALL,
    seed: int = 0,
    backend: str | Backend = "cpu",
    threads: int | None = None,
    k_best: int | None = None,
    max_pairs: int | None = MAX_PAIRS,
    progress: Progress | None = None,
    report: Callable[[Report], None] | None = None,
    keeper: Keeper | None = None,
) -> Pairs:
    """All pairs of a left and a right row that score at or above the threshold.

    left, right: (n, words) uint64, any byte order. Pairs come by falling score, then left row, then right
    row, and are the same bytes with any number of threads. Rows without a bit set match nothing: a missing
    name must not link two strangers.
    threshold: from 0 to 1, read as the decimal number it prints as; a score equal to it is kept.
    measure: dice, jaccard, cosine, hamming (as a likeness, 1 - distance / bits), or minhash (1 - 2 distance / bits, and
    0 where more than half of the bits differ). Integers decide.
    strategy: exact compares every pair. lsh finds each pair with the chance `recall` at least, by tables of
    sampled bits (see `lsh.chances`), and gives no pair that exact would not; from one seed, always the same.
    auto compares every pair where that takes a minute or so, and beyond takes what is expected to be faster, for
    each part of the rows: `explain` tells. It depends on the rows alone, so it repeats too.
    backend: cpu; or dask, a cluster (`distributed.Dask` for one that is there already); or gpu, a CUDA device, for
    which auto compares every pair, and lsh uses the cores of this machine beside it; or reference, slow and plain,
    which compares every pair. All give the same bytes for the same strategy.
    threads: all cores that this process may use, unless given. k_best: at most so many pairs for each
    left row, the best ones found. max_pairs: None for no cap. progress: called with comparisons done and
    in all. report: called at the end with what was done, and what was left out because the rows were too skewed;
    without it, CutWarning is issued if anything was. keeper: where what is found is put by as the join goes, so that
    one that was broken off goes on from there, to the same bytes.
    Raises DataError for arrays of another kind or of different widths, UsageError for arguments that
    cannot be, RefusedError if there are more than max_pairs, with a threshold that fits, UnavailableError if the
    rows need more memory than there is, or a cluster or device fails.
    """
    problem = _problem(*checked_sides(left, right), threshold, measure)
    run = _run(problem, strategy, recall, seed, backend, threads, progress, report, keeper)
    return run.collected(positive("max_pairs", max_pairs), positive("k_best", k_best))


def self_join(
    rows: BitRows,
    threshold: float | Fraction,
    *,
    measure: str = "dice",
    strategy: str = "auto",
    recall: float = RECALL,
    seed: int = 0,
    backend: str | Backend = "cpu",
    threads: int | None = None,
    max_pairs: int | None = MAX_PAIRS,
    progress: Progress | None = None,
    report: Callable[[Report], None] | None = None,
    keeper: Keeper | None = None,
) -> Pairs:
    """All pairs of two rows of one dataset, each once with left < right; else as `threshold_join`."""
    only = checked(rows, "the")
    problem = _problem(only, only, threshold, measure, itself=True)
    run = _run(problem, strategy, recall, seed, backend, threads, progress, report, keeper)
    return run.collected(positive("max_pairs", max_pairs), None)


def join_blocks(
    left: BitRows,
    right: BitRows,
    threshold: float | Fraction,
    *,
    measure: str = "dice",
    strategy: str = "auto",
    recall: float = RECALL,
    seed: int = 0,
    backend: str | Backend = "cpu",
    threads: int | None = None,
    progress: Progress | None = None,
    report: Callable[[Report], None] | None = None,
) -> Iterator[Pairs]:
    """The pairs of `threshold_join` in blocks of at most about a million.

    So a low threshold costs disk, not memory.

    Each block is in order, and so is `Pairs.together(blocks)`. Arguments are checked before the first
    block is asked for. Closing the iterator stops the work.
    """
    problem = _problem(*checked_sides(left, right), threshold, measure)
    run = _run(problem, strategy, recall, seed, backend, threads, progress, report)
    return run.blocks()


def explain(
    left: BitRows,
    right: BitRows,
    threshold: float | Fraction,
    *,
    measure: str = "dice",
    strategy: str = "auto",
    recall: float = RECALL,
    backend: str | Backend = "cpu",
    threads: int | None = None,
) -> Plan:
    """What `threshold_join` would do, and what it would take on the cores of this machine. Takes about a second."""
    check_choice(strategy, recall)
    problem = _problem(*checked_sides(left, right), threshold, measure)
    return _plan(problem, Bar(problem), _chosen(strategy, backend), recall, threads_of(threads))


def in_full(backend: str | Backend) -> Backend:
    """What compares every pair, by its name or as it is. Raises UsageError."""
    if not isinstance(backend, str):
        return backend
    if backend not in BACKENDS:
        raise UsageError(f"no backend is called {backend!r}", f"choose one of {', '.join(BACKENDS)}")
    return BACKENDS[backend]()


def check_choice(strategy: str, recall: float, seed: int = 0) -> None:
    """Raise UsageError for what no join can be asked for."""
    if strategy not in STRATEGIES:
        raise UsageError(f"no strategy is called {strategy!r}", f"choose one of {', '.join(STRATEGIES)}")
    if isinstance(recall, bool) or not isinstance(recall, float | int) or not 0 < recall <= 1:
        raise UsageError("recall is not a number above 0 and up to 1", "1 compares every pair")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**53:
        raise UsageError("seed is not a whole number from 0 to 2^53 - 1")


def _run(
    problem: Problem,
    strategy: str,
    recall: float,
    seed: int,
    backend: str | Backend,
    threads: int | None,
    progress: Progress | None,
    report: Callable[[Report], None] | None,
    keeper: Keeper | None = None,
) -> Run:
    check_choice(strategy, recall, seed)
    cores, bar = threads_of(threads), Bar(problem)
    if keeper is not None and backend == "reference":
        raise UsageError(
            "the reference goes in steps of its own and keeps nothing", "leave out keeper= or backend="
        )
    plan = _plan(problem, bar, _chosen(strategy, backend), recall, cores)
    if backend == "cpu" or not (plan.exact or _clustered(backend)):  # others have the memory of others
        memory.require(plan.memory, "a join of these rows")
    return Run(
        problem=problem,
        bar=bar,
        plan=plan,
        in_full=in_full(backend),
        seed=seed,
        threads=cores,
        progress=progress,
        report=report,
        keeper=keeper,
    )


def _chosen(strategy: str, backend: str | Backend) -> str:
    """What is planned for a backend. Raises UsageError for strategy lsh with the reference."""
    if backend == "reference" and strategy == "lsh":
        raise UsageError("the reference compares every pair", "choose another strategy or backend")
    plans = backend == "cpu" or _clustered(backend) or strategy == "lsh"
    return strategy if plans else "exact"


def _clustered(backend: str | Backend) -> bool:
    return backend == "dask" or isinstance(backend, Dask)


def _plan(problem: Problem, bar: Bar, strategy: str, recall: float, threads: int) -> Plan:
    check_choice(strategy, recall)
    return planner.plan(
        problem, bar.reach, strategy="exact" if recall == 1 else strategy, recall=recall, threads=threads
    )


def _problem(
    left: BitRows, right: BitRows, threshold: float | Fraction, measure: str, *, itself: bool = False
) -> Problem:
    with memory.enough("these rows"):
        ones = counts(left)
        others = ones if itself else counts(right)
    return Problem(
        left=left,
        right=right,
        left_counts=ones,
        right_counts=others,
        itself=itself,
        measure=measure_named(measure),
        threshold=exact(threshold),
    )
