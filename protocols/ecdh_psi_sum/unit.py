"""Unit: what Alice's and Bob's roles share."""

from __future__ import annotations

from typing import ClassVar

from protocols.ecdh_psi_sum.messages import MESSAGES
from protocols.ecdh_psi_sum.parameters import PARTIES, PROTOCOL, Parameters
from protocols.masked_lists import Lister


class Unit(Lister):
    """A unit's role; `result` at the end."""

    PROTOCOL = PROTOCOL
    PARTIES = PARTIES
    MESSAGES = MESSAGES
    TWICE: ClassVar[str] = "C8"
    parameters: Parameters
