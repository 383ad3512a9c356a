"""Cases: sessions of oprf_hit on small lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from protocols.oprf_hit import Asker, Holder, Parameters, Purpose, Query, key_pair, prepared
from protocols.role import Role

SEED = bytes(range(32))
LIST = tuple(f"person {number}".encode() for number in range(13))
ASKED = ((b"person 3", b"somebody"), (b"nobody",), (b"person 0", b"person 12"))
PURPOSE = Purpose(case="2026/117-Ä", basis="Art. 9 (2) Regulation")
SMALL = {"capacity": 32, "step": 8, "keys": 2, "quota": 3, "chunk": 8}


def query(*keys: bytes, purpose: Purpose = PURPOSE) -> Query:
    return Query(keys=keys, purpose=purpose)


def parameters(verifiable: bool = True, **options: Any) -> Parameters:
    public = key_pair(SEED, b"test", verifiable)[1] if verifiable else b""
    return Parameters(**{"public_key": public, **SMALL, **options})


def session(
    seed_of: Callable[[str, int], bytes],
    *,
    entries: Sequence[bytes] = LIST,
    asked: Sequence[Sequence[bytes]] = ASKED,
    verifiable: bool = True,
    stay: bool = False,
    permits: Callable[[Purpose], bool] = lambda _: True,
    **options: Any,
) -> dict[str, Any]:
    """A case's fields: who asks what, and what each role must find."""
    agreed = parameters(verifiable, **options)
    watchlist = prepared(entries, key_pair(SEED, b"test", verifiable)[0], verifiable)
    queries = [query(*keys) for keys in asked]

    def make(session: bytes = bytes(range(32)), run: int = 0) -> list[Role]:
        asker, holder = (
            {"session": session, "parameters": agreed, "seed": seed_of(name, run), "spent": set()}
            for name in ("asker", "holder")
        )
        return [
            Asker(queries=queries, stay=stay, **asker),
            Holder(watchlist=watchlist, permits=permits, **holder),
        ]

    hits = tuple(tuple(key in entries for key in keys) for keys in asked)
    return {
        "protocol": "oprf_hit",
        "make": make,
        "answers": {"asker": hits, "holder": (PURPOSE,) * len(asked)},
        "result": lambda role: role.result,
    }
