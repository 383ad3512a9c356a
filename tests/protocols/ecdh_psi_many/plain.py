"""A second implementation of ecdh_psi_many, slow and plain, written from SPEC.md, FORMAT.md and RFC 9496 alone.

It plays all roles: `frames` gives what each link carries, `results` what each unit learns. Where what comes
first depends on how fast links are, it does as if all blocks of a step were sent before those of the next.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import ModuleType

from tests.protocols.plain_bytes import PREFIX, derive, frame, h, keystream, le, pieces, sized

PARTIES = ("broker", *(f"unit{number}" for number in range(1, 9)))


@dataclass
class Run:
    """Inputs as in SPEC.md's table; items and seeds of units in their order."""

    group: ModuleType
    items: list[list[bytes]]
    seeds: list[bytes]
    session: bytes
    units: int
    size_only: int
    capacity: int
    step: int
    quota: int
    block: int
    links: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    results: list[tuple[int, tuple[int, ...] | None]] = field(default_factory=list)

    def secret(self, unit: int, what: str, context: bytes, blocks: int = 1) -> bytes:
        return derive(self.seeds[unit], f"ecdh_psi_many unit{unit + 1} {what}", context, blocks)

    def send(self, sender: int, recipient: int, number: int, body: bytes, bound: bytes = b"") -> None:
        link = self.links.setdefault((PARTIES[sender], PARTIES[recipient]), [])
        ends, place = (sender, recipient), (number, len(link))
        link.append(frame("ecdh_psi_many/1", self.session, ends, place, body, bound))

    def own(self, unit: int) -> tuple[list[int], list[bytes]]:
        """Places in the list before it was shuffled, and elements."""
        g, different = self.group, list(dict.fromkeys(self.items[unit]))
        points = []
        for item in different:
            text = sized(PREFIX + b"ecdh_psi_many item", self.bound, item)
            points.append(
                g.encode(g.times(self.scalars[unit], g.from_uniform(hashlib.sha512(text).digest())))
            )
        random = keystream(self.secret(unit, "dummies", self.bound), 64 * (self.sizes[unit] - len(points)))
        points += [g.encode(g.from_uniform(piece)) for piece in pieces(random, 64)]
        words = pieces(keystream(self.secret(unit, "order", self.bound), 8 * len(points)), 8)
        places = sorted(range(len(points)), key=lambda place: int.from_bytes(words[place], "little"))
        return places, [points[place] for place in places]

    def blocks(self, elements: list[bytes]) -> list[list[bytes]]:
        return [elements[at : at + self.block] for at in range(0, len(elements), self.block)]

    def frames(self) -> dict[tuple[str, str], list[bytes]]:
        g, everybody = self.group, range(self.units)
        listed = [self.units, self.size_only, self.capacity, self.step, self.quota, self.block]
        parameters = h("ecdh_psi_many parameters", b"".join(map(le, listed)))
        self.sizes = [max(1, -(-len(set(items)) // self.step)) * self.step for items in self.items]
        hellos = []
        for unit in everybody:
            salt = self.secret(unit, "salt", self.session)
            commitment = h("commitment", salt, sized(*sorted(set(self.items[unit]))))
            hellos.append((le(self.sizes[unit]), commitment, self.secret(unit, "nonce", self.session)))
            self.send(1 + unit, 0, 1, parameters + b"".join(hellos[-1]))
        for unit in everybody:
            self.send(0, 1 + unit, 2, b"".join(b"".join(hello) for hello in hellos))
        parts = [part for hello in hellos for part in hello]
        self.bound = h("ecdh_psi_many binding", parameters, self.session, *parts)
        self.scalars = [
            int.from_bytes(self.secret(unit, "scalar", self.bound, 2), "little") % g.ORDER
            for unit in everybody
        ]
        places, lists = zip(*map(self.own, everybody), strict=True)
        lists = list(lists)
        for hop in everybody:
            for owner in everybody:
                unit = (owner + hop) % self.units
                if hop:
                    for n, part in enumerate(self.blocks(lists[owner])):
                        self.send(0, 1 + unit, 4, le(owner) + le(n) + b"".join(part), self.bound)
                    points = [g.times(self.scalars[unit], g.decode(code)) for code in lists[owner]]
                    lists[owner] = [g.encode(point) for point in points]
                for n, part in enumerate(self.blocks(lists[owner])):
                    self.send(1 + unit, 0, 3, le(owner) + le(n) + b"".join(part), self.bound)
        tags = [[code[:16] for code in codes] for codes in lists]
        self.tell(tags, places, set.intersection(*map(set, tags)))
        return self.links

    def tell(self, tags: list[list[bytes]], places: list[list[int]], common: set[bytes]) -> None:
        for unit, mine in enumerate(tags):
            different = list(dict.fromkeys(self.items[unit]))
            hit = {different[places[unit][n]] for n, tag in enumerate(mine) if tag in common}
            which = tuple(n for n, item in enumerate(self.items[unit]) if item in hit)
            self.results.append((len(common), None if self.size_only else which))
            if self.size_only:
                self.send(0, 1 + unit, 5, le(0) + le(len(common)), self.bound)
                continue
            for n, part in enumerate(self.blocks(mine)):
                bits = sum(1 << i for i, tag in enumerate(part) if tag in common)
                self.send(0, 1 + unit, 5, le(n) + le(bits, 8 * -(-len(part) // 64)), self.bound)
