"""Draws how time and memory of the join grow: results/join_scale.json becomes results/join_scale.svg.

    python -m benchmarks.join_plot

Both axes are logarithmic. The dashed line is what the planner expects of comparing every pair.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from matplotlib import rc_context
from matplotlib.figure import Figure

from benchmarks.report import RESULTS

PLOTS = {
    "seconds by rows a side": {"measured": "s", "comparing every pair": "s planned if exact"},
    "peak MiB by rows a side": {"measured": "peak MiB"},
}
"""By title: the lines, and the column that each shows."""


def draw(rows: Sequence[Mapping[str, str]]) -> Figure:
    """A plot beside another; rows: of join_scale's table."""
    figure = Figure(figsize=(10, 4), layout="constrained")

    def column(name: str) -> list[float]:
        return [float(row[name].replace(",", "")) for row in rows]

    for axes, (title, lines) in zip(figure.subplots(1, len(PLOTS)), PLOTS.items(), strict=True):
        for (name, shown), style in zip(lines.items(), ("o-", "--"), strict=False):
            axes.loglog(column("rows a side"), column(shown), style, label=name, nonpositive="mask")
        axes.set_title(title)
        axes.grid(alpha=0.4)
        axes.legend()
    return figure


def main() -> None:
    """Draw."""
    (title, rows), *_ = json.loads((RESULTS / "join_scale.json").read_text()).items()
    figure = draw(rows)
    figure.suptitle(title)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "join_scale"}):  # small, and the same each time
        figure.savefig(RESULTS / "join_scale.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
