"""Draws how time and memory of the join grow: results/join_scale.json becomes results/join_scale.svg.

    python -m benchmarks.join_plot

Both axes are logarithmic. The dashed line is what the planner expects of comparing every pair.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import ceil, floor, log10

from benchmarks.report import RESULTS

WIDE, HIGH, MARGIN, GAP = 420, 320, 60, 60
Points = list[tuple[float, float]]


def panel(at: int, title: str, lines: Sequence[tuple[str, str, Points]]) -> str:
    """One plot; lines: (name, style, points)."""
    points = [point for _, _, some in lines for point in some]
    low = [floor(log10(min(point[axis] for point in points))) for axis in (0, 1)]
    high = [max(low[axis] + 1, ceil(log10(max(point[axis] for point in points)))) for axis in (0, 1)]

    def place(x: float, y: float) -> tuple[float, float]:
        across = (log10(x) - low[0]) / (high[0] - low[0]) * WIDE
        up = (log10(y) - low[1]) / (high[1] - low[1]) * HIGH
        return at + across, MARGIN + HIGH - up

    parts = [f'<text x="{at + WIDE / 2}" y="{MARGIN - 20}" text-anchor="middle">{title}</text>']
    for power in range(low[0], high[0] + 1):
        x, y = place(10**power, 10 ** low[1])
        parts.append(f'<path d="M{x:.1f} {y:.1f}V{MARGIN}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{10**power:,}</text>')
    for power in range(low[1], high[1] + 1):
        x, y = place(10 ** low[0], 10**power)
        parts.append(f'<path d="M{x:.1f} {y:.1f}H{at + WIDE}" stroke="#ddd"/>')
        parts.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>')
    for name, style, some in lines:
        places = [place(*point) for point in some]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path d="M{path}" fill="none" stroke="#134" stroke-width="2" {style}/>')
        x, y = places[-1]
        parts.append(f'<text x="{x - 6:.1f}" y="{y - 8:.1f}" text-anchor="end">{name}</text>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#134"/>' for x, y in places]
    return "\n".join(parts)


def main() -> None:
    """Draw."""
    (title, rows), *_ = json.loads((RESULTS / "join_scale.json").read_text()).items()

    def column(name: str) -> Points:
        numbers = [(row["rows a side"], row[name]) for row in rows]
        return sorted((float(x.replace(",", "")), float(y.replace(",", ""))) for x, y in numbers)

    time = [
        ("comparing every pair", 'stroke-dasharray="5"', column("s planned if exact")),
        ("measured", "", column("s")),
    ]
    plots = [
        panel(MARGIN, "seconds by rows a side", time),
        panel(MARGIN + WIDE + 2 * GAP, "peak MiB by rows a side", [("measured", "", column("peak MiB"))]),
    ]
    wide, high = 2 * (MARGIN + WIDE) + 2 * GAP, HIGH + 2 * MARGIN + 20
    whole = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" font-family="sans-serif"',
        ' font-size="12"><rect width="100%" height="100%" fill="white"/>',
        *plots,
        f'<text x="{wide / 2}" y="{high - 12}" text-anchor="middle">{title}</text></svg>',
    ]
    (RESULTS / "join_scale.svg").write_text("\n".join(whole) + "\n")


if __name__ == "__main__":
    main()
