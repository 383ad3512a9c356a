"""Run: all three roles, and what each link carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from .bytes import PARTIES, commit, derive, frame, h, keystream, le
from .pairs import Pairs, Table

UNITS = ("alice", "bob")
LINKS = (("alice", "bob"), ("bob", "alice"))
Keys = dict[tuple[str, str], bytes]
"""By unit and use."""


@dataclass
class Run(Pairs):
    """Inputs: parameters as in SPEC.md's table; rows as integers of d bits."""

    bits: int
    threshold: Fraction
    rows: dict[str, list[int]]
    seeds: dict[str, bytes]
    session: bytes
    measure: int = 0
    heaviest: int = 0
    most_rows: int = 1 << 20
    side: int = 64
    reveal: int = 0
    scores: int = 0
    quota: int = 10_000
    first_tile: int = 0
    window: int = 2
    alice_variants: int = 1
    bob_variants: int = 1
    layout: int = 0
    batch: int = 1
    pairs: int = 0
    told: int = 0
    openings: int = 0
    sets: int = 1
    places: dict[str, list[int]] = field(default_factory=dict)
    words: dict[str, list[int]] = field(default_factory=dict)
    links: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    hits: list[tuple[int, int]] = field(default_factory=list)
    opened: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.heaviest = self.heaviest or self.bits
        share = self.threshold / 2 if self.measure == 0 else self.threshold / (1 + self.threshold)
        self.share, self.scale = share, share.denominator
        if self.width() - self.zeros() > 16:
            self.scale = 1
            while self.scale < 2 * share.denominator:
                self.scale *= 2
        self.k, self.m = self.width(), self.width() - self.zeros()
        self.cut()
        self.variants = {"alice": self.alice_variants, "bob": self.bob_variants}
        self.pairings = 1 if self.layout else self.alice_variants * self.bob_variants
        self.persons = {u: len(rows) // self.variants[u] for u, rows in self.rows.items()}
        self.cut_levels()

    def send(self, sender: str, recipient: str, number: int, body: bytes, bound: bytes) -> None:
        link = self.links.setdefault((sender, recipient), [])
        ends = PARTIES.index(sender), PARTIES.index(recipient)
        link.append(frame("blinded_broker/2", self.session, ends, (number, len(link)), body, bound))

    def frames(self) -> dict[tuple[str, str], list[bytes]]:
        self.hello()
        self.given = {
            u: derive(self.seeds["dealer"], f"blinded_broker seed for {u}", self.bound) for u in UNITS
        }
        for u in UNITS:
            self.send("dealer", u, 2, self.bound + self.given[u], b"")
        self.blocks = {u: -(-count // self.side) for u, count in self.persons.items()}
        self.tiles = (
            -(-self.pairs // self.batch) if self.layout else self.blocks["alice"] * self.blocks["bob"]
        )
        if self.layout:
            for u, other in LINKS:
                self.send(u, other, 12, b"".join(map(le, self.words[u])), self.bound)
        if self.sets > 1:
            self.proven_tiles()
        else:
            self.plain_tiles()
        if self.layout:
            self.name()
        if self.scores:
            for u, other in LINKS:
                self.send(u, other, 10, self.score_body(u), self.bound)
        return self.links

    def plain_tiles(self) -> None:
        keys = self.keys_of(self.given)
        made = {u: {} for u in UNITS}
        if self.layout:
            self.tile_records("alice", self.first_tile, keys, made)
        else:
            for u in UNITS:
                for block in range(self.variants[u] * self.blocks[u]):
                    made[u][block] = self.records(u, block, keys)
        for tile in range(self.first_tile, self.tiles):
            if self.layout:
                self.tile_records("bob", tile, keys, made)
            self.send("bob", "dealer", 4, le(tile), self.bound)
            tables = self.tables(tile)
            stacks = self.tile(tile, tables, self.parts(tile, tables, made), keys)
            self.tile_frames(tile, stacks, lambda after: self.tile_records("alice", after, keys, made))

    def tables(self, tile: int) -> list[Table]:
        """Of each of a tile's: Alice's and Bob's variant, Alice's and Bob's block of persons."""
        if self.layout:
            return [(0, 0, block, block) for block in self.tile_blocks(tile)]
        i, j = divmod(tile, self.blocks["bob"])
        return [(a, b, i, j) for a in range(self.alice_variants) for b in range(self.bob_variants)]

    def parts(self, tile: int, tables: list[Table], made: dict[str, dict]) -> dict[str, list]:
        """Of each table, each unit's (masked records, masks)."""
        return {
            u: [made[u][self.block_number(u, tile, table[place], table[place + 2])] for table in tables]
            for place, u in enumerate(UNITS)
        }

    def block_number(self, u: str, tile: int, variant: int, block: int) -> int:
        if self.layout:
            return block
        return tile * self.variants[u] + variant if self.sets > 1 else variant * self.blocks[u] + block

    def keys_of(self, seeds: dict[str, bytes]) -> Keys:
        return {
            (u, use): derive(seeds[u], f"blinded_broker {u} {use}", self.bound)
            for u in UNITS
            for use in ("records", "tiles")
        }

    # ---- the dealer's proof

    def proven_tiles(self) -> None:
        self.toss(self.first_tile)
        for tile in range(self.first_tile, self.tiles):
            tables = self.tables(tile)
            keys = self.draw(tile, tables)
            made = {u: {n: self.records(u, n, keys) for n in self.numbers(u, tile)} for u in UNITS}
            stacks = self.tile(tile, tables, self.parts(tile, tables, made), keys)
            self.tile_frames(tile, stacks, self.toss)

    def numbers(self, u: str, tile: int) -> range:
        """A unit's blocks in a tile."""
        v = self.variants[u]
        return self.tile_blocks(tile) if self.layout else range(tile * v, (tile + 1) * v)

    def nonce(self, u: str, tile: int) -> bytes:
        return derive(self.seeds[u], f"blinded_broker {u} coin", self.bound + le(tile))

    def toss(self, tile: int) -> None:
        if tile < self.tiles:
            commitment = commit(self.nonce("alice", tile), le(tile))
            self.send("alice", "bob", 14, le(tile) + commitment, self.bound)

    def draw(self, tile: int, tables: list[Table]) -> Keys:
        """Steps 4 to 4f, and the keys of the set that is used."""
        seeds = [
            {
                u: derive(self.given[u], f"blinded_broker {u} set", self.bound + le(tile) + le(c))
                for u in UNITS
            }
            for c in range(self.sets)
        ]
        marks = b"".join(self.marks(tile, c, tables, seeds[c]) for c in range(self.sets))
        told = h("blinded_broker sets", le(tile), marks)
        nonces = [self.nonce(u, tile) for u in UNITS]
        coin = h("blinded_broker coin", self.bound, le(tile), *nonces)
        drawn = int.from_bytes(coin[:8], "little") % self.sets
        opened = {u: b"".join(seeds[c][u] for c in range(self.sets) if c != drawn) for u in UNITS}
        self.send("bob", "dealer", 4, le(tile), self.bound)
        for u in UNITS:
            self.send("dealer", u, 15, le(tile) + marks, self.bound)
        self.send("bob", "alice", 16, le(tile) + told + nonces[1], self.bound)
        self.send("alice", "bob", 17, le(tile) + told + nonces[0] + opened["alice"], self.bound)
        self.send("bob", "alice", 18, le(tile) + opened["bob"], self.bound)
        self.send("bob", "dealer", 19, le(tile) + le(drawn), self.bound)
        return self.keys_of(seeds[drawn])

    def marks(self, tile: int, c: int, tables: list[Table], seeds: dict[str, bytes]) -> bytes:
        """Of one set. Its corrections do not depend on records: masks stand for those here."""
        keys = self.keys_of(seeds)
        masks = {u: {n: [self.mask(u, n, keys)] * 2 for n in self.numbers(u, tile)} for u in UNITS}
        stacks = self.tile(tile, tables, self.parts(tile, tables, masks), keys, count=False)
        place = le(tile) + le(c)
        return (
            commit(seeds["alice"], place)
            + commit(seeds["bob"], place)
            + commit(seeds["bob"], place, self.corrections(stacks))
        )

    def corrections(self, s: dict[str, list]) -> bytes:
        return b"".join(self.write(s[name]) for name in ("v", "digits", "merge", "all") if name in s)

    # ---- greetings and records

    def hello(self) -> bytes:
        t = self.threshold
        numbers = (
            self.bits, t.numerator, t.denominator, self.measure, self.heaviest, self.most_rows, self.side,
            self.reveal, self.scores, self.quota, self.first_tile, self.window, self.alice_variants,
            self.bob_variants, self.layout, self.batch, self.pairs, self.told, self.openings,
            *([self.sets] if self.sets > 1 else []),
        )  # fmt: skip
        parameters = h("blinded_broker parameters", b"".join(map(le, numbers)))
        parts = [parameters, self.session]
        for u in UNITS:
            rows = self.rows[u]
            salt = derive(self.seeds[u], f"blinded_broker {u} salt", self.session)
            nonce = derive(self.seeds[u], f"blinded_broker {u} nonce", self.session)
            shape, data = (
                le(len(rows)) + le(self.bits // 64),
                b"".join(le(row, self.bits // 8) for row in rows),
            )
            commitment = commit(salt, shape, data)
            for other in ("dealer", "bob" if u == "alice" else "alice"):
                self.send(u, other, 1, parameters + le(self.persons[u]) + commitment + nonce, b"")
            parts += [u.encode(), le(self.persons[u]), commitment, nonce]
        self.bound = h("blinded_broker binding", *parts)
        return parameters

    def tile_blocks(self, tile: int) -> range:
        """Of paired blocks."""
        return range(tile * self.batch, min((tile + 1) * self.batch, self.pairs))

    def tile_records(self, u: str, tile: int, keys: Keys, made: dict[str, dict]) -> None:
        if self.layout:
            for block in self.tile_blocks(tile):
                made[u][block] = self.records(u, block, keys)

    def block_rows(self, u: str, block: int) -> list[int]:
        """Numbers of the rows in a block; -1 for none."""
        if self.layout:
            return self.places[u][block * self.side : (block + 1) * self.side]
        a, number = divmod(block, self.blocks[u])
        if self.sets > 1:
            tile, a = divmod(block, self.variants[u])
            number = divmod(tile, self.blocks["bob"])[u == "bob"]
        start = number * self.side
        persons = range(start, min(start + self.side, self.persons[u]))
        return [person * self.variants[u] + a for person in persons]

    def mask(self, u: str, block: int, keys: Keys) -> list[list[int]]:
        """A block's masks: a table [bit][record]."""
        width = -(-len(self.block_rows(u, block)) // 64) * 64
        stream = keystream(keys[u, "records"], 2 * self.bits * width, block)
        numbers = [int.from_bytes(stream[n : n + 2], "little") % 2**self.m for n in range(0, len(stream), 2)]
        return [numbers[b * width : (b + 1) * width] for b in range(self.bits)]

    def records(self, u: str, block: int, keys: Keys) -> tuple[list[list[int]], list[list[int]]]:
        """A block of masked records, which are sent, and of masks, each a table [bit][record]."""
        part = [self.rows[u][row] if row >= 0 else 0 for row in self.block_rows(u, block)]
        mask = self.mask(u, block, keys)
        part = part + [0] * (len(mask[0]) - len(part))
        sums = [
            [((row >> b & 1) + n) % 2**self.m for row, n in zip(part, mask[b], strict=True)]
            for b in range(self.bits)
        ]
        stack = [[[n >> p & 1 for n in row] for row in sums] for p in range(self.m)]
        self.send(u, "bob" if u == "alice" else "alice", 3, le(block) + self.write(stack), self.bound)
        return sums, mask

    def name(self) -> None:
        """Steps 9a: names of hits; after it each pair of persons is there once."""
        for place, (u, other) in enumerate(LINKS):
            names = [hit[place] for hit in self.hits] + [0] * (self.openings - len(self.hits))
            self.send(u, other, 13, b"".join(map(le, names)), self.bound)
        self.hits = list(dict.fromkeys(self.hits))

    def tile_frames(self, tile: int, s: dict[str, list], begin: Callable[[int], None]) -> None:
        """Steps 5 to 11. begin: what Alice begins the next tile with."""

        def send(sender: str, recipient: str, number: int, *names: str) -> None:
            body = le(tile) + b"".join(self.write(s[name]) for name in names if name in s)
            self.send(sender, recipient, number, body, self.bound)

        self.send("dealer", "bob", 5, le(tile) + self.corrections(s), self.bound)
        send("bob", "alice", 6, "c_bob")
        send("alice", "bob", 7, "c_alice", "masked_alice")
        begin(tile + 1)
        if self.pairings > 1:
            send("bob", "alice", 8, "masked_bob", "bob_1")
            self.misses(tile, s)
            return
        send("bob", "alice", 8, "masked_bob", *(["bob_share"] if self.reveal != 2 else []))
        if self.reveal != 1:
            send("alice", "bob", 9, "alice_share")

    def misses(self, tile: int, s: dict[str, list]) -> None:
        """Step 11."""
        last = len(self.groups)
        for n in range(1, last + 2):
            sender, recipient = ("alice", "bob") if n % 2 else ("bob", "alice")
            result = [f"{sender}_any"] if self.reveal in (0, PARTIES.index(recipient) + 1) else []
            names = [f"{sender}_{n}"] if n <= last else result
            names = names + ([f"{sender}_{n + 1}"] if n < last else result if n == last else [])
            if names:
                body = le(tile) + le(n) + b"".join(self.write(s[name]) for name in names)
                self.send(sender, recipient, 11, body, self.bound)

    def score_body(self, u: str) -> bytes:
        words = []
        for rows in self.ordered_hits():
            r = self.opened[rows][0 if u == "alice" else 1]
            row = self.rows[u][rows[0 if u == "alice" else 1]]
            words.append(r + 2**32 * bin(row).count("1"))
        return b"".join(map(le, words + [0] * (self.quota - len(words))))

    def ordered_hits(self) -> list[tuple[int, int]]:
        if self.layout:
            return self.hits
        return sorted(self.hits, key=lambda hit: (hit[0] // self.side, hit[1] // self.side, *hit))
