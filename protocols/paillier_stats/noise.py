"""Noise: how much of it hides one person, and an account of what was spent. It is drawn elsewhere and handed in.

Each unit adds the whole noise of a discrete Laplace distribution (Ghosh, Roughgarden, Sundararajan 2009) to its own
table, so that its persons are protected from everybody else, whoever puts together what.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from protocols.errors import MisuseError, RefusedError
from protocols.paillier_stats.parameters import Parameters


def scales(parameters: Parameters) -> tuple[Fraction, ...]:
    """Of each measure, the scale of the noise on each of its numbers: chance of x proportional to exp(-|x| / scale).

    epsilon is shared equally by a cell's measures. Raises MisuseError if no noise was agreed.
    """
    if parameters.epsilon is None:
        raise MisuseError("no noise was agreed")
    each = parameters.touches * parameters.measures / parameters.epsilon
    return (each, *[each * parameters.largest] * parameters.sums)


@dataclass(kw_only=True)
class Account:
    """A unit's budget under one agreement, kept by the caller for good: epsilons of runs add up."""

    budget: Fraction
    spent: Fraction = Fraction(0)

    def charge(self, epsilon: Fraction) -> None:
        """Raise RefusedError, and charge nothing, if that is more than is left."""
        if self.spent + epsilon > self.budget:
            raise RefusedError("the budget for noisy tables is spent", "agree anew, or ask less often")
        self.spent += epsilon
