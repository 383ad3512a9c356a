"""ECDH PSI of many: which keys all of three to eight units have, through a broker that learns counts alone.

SPEC.md says what each party learns, and describes every step.
"""

from protocols.ecdh_psi_many.broker import Broker
from protocols.ecdh_psi_many.parameters import UNITS, Parameters
from protocols.ecdh_psi_many.result import Intersection
from protocols.ecdh_psi_many.unit import Unit

__all__ = ["UNITS", "Broker", "Intersection", "Parameters", "Unit"]
