from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pplink.session import noise
from protocols.errors import MisuseError
from protocols.paillier_stats import Account, Parameters, Unit
from tests.protocols.paillier_key import KEY

MODULUS = KEY.modulus


def agreed(**options: Any) -> Parameters:
    return Parameters(
        modulus=MODULUS, **{"cells": 4000, "epsilon": Fraction(1, 2), "most_noise": 60} | options
    )


def test_noise_spreads_as_epsilon_says() -> None:
    """Means of |x| of a discrete Laplace distribution of scale 4 and 40; 4,000 draws are off by a few per cent."""
    found = np.abs(noise.drawn(agreed(sums=1, largest=10, touches=2, epsilon=Fraction(1))))
    for column, scale in zip(found.T, (4, 40), strict=True):
        q = np.exp(-1 / scale)
        assert column.mean() == pytest.approx(2 * q / (1 - q * q), rel=0.12)


def test_noise_is_cut_where_agreed_and_centred() -> None:
    found = np.array(noise.drawn(agreed(most_noise=3)))
    assert found.shape == (4000, 1)
    assert found.min() == -3
    assert found.max() == 3
    assert abs(found.mean()) < 0.3


def test_noise_is_fresh() -> None:
    assert noise.drawn(agreed()) != noise.drawn(agreed())


def test_a_unit_takes_what_is_drawn() -> None:
    p = agreed(cells=3, sums=2)
    table, account = [[1, 2, 3]] * 3, Account(budget=Fraction(1))
    unit = Unit(
        "unit1", session=bytes(32), parameters=p, table=table, noise=noise.drawn(p), account=account, seed=bytes(32),
        spent=set(),
    )  # fmt: skip
    unit.begin()
    assert account.spent == Fraction(1, 2)


def test_no_noise_is_drawn_where_none_was_agreed() -> None:
    with pytest.raises(MisuseError):
        noise.drawn(Parameters(modulus=MODULUS))
