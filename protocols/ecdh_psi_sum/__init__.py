"""ECDH PSI sum: how many keys two units both have, and what one of them has to them, added up; and no more.

SPEC.md says what each party learns, and describes every step.
"""

from protocols.ecdh_psi_sum.alice import Alice
from protocols.ecdh_psi_sum.bob import Bob
from protocols.ecdh_psi_sum.parameters import Parameters
from protocols.ecdh_psi_sum.result import Sums
from protocols.primitives.paillier import SecretKey

__all__ = ["Alice", "Bob", "Parameters", "SecretKey", "Sums"]
