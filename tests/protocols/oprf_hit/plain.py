"""A second implementation of oprf_hit, slow and plain, written from SPEC.md, FORMAT.md and the RFCs alone.

Numbers are Python integers, the filter is a Python set, codes are texts of 0 and 1. It plays both roles.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import ModuleType

from tests.protocols.plain_bytes import derive, frame, h, keystream, le

PARTIES = ("asker", "holder")


def sized(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


@dataclass
class Run:
    """Inputs as in SPEC.md; queries: keys, case and basis. `secret` is a number."""

    group: ModuleType
    entries: list[bytes]
    queries: list[tuple[list[bytes], str, str]]
    secret: int
    seeds: dict[str, bytes]
    session: bytes
    verifiable: int
    capacity: int
    false_bits: int
    step: int
    keys: int
    quota: int
    chunk: int
    update: tuple[int, list[bytes]] | None = None
    """After so many queries, another list."""
    links: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    hits: list[tuple[bool, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bits = self.false_bits + (self.capacity - 1).bit_length()
        self.context = b"OPRFV1-" + bytes([self.verifiable]) + b"-ristretto255-SHA512"
        self.public = self.group.encode(self.group.times(self.secret, self.group.BASE))
        self.drawn = 0

    # ---- the function

    def scalar(self, text: bytes) -> int:
        wide = self.group.expand(text, b"HashToScalar-" + self.context)
        return int.from_bytes(wide, "little") % self.group.ORDER

    def element(self, key: bytes) -> object:
        return self.group.from_uniform(self.group.expand(key, b"HashToGroup-" + self.context))

    def output(self, key: bytes) -> bytes:
        point = self.group.encode(self.group.times(self.secret, self.element(key)))
        return hashlib.sha512(sized(key) + sized(point) + b"Finalize").digest()

    def proof(self, asked: list[bytes], answered: list[bytes]) -> bytes:
        g = self.group
        seed = hashlib.sha512(sized(self.public) + sized(b"Seed-" + self.context)).digest()
        m = (0, 1, 1, 0)
        for i, (c, d) in enumerate(zip(asked, answered, strict=True)):
            weight = self.scalar(sized(seed) + i.to_bytes(2, "big") + sized(c) + sized(d) + b"Composite")
            m = g.add(g.times(weight, g.decode(c)), m)
        told = h("oprf_hit proven", b"".join(asked), b"".join(answered))
        wide = derive(self.seeds["holder"], "oprf_hit proof", self.bound + told, 2)
        r = int.from_bytes(wide, "little") % g.ORDER
        parts = [m, g.times(self.secret, m), g.times(r, g.BASE), g.times(r, m)]
        text = sized(self.public) + b"".join(sized(g.encode(part)) for part in parts) + b"Challenge"
        c = self.scalar(text)
        return le(c, 32) + le((r - c * self.secret) % g.ORDER, 32)

    # ---- the filter

    def numbers(self, entries: list[bytes]) -> set[int]:
        return {
            int.from_bytes(h("oprf_hit value", self.bound, self.output(key))[:8], "little") % 2**self.bits
            for key in entries
        }

    def size(self, entries: list[bytes]) -> int:
        return max(1, -(-len(set(entries)) // self.step)) * self.step

    def fill(self, real: set[int], dummies: list[int], size: int) -> list[int]:
        dummies = [x for x in dummies if x not in real][: size - len(real)]
        key = derive(self.seeds["holder"], "oprf_hit dummies", self.bound)
        while missing := size - len(real) - len(dummies):
            words = keystream(key, 8 * missing, self.drawn)
            self.drawn += 1
            for at in range(0, len(words), 8):
                x = int.from_bytes(words[at : at + 8], "little") % 2**self.bits
                if x not in real and x not in dummies:
                    dummies.append(x)
        return dummies

    def code(self, numbers: list[int], before: int, r: int) -> bytes:
        bits = ""
        for x in numbers:
            gap, before = x - before - 1, x
            bits += "1" * (gap >> r) + "0" + "".join(str(gap >> i & 1) for i in range(r))
        bits += "0" * (-len(bits) % 64)
        return b"".join(le(int(bits[at : at + 64][::-1], 2)) for at in range(0, len(bits), 64))

    # ---- the run

    def send(self, sender: str, number: int, body: bytes, bound: bytes = b"") -> None:
        recipient = PARTIES[1 - PARTIES.index(sender)]
        link = self.links.setdefault((sender, recipient), [])
        ends = PARTIES.index(sender), PARTIES.index(recipient)
        link.append(frame("oprf_hit/1", self.session, ends, (number, len(link)), body, bound))

    def frames(self) -> dict[tuple[str, str], list[bytes]]:
        listed = [
            self.verifiable,
            self.capacity,
            self.false_bits,
            self.step,
            self.keys,
            self.quota,
            self.chunk,
        ]
        public = self.public if self.verifiable else bytes(32)
        parameters = h("oprf_hit parameters", b"".join(map(le, listed)) + public)
        nonce = {
            name: derive(seed, f"oprf_hit {name} nonce", self.session) for name, seed in self.seeds.items()
        }
        salt = derive(self.seeds["holder"], "oprf_hit holder salt", self.session)
        outputs = sorted({self.output(key) for key in self.entries})
        commitment, size = h("commitment", salt, b"".join(outputs)), self.size(self.entries)
        self.bound = h(
            "oprf_hit binding",
            parameters,
            self.session,
            nonce["asker"],
            nonce["holder"],
            le(size),
            commitment,
        )
        self.send("asker", 1, parameters + nonce["asker"])
        self.send("holder", 2, parameters + le(size) + commitment + nonce["holder"])
        real = self.numbers(self.entries)
        dummies = self.fill(real, [], size)
        everything, before = sorted(real | set(dummies)), -1
        r = (2**self.bits // size).bit_length() - 1
        for chunk in range(-(-size // self.chunk)):
            part = everything[chunk * self.chunk : (chunk + 1) * self.chunk]
            self.send("holder", 3, le(chunk) + self.code(part, before, r), self.bound)
            before = part[-1]
        for number, (keys, case, basis) in enumerate(self.queries):
            if self.update and self.update[0] == number:
                self.change(set(everything), real, dummies, self.update[1])
                everything = sorted(self.filter)
            self.query(number, keys, case, basis)
            self.hits.append(tuple(next(iter(self.numbers([key]))) in everything for key in keys))
        self.send("asker", 7, le(len(self.queries)), self.bound)
        return self.links

    def change(self, old: set[int], real: set[int], dummies: list[int], entries: list[bytes]) -> None:
        real = self.numbers(entries)
        dummies = self.fill(real, dummies, max(len(old), self.size(entries)))
        self.filter = real | set(dummies)
        gone, come = sorted(old - self.filter), sorted(self.filter - old)
        self.send("holder", 6, le(0) + le(len(gone)) + b"".join(map(le, gone + come)), self.bound)

    def query(self, number: int, keys: list[bytes], case: str, basis: str) -> None:
        g = self.group
        wide = keystream(derive(self.seeds["asker"], "oprf_hit blinds", self.bound), 128 * self.keys, number)
        pieces = [wide[at : at + 64] for at in range(0, len(wide), 64)]
        points = [
            g.times(int.from_bytes(pieces[i], "little"), self.element(key)) for i, key in enumerate(keys)
        ]
        points += [g.from_uniform(pieces[self.keys + i]) for i in range(len(keys), self.keys)]
        asked = [g.encode(point) for point in points]
        answered = [g.encode(g.times(self.secret, point)) for point in points]
        purpose = case.encode().ljust(64, b"\0") + basis.encode().ljust(192, b"\0")
        self.send("asker", 4, le(number) + purpose + b"".join(asked), self.bound)
        proof = self.proof(asked, answered) if self.verifiable else bytes(64)
        self.send("holder", 5, le(number) + proof + b"".join(answered), self.bound)
