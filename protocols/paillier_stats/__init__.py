"""Paillier statistics: counts, sums and cross-tables over units, where nobody sees another's table or a small cell.

SPEC.md says what each party learns, and describes every step.
"""

from protocols.paillier_stats.broker import Broker
from protocols.paillier_stats.keeper import Keeper
from protocols.paillier_stats.noise import Account, scales
from protocols.paillier_stats.parameters import UNITS, Parameters
from protocols.paillier_stats.result import Totals
from protocols.paillier_stats.unit import Unit
from protocols.primitives.paillier import SecretKey

__all__ = ["UNITS", "Account", "Broker", "Keeper", "Parameters", "SecretKey", "Totals", "Unit", "scales"]
