"""A second implementation of ecdh_psi_sum, slow and plain, written from SPEC.md, FORMAT.md and RFC 9496 alone.

It plays both roles: `frames` gives what each link carries, `results` what each unit learns.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import ModuleType

from tests.protocols.plain_bytes import PREFIX, derive, frame, h, keystream, le, pieces, sized

PARTIES = ("alice", "bob")
Numbers = tuple[int, ...]


@dataclass
class Run:
    """Inputs as in SPEC.md's table."""

    group: ModuleType
    alice: list[bytes]
    bob: list[tuple[bytes, Numbers]]
    p: int
    q: int
    seeds: dict[str, bytes]
    session: bytes
    reveal: int
    sums: int
    bits: int
    least: int
    capacity: int
    step: int
    quota: int
    block: int
    links: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    results: dict[str, tuple[int | None, Numbers | None]] = field(default_factory=dict)

    def secret(self, name: str, what: str, context: bytes, blocks: int = 1) -> bytes:
        return derive(self.seeds[name], f"ecdh_psi_sum {name} {what}", context, blocks)

    def nonce(self, name: str, what: str, number: int) -> int:
        n = self.p * self.q
        words = -(-(n.bit_length() + 128) // 64)
        wide = keystream(self.secret(name, what, self.bound), 8 * words, number)
        return 1 + int.from_bytes(wide, "little") % (n - 1)

    def encrypted(self, plain: int, random: int) -> int:
        n = self.p * self.q
        return (1 + plain * n) * pow(random, n, n * n) % (n * n)

    def decrypted(self, cipher: int) -> int:
        n, phi = self.p * self.q, (self.p - 1) * (self.q - 1)
        return (pow(cipher, phi, n * n) - 1) // n * pow(phi, -1, n) % n

    def text(self, cipher: int) -> bytes:
        return le(cipher, 8 * -(-2 * (self.p * self.q).bit_length() // 64))

    def send(self, sender: str, number: int, body: bytes, bound: bytes = b"") -> None:
        recipient = PARTIES[1 - PARTIES.index(sender)]
        link = self.links.setdefault((sender, recipient), [])
        ends = PARTIES.index(sender), PARTIES.index(recipient)
        link.append(frame("ecdh_psi_sum/1", self.session, ends, (number, len(link)), body, bound))

    def blocks(self, sender: str, number: int, parts: list[bytes]) -> None:
        for n in range(-(-len(parts) // self.block)):
            body = b"".join(parts[n * self.block : (n + 1) * self.block])
            self.send(sender, number, le(n) + body, self.bound)

    def greet(self) -> None:
        listed = [
            self.reveal,
            self.sums,
            self.bits,
            self.least,
            self.capacity,
            self.step,
            self.quota,
            self.block,
        ]
        parameters = h("ecdh_psi_sum parameters", b"".join(map(le, listed)), le(self.p * self.q, 1024))
        self.values: dict[bytes, Numbers] = {}
        for item, numbers in self.bob:
            old = self.values.get(item, (0,) * self.sums)
            self.values[item] = tuple(a + b for a, b in zip(old, numbers, strict=True))
        self.different = {"alice": list(dict.fromkeys(self.alice)), "bob": list(self.values)}
        bound_to = {
            "alice": sized(*sorted(self.different["alice"])),
            "bob": b"".join(sized(x) + b"".join(map(le, self.values[x])) for x in sorted(self.values)),
        }
        self.size = {
            name: max(1, -(-len(items) // self.step)) * self.step for name, items in self.different.items()
        }
        hellos = {}
        for name in PARTIES:
            commitment = h("commitment", self.secret(name, "salt", self.session), bound_to[name])
            nonce = self.secret(name, "nonce", self.session)
            hellos[name] = (parameters, le(self.size[name]), commitment, nonce)
            self.send(name, 1, b"".join(hellos[name]))
        self.bound = h("ecdh_psi_sum binding", self.session, *hellos["alice"], *hellos["bob"])

    def shuffled(self, name: str) -> list[tuple[int, bytes]]:
        """Places in the list before it was shuffled, and elements."""
        g, points = self.group, []
        for item in self.different[name]:
            text = sized(PREFIX + b"ecdh_psi_sum item", self.bound, item)
            points.append(g.encode(g.times(self.scalar[name], g.from_uniform(hashlib.sha512(text).digest()))))
        size = self.size[name]
        random = keystream(self.secret(name, "dummies", self.bound), 64 * (size - len(points)))
        points += [g.encode(g.from_uniform(piece)) for piece in pieces(random, 64)]
        order = pieces(keystream(self.secret(name, "order", self.bound), 8 * size), 8)
        return sorted(enumerate(points), key=lambda pair: int.from_bytes(order[pair[0]], "little"))

    def tags(self, elements: list[bytes], name: str) -> list[bytes]:
        g = self.group
        return [g.encode(g.times(self.scalar[name], g.decode(element)))[:16] for element in elements]

    def frames(self) -> dict[tuple[str, str], list[bytes]]:
        self.greet()
        g = self.group
        self.scalar = {
            name: int.from_bytes(self.secret(name, "scalar", self.bound, 2), "little") % g.ORDER
            for name in PARTIES
        }
        lists = {name: self.shuffled(name) for name in PARTIES}
        slot = self.bits + self.capacity.bit_length()
        ciphers = []
        for place, (before, _) in enumerate(lists["bob"]):
            known = before < len(self.values)
            numbers = self.values[self.different["bob"][before]] if known else (0,) * self.sums
            plain = sum(number << slot * k for k, number in enumerate(numbers))
            ciphers.append(self.encrypted(plain, self.nonce("bob", "nonces", place)))
        self.blocks("alice", 2, [element for _, element in lists["alice"]])
        rows = zip(lists["bob"], ciphers, strict=True)
        self.blocks("bob", 3, [element + self.text(cipher) for (_, element), cipher in rows])
        returned = sorted(self.tags([element for _, element in lists["alice"]], "bob"))
        self.blocks("bob", 4, returned)
        theirs = self.tags([element for _, element in lists["bob"]], "alice")
        common = [place for place, tag in enumerate(theirs) if tag in returned]
        self.add_up(common, ciphers, slot)
        return self.links

    def add_up(self, common: list[int], ciphers: list[int], slot: int) -> None:
        size, n = len(common), self.p * self.q
        if size < self.least:
            self.send("alice", 5, le(0), self.bound)
            self.results = {"alice": (size, None), "bob": (None, None)}
            return
        cipher = self.encrypted(0, self.nonce("alice", "nonce of the sum", 0))
        for place in common:
            cipher = cipher * ciphers[place] % (n * n)
        self.send("alice", 5, le(size) + self.text(cipher), self.bound)
        plain = self.decrypted(cipher)
        sums = tuple(plain >> slot * k & (1 << slot) - 1 for k in range(self.sums))
        if self.reveal == 1:
            self.send("bob", 6, b"".join(le(each, 16) for each in sums), self.bound)
        self.results = {"alice": (size, sums if self.reveal == 1 else None), "bob": (size, sums)}
