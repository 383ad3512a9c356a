"""Protocols: who is in both lists, computed by parties that keep their lists to themselves.

A building of its own: it knows nothing of pplink, does no I/O, keeps no clock and rolls no dice.
"""

from collections.abc import Mapping

from protocols.blinded_broker import Alice, Bob, Dealer
from protocols.broker_clk import UNITS as CLK_UNITS
from protocols.broker_clk import Broker as ClkBroker
from protocols.broker_clk import Unit as ClkUnit
from protocols.ecdh_psi import Alice as PsiAlice
from protocols.ecdh_psi import Bob as PsiBob
from protocols.ecdh_psi_many import UNITS
from protocols.ecdh_psi_many import Broker as PsiBroker
from protocols.ecdh_psi_many import Unit as PsiUnit
from protocols.ecdh_psi_sum import Alice as SumAlice
from protocols.ecdh_psi_sum import Bob as SumBob
from protocols.oprf_hit import Asker, Holder
from protocols.paillier_stats import UNITS as STATS_UNITS
from protocols.paillier_stats import Broker as StatsBroker
from protocols.paillier_stats import Keeper
from protocols.paillier_stats import Unit as StatsUnit
from protocols.role import Role

PROTOCOLS: Mapping[str, Mapping[str, type[Role]]] = {
    "blinded_broker": {"alice": Alice, "bob": Bob, "dealer": Dealer},
    "broker_clk": {"broker": ClkBroker, **dict.fromkeys(CLK_UNITS, ClkUnit)},
    "ecdh_psi": {"alice": PsiAlice, "bob": PsiBob},
    "ecdh_psi_many": {"broker": PsiBroker, **dict.fromkeys(UNITS, PsiUnit)},
    "ecdh_psi_sum": {"alice": SumAlice, "bob": SumBob},
    "oprf_hit": {"asker": Asker, "holder": Holder},
    "paillier_stats": {"broker": StatsBroker, "keeper": Keeper, **dict.fromkeys(STATS_UNITS, StatsUnit)},
}
"""Roles by protocol and party; what passes tests/protocols/test_every_protocol.py is a protocol."""

__all__ = ["PROTOCOLS"]
