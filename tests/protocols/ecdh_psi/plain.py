"""A second implementation of ecdh_psi, slow and plain, written from SPEC.md, FORMAT.md and RFC 9496 alone.

It plays both roles: `frames` gives what each link carries, `results` what each unit learns.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import ModuleType

from tests.protocols.plain_bytes import PREFIX, derive, frame, h, keystream, le, pieces, sized

PARTIES = ("alice", "bob")


@dataclass
class Run:
    """Inputs as in SPEC.md's table."""

    group: ModuleType
    items: dict[str, list[bytes]]
    seeds: dict[str, bytes]
    session: bytes
    reveal: int
    size_only: int
    capacity: int
    step: int
    quota: int
    block: int
    links: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    results: dict[str, tuple[int, tuple[int, ...] | None] | None] = field(default_factory=dict)

    def secret(self, name: str, what: str, context: bytes, blocks: int = 1) -> bytes:
        return derive(self.seeds[name], f"ecdh_psi {name} {what}", context, blocks)

    def send(self, sender: str, number: int, body: bytes, bound: bytes = b"") -> None:
        recipient = PARTIES[1 - PARTIES.index(sender)]
        link = self.links.setdefault((sender, recipient), [])
        ends = PARTIES.index(sender), PARTIES.index(recipient)
        link.append(frame("ecdh_psi/1", self.session, ends, (number, len(link)), body, bound))

    def blocks(self, sender: str, number: int, parts: list[bytes]) -> None:
        for n in range(-(-len(parts) // self.block)):
            body = b"".join(parts[n * self.block : (n + 1) * self.block])
            self.send(sender, number, le(n) + body, self.bound)

    def shuffled(self, name: str) -> list[tuple[int, bytes]]:
        """Places in the list before it was shuffled, and elements."""
        g, different = self.group, list(dict.fromkeys(self.items[name]))
        wide = self.secret(name, "scalar", self.bound, 2)
        self.scalar[name] = int.from_bytes(wide, "little") % g.ORDER
        points = []
        for item in different:
            text = sized(PREFIX + b"ecdh_psi item", self.bound, item)
            point = g.from_uniform(hashlib.sha512(text).digest())
            points.append(g.encode(g.times(self.scalar[name], point)))
        size = self.size[name]
        random = keystream(self.secret(name, "dummies", self.bound), 64 * (size - len(points)))
        points += [g.encode(g.from_uniform(piece)) for piece in pieces(random, 64)]
        order = pieces(keystream(self.secret(name, "order", self.bound), 8 * size), 8)
        return sorted(enumerate(points), key=lambda pair: int.from_bytes(order[pair[0]], "little"))

    def frames(self) -> dict[tuple[str, str], list[bytes]]:
        g = self.group
        listed = [self.reveal, self.size_only, self.capacity, self.step, self.quota, self.block]
        parameters = h("ecdh_psi parameters", b"".join(map(le, listed)))
        self.size = {
            n: max(1, -(-len(set(items)) // self.step)) * self.step for n, items in self.items.items()
        }
        hellos = {}
        for name in PARTIES:
            salt = self.secret(name, "salt", self.session)
            commitment = h("commitment", salt, sized(*sorted(set(self.items[name]))))
            nonce = self.secret(name, "nonce", self.session)
            hellos[name] = (parameters, le(self.size[name]), commitment, nonce)
            self.send(name, 1, b"".join(hellos[name]))
        self.bound = h("ecdh_psi binding", self.session, *hellos["alice"], *hellos["bob"])
        self.scalar: dict[str, int] = {}
        lists = {name: self.shuffled(name) for name in PARTIES}
        tags = {}
        for name, other in (PARTIES, PARTIES[::-1]):
            self.blocks(name, 2, [element for _, element in lists[name]])
            scalar = self.scalar[other]
            tags[name] = [g.encode(g.times(scalar, g.decode(element)))[:16] for _, element in lists[name]]
        for name, other in (PARTIES, PARTIES[::-1]):
            self.results[name] = None
            if self.reveal in (0, 1 + PARTIES.index(name)):
                self.blocks(other, 3, sorted(tags[name]) if self.size_only else tags[name])
                self.results[name] = self.learned(name, lists[name], tags[name], set(tags[other]))
        return self.links

    def learned(
        self, name: str, places: list[tuple[int, bytes]], mine: list[bytes], theirs: set[bytes]
    ) -> tuple[int, tuple[int, ...] | None]:
        different = list(dict.fromkeys(self.items[name]))
        common = {different[place] for (place, _), tag in zip(places, mine, strict=True) if tag in theirs}
        which = tuple(n for n, item in enumerate(self.items[name]) if item in common)
        return len(common), None if self.size_only else which
