"""Blinded broker: which pairs of two units' rows are alike, with a broker that sees neither rows nor scores.

SPEC.md says what each party learns, and describes every step.
"""

from protocols.blinded_broker.alice import Alice
from protocols.blinded_broker.bob import Bob
from protocols.blinded_broker.dealer import Dealer
from protocols.blinded_broker.hits import Hits
from protocols.blinded_broker.parameters import Parameters
from protocols.blinded_broker.progress import Progress

__all__ = ["Alice", "Bob", "Dealer", "Hits", "Parameters", "Progress"]
