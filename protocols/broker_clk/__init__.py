"""Broker CLK: the broker gets every unit's encodings, matches them, and sends each unit its hits.

SPEC.md says what each party learns, and describes every step.
"""

from protocols.broker_clk.broker import Broker, Join
from protocols.broker_clk.parameters import UNITS, Parameters
from protocols.broker_clk.result import Hit
from protocols.broker_clk.unit import Unit

__all__ = ["UNITS", "Broker", "Hit", "Join", "Parameters", "Unit"]
