"""OPRF hit: is this person on your list? The asker learns yes or no, the holder that somebody asked.

SPEC.md says what each party learns, and describes every step.
"""

from protocols.oprf_hit.asker import Asker, Kept, Query
from protocols.oprf_hit.holder import Holder
from protocols.oprf_hit.oprf import key_pair
from protocols.oprf_hit.parameters import Parameters
from protocols.oprf_hit.purpose import Purpose
from protocols.oprf_hit.watchlist import Watchlist, prepared

__all__ = ["Asker", "Holder", "Kept", "Parameters", "Purpose", "Query", "Watchlist", "key_pair", "prepared"]
"""Start with `prepared`; a session is an Asker and a Holder."""
