"""ECDH PSI: which keys two units both have, and nothing of the others; or only how many.

SPEC.md says what each party learns, and describes every step.
"""

from protocols.ecdh_psi.parameters import Parameters
from protocols.ecdh_psi.result import Intersection
from protocols.ecdh_psi.unit import Alice, Bob, Unit

__all__ = ["Alice", "Bob", "Intersection", "Parameters", "Unit"]
