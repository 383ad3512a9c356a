"""Cast: what plans have in common: which party has which role, and the pool that roles share their work among."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pplink.errors import PeerError
from pplink.session.plan import Brought
from pplink.session.post import Post

Same = TypeVar("Same", bound="Cast")
Inputs = TypeVar("Inputs")


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Parties that have a role each, hear all others, and need tell each other nothing before; see `plan.Plan`."""

    parties: Mapping[str, str]
    """By role."""
    parameters: Any
    """The protocol's."""

    @property
    def longest(self) -> int:
        """See `plan.Plan`."""
        return int(self.parameters.longest_frame())

    @property
    def way(self) -> str:
        """See `plan.Plan`."""
        return ""

    def party_of(self, role: str) -> str:
        """See `plan.Plan`."""
        return self.parties[role]

    def role_of(self, party: str) -> str:
        """See `plan.Plan`."""
        return next(role for role, name in self.parties.items() if name == party)

    def hears(self, party: str) -> tuple[str, ...]:
        """See `plan.Plan`."""
        return tuple(name for name in self.parties.values() if name != party)

    def ready(self: Same, post: Post, brought: Brought | None) -> Same:
        """See `plan.Plan`."""
        del post, brought
        return self

    def given(self, session: bytes, seed: bytes) -> dict[str, Any]:
        """What every role takes. No note of used seeds is kept here: a seed grows from the session's name, which is
        new each time, and within a session the transcript lets nothing else be sent twice."""
        return {"session": session, "parameters": self.parameters, "seed": seed, "spent": set()}

    def check_sizes(self, told: Mapping[str, int], joined: Mapping[str, int], what: str) -> None:
        """Raise PeerError if units, by role, tell another size than they joined with. what: of which there are so
        many."""
        for role, size in told.items():
            if size != joined[role]:
                raise PeerError(
                    f"{self.parties[role]} brought {size:,} {what}, and had joined with {joined[role]:,}",
                    "nothing more was sent; keep the session's folder, and ask them",
                )


def inputs_as(kind: type[Inputs], brought: object) -> Inputs:
    """What a unit brings, as its protocol takes it. Raises TypeError, by a fault of ours, for another protocol's."""
    if not isinstance(brought, kind):
        raise TypeError("inputs of another protocol")
    return brought


@cache
def pool() -> ThreadPoolExecutor:
    """Threads that share multiplications, for which the library lets go of Python's lock."""
    return ThreadPoolExecutor(min(os.cpu_count() or 1, 16))
