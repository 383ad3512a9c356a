"""Plot: expected false matches and misses by threshold. Needs matplotlib, the extra `plots`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pplink.evaluation.calibration.calibration import Calibration
from pplink.evaluation.plots import new_figure, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST = 1e-3
"""False matches below which the plot does not go."""


def draw(found: Calibration, kind: str, threshold: float | None = None) -> bytes:
    """A plot as a file of that kind, with a line at a threshold. Raises UsageError without matplotlib, or for
    another kind."""
    figure = new_figure(kind)
    axes = figure.add_subplot()
    _draw_false(axes, found)
    _draw_missed(axes.twinx(), found)
    for value, colour in ((found.few_false, "tab:red"), (found.few_missed, "tab:blue"), (threshold, "black")):
        if value is not None:
            axes.axvline(value, color=colour, linestyle=":", linewidth=1)
    figure.legend(loc="outside upper center", ncols=3)
    return written(figure, kind)


def _draw_false(axes: Axes, found: Calibration) -> None:
    """A band from the interval's lower end to its upper, and the number expected: a dashed line where extrapolated."""
    at = [point.threshold for point in found.points]
    low, expected, high = (
        np.array([max(getattr(point, name), LEAST) for point in found.points])
        for name in ("false_low", "false", "false_high")
    )
    beyond = np.array([point.extrapolated for point in found.points], bool)
    axes.fill_between(at, low, high, color="tab:red", alpha=0.2, linewidth=0)
    counted = np.where(beyond, np.nan, expected)
    axes.plot(at, counted, color="tab:red", label="expected false matches, counted")
    axes.plot(at, np.where(beyond, expected, np.nan), color="tab:red", linestyle="--", label="extrapolated")
    axes.set(
        yscale="log",
        xlabel=f"threshold ({found.measure})",
        ylabel="expected false matches",
        ylim=(LEAST, None),
    )


def _draw_missed(axes: Axes, found: Calibration) -> None:
    """On an axis of its own, in per cent."""
    at = [point.threshold for point in found.points]
    axes.plot(at, [100 * point.missed for point in found.points], color="tab:blue", label="expected misses")
    axes.set(ylabel="true pairs missed, %", ylim=(0, 100))
