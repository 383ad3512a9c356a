"""Noise: drawn for a unit's table by OpenDP, from the operating system's generator, and handed to its role."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from pplink.errors import UnavailableError
from protocols.paillier_stats import Parameters, scales


def drawn(parameters: Parameters) -> list[list[int]]:
    """Noise of each number of each cell: discrete Laplace (OpenDP's `make_laplace` on whole numbers), cut.

    Fresh at each call; whoever calls it must not keep it. Raises MisuseError if no noise was agreed, and
    UnavailableError without OpenDP.
    """
    columns = [_column(parameters, measure, scale) for measure, scale in enumerate(scales(parameters))]
    return [list(cell) for cell in zip(*columns, strict=True)]


def _column(parameters: Parameters, measure: int, scale: Fraction) -> list[int]:
    dp = library()
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    noise = dp.m.make_laplace(*space, scale=float(scale))([0] * parameters.cells)
    most = parameters.shift(measure)
    return [max(-most, min(most, int(number))) for number in noise]


def library() -> Any:
    """OpenDP. Raises UnavailableError without it."""
    try:
        import opendp.prelude as dp
    except ImportError as error:  # pragma: no cover
        raise UnavailableError("noise needs OpenDP", "pip install 'pplink[noise]'") from error
    dp.enable_features("contrib")
    return dp
