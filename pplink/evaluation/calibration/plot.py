"""Plot: expected false matches and misses by threshold. Needs matplotlib, the extra `plots`."""

from __future__ import annotations

from pplink.evaluation.calibration.calibration import Calibration
from pplink.evaluation.plots import new_figure, written

LEAST = 1e-3
"""False matches below which the plot does not go."""


def draw(found: Calibration, kind: str, threshold: float | None = None) -> bytes:
    """A plot as a file of that kind, with a line at a threshold. Raises UsageError without matplotlib, or for
    another kind."""
    figure = new_figure(kind)
    axes = figure.add_subplot()
    at = [point.threshold for point in found.points]
    low, high = ([max(each, LEAST) for each in side] for side in (
        [point.false_low for point in found.points], [point.false_high for point in found.points]))  # fmt: skip
    axes.fill_between(at, low, high, color="tab:red", alpha=0.2, linewidth=0)
    counted = [max(point.false, LEAST) if not point.extrapolated else float("nan") for point in found.points]
    beyond = [max(point.false, LEAST) if point.extrapolated else float("nan") for point in found.points]
    axes.plot(at, counted, color="tab:red", label="expected false matches, counted")
    axes.plot(at, beyond, color="tab:red", linestyle="--", label="extrapolated")
    axes.set(
        yscale="log",
        xlabel=f"threshold ({found.measure})",
        ylabel="expected false matches",
        ylim=(LEAST, None),
    )
    other = axes.twinx()
    other.plot(at, [100 * point.missed for point in found.points], color="tab:blue", label="expected misses")
    other.set(ylabel="true pairs missed, %", ylim=(0, 100))
    for value, colour in ((found.few_false, "tab:red"), (found.few_missed, "tab:blue"), (threshold, "black")):
        if value is not None:
            axes.axvline(value, color=colour, linestyle=":", linewidth=1)
    figure.legend(loc="outside upper center", ncols=3)
    return written(figure, kind)
