"""Report: what a benchmark found, printed and kept as Markdown and JSON in benchmarks/results/."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(os.environ.get("BENCHMARK_RESULTS") or Path(__file__).resolve().parent / "results")
Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Headers, rows."""


def write(name: str, text: str | None, tables: Mapping[str, Table], notes: Sequence[str] = ()) -> None:
    """Tables by title, as `results/name.md` and `results/name.json`; the first is also printed."""
    whole = page(name, text, tables, notes)
    print(whole)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.md").write_text(whole)
    figures = {
        title: [dict(zip(headers, row, strict=True)) for row in rows]
        for title, (headers, rows) in tables.items()
    }
    keep(name, figures)


def page(name: str, text: str | None, tables: Mapping[str, Table], notes: Sequence[str] = ()) -> str:
    """The same as Markdown, kept nowhere."""
    parts = [f"# {name}", (text or "").strip(), *notes]
    for title, (headers, rows) in tables.items():
        parts += [f"## {title}", _markdown(headers, rows)]
    parts.append(
        f"Measured on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}."
    )
    return "\n\n".join(parts) + "\n"


def keep(name: str, figures: Mapping[str, Any]) -> None:
    """As `results/name.json`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")


def _markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
