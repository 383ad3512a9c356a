"""Plots: what matplotlib, the extra `plots`, makes of evaluations. Without it everything else still works."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pplink.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pplink.evaluation.labelled import Evaluation

FORMATS = ("svg", "png", "pdf")


def new_figure(kind: str) -> Figure:
    """An empty one. Raises UsageError without matplotlib, or for a kind of file that is none of FORMATS."""
    if kind not in FORMATS:
        raise UsageError(f"a plot is no {kind or 'file without a suffix'}", f"name it .{', .'.join(FORMATS)}")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("matplotlib is not installed", "pip install 'pplink[plots]'") from None
    return Figure(figsize=(8, 5), layout="constrained")


def written(figure: Figure, kind: str) -> bytes:
    """The figure as a file; the same figure always gives the same SVG but for its ids."""
    stream = io.BytesIO()
    figure.savefig(stream, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return stream.getvalue()


def draw_evaluation(found: Evaluation, kind: str) -> bytes:
    """Precision, recall and F1 by threshold; every pair thin, one-to-one thick. Raises UsageError."""
    figure = new_figure(kind)
    axes = figure.add_subplot()
    at = [step.threshold for step in found.steps]
    for name, colour in (("precision", "tab:red"), ("recall", "tab:blue"), ("f1", "black")):
        label = name.replace("f1", "F1")
        axes.plot(
            at,
            [getattr(step.pairs, name) for step in found.steps],
            color=colour,
            linewidth=0.8,
            linestyle="--",
        )
        axes.plot(at, [getattr(step.one_to_one, name) for step in found.steps], color=colour, label=label)
    axes.axvline(found.agreed, color="grey", linestyle=":", linewidth=1)
    axes.set(xlabel="threshold (dotted: agreed)", ylabel="one-to-one; dashed: every pair", ylim=(0, 1.02))
    figure.legend(loc="outside upper center", ncols=3)
    return written(figure, kind)
