"""A second implementation of blinded_broker, slow and plain, written from SPEC.md and FORMAT.md alone.

It knows nothing of the first one: numbers are Python integers, bits are lists, nothing is vectorised.
`frames` plays all three roles and gives what each link carries.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import combinations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = b"pplink protocols v1: "
PARTIES = ("alice", "bob", "dealer")


def le(number: int, size: int = 8) -> bytes:
    return number.to_bytes(size, "little")


def h(label: str, *parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(le(len(p)) + p for p in (PREFIX + label.encode(), *parts))).digest()


def derive(secret: bytes, label: str, context: bytes) -> bytes:
    key = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(key, PREFIX + label.encode() + b"\0" + context + b"\1", "sha256")


def keystream(key: bytes, run: int, size: int) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CTR(run.to_bytes(8, "big") + bytes(8)))
    return cipher.encryptor().update(bytes(size))


@dataclass
class Run:
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

    def width(self) -> int:
        step = self.scale * self.share
        low = max(math.ceil(step * min(self.bits, 2 * self.heaviest)), math.ceil(step * self.heaviest) + 1)
        high = math.ceil((self.scale - 2 * step) * self.heaviest) + 2
        return 1 + max((low - 1).bit_length(), high.bit_length())

    def zeros(self) -> int:
        return len(bin(self.scale)) - len(bin(self.scale).rstrip("0"))

    def cut(self) -> None:
        """Digits, and the products of each kind as tuples of single values."""
        low, best = self.k - 1, None
        for q in range(max(1, -(-low // 5)), min(low, 6) + 1):
            sizes = [low // q + (n < low % q) for n in range(q)]
            digits, start = [], 0
            for size in sizes:
                places = range(start, start + size)
                digits += sorted(sets(places, 2), key=as_number)
                start += size
            equal = range(q - 1)
            merge = sorted(sets(equal, 2), key=as_number)
            for j in range(q - 1):
                merge += [(*s, q - 1 + j) for s in sorted(sets(range(j, q - 1), 1), key=as_number)]
            price = len(digits) + len(merge) + 4 * (q - 1)
            if best is None or price < best[0]:
                best = (price, q, sizes, digits, merge)
        _, self.q, self.sizes, self.digit_products, self.merge_products = best

    def cut_levels(self) -> None:
        """Of each level: its groups, as the numbers of their values; and the products of masks, of all groups."""
        self.groups, self.any_products, n = [], [], self.pairings
        while n > 1:
            count, groups, start = -(-n // 4), [], 0
            for group in range(count):
                size = n // count + (group < n % count)
                groups.append(range(start, start + size))
                start += size
            self.groups.append(groups)
            self.any_products.append([p for each in groups for p in sorted(sets(each, 2), key=as_number)])
            n = count
        self.values = [sum(map(len, groups)) for groups in self.groups]

    # ---- frames

    def send(self, sender: str, recipient: str, number: int, body: bytes, bound: bytes) -> None:
        link = self.links.setdefault((sender, recipient), [])
        header = b"PPM1" + h("protocol", b"blinded_broker/2")[:8] + self.session
        header += le(PARTIES.index(sender), 1) + le(PARTIES.index(recipient), 1) + le(number, 2)
        header += le(len(link)) + le(len(body))
        tag = AESGCM(h("tag", self.session, bound)).encrypt(bytes(12), b"", header + body)
        link.append(header + body + tag)

    # ---- planes: a table of bits is a list of rows, a list of such tables is a stack

    def write(self, stack: list[list[list[int]]]) -> bytes:
        out = b""
        for table in stack:
            for row in table:
                run = len(row) // 16
                pieces = [sum(row[v * run + piece] << v for v in range(16)) for piece in range(run)]
                out += b"".join(le(piece, 2) for piece in pieces)
        return out

    def read(self, data: bytes, height: int, width: int) -> list[list[list[int]]]:
        run, stack = width // 16, []
        for at in range(0, len(data), height * run * 2):
            table = []
            for row in range(height):
                start = at + row * run * 2
                pieces = [
                    int.from_bytes(data[start + 2 * n : start + 2 * n + 2], "little") for n in range(run)
                ]
                table.append([pieces[c % run] >> (c // run) & 1 for c in range(width)])
            stack.append(table)
        return stack

    # ---- the protocol

    def frames(self) -> dict[tuple[str, str], list[bytes]]:
        self.hello()
        s = {u: derive(self.seeds["dealer"], f"blinded_broker seed for {u}", self.bound) for u in PARTIES[:2]}
        for u in PARTIES[:2]:
            self.send("dealer", u, 2, self.bound + s[u], b"")
        self.keys = {
            (u, use): derive(s[u], f"blinded_broker {u} {use}", self.bound)
            for u in s
            for use in ("records", "tiles")
        }
        self.masked: dict[str, dict] = {u: {} for u in s}
        self.masks: dict[str, dict] = {u: {} for u in s}
        self.blocks = {u: -(-count // self.side) for u, count in self.persons.items()}
        if self.layout:
            self.paired_tiles()
            self.name()
        else:
            for u in PARTIES[:2]:
                for block in range(self.variants[u] * self.blocks[u]):
                    self.records(u, block)
            for tile in range(self.first_tile, self.blocks["alice"] * self.blocks["bob"]):
                i, j = divmod(tile, self.blocks["bob"])
                a_b = [(a, b) for a in range(self.alice_variants) for b in range(self.bob_variants)]
                self.ask(tile, [(a, b, i, j) for a, b in a_b])
        if self.scores:
            for u, other in (("alice", "bob"), ("bob", "alice")):
                self.send(u, other, 10, self.score_body(u), self.bound)
        return self.links

    def paired_tiles(self) -> None:
        for u, other in (("alice", "bob"), ("bob", "alice")):
            self.send(u, other, 12, b"".join(map(le, self.words[u])), self.bound)
        self.tile_records("alice", self.first_tile)
        for tile in range(self.first_tile, -(-self.pairs // self.batch)):
            self.tile_records("bob", tile)
            self.ask(tile, [(0, 0, block, block) for block in self.tile_blocks(tile)])

    def ask(self, tile: int, tables: list[tuple[int, int, int, int]]) -> None:
        self.send("bob", "dealer", 4, le(tile), self.bound)
        parts = {}
        for place, u in enumerate(("alice", "bob")):
            numbers = [table[place] * self.blocks[u] + table[place + 2] for table in tables]
            parts[u] = [(self.masked[u][number], self.masks[u][number]) for number in numbers]
        self.tile(tile, tables, parts, self.keys)

    def hello(self) -> bytes:
        t = self.threshold
        numbers = (
            self.bits, t.numerator, t.denominator, self.measure, self.heaviest, self.most_rows, self.side,
            self.reveal, self.scores, self.quota, self.first_tile, self.window, self.alice_variants,
            self.bob_variants, self.layout, self.batch, self.pairs, self.told, self.openings,
        )  # fmt: skip
        parameters = h("blinded_broker parameters", b"".join(map(le, numbers)))
        parts = [parameters, self.session]
        for u in PARTIES[:2]:
            rows = self.rows[u]
            salt = derive(self.seeds[u], f"blinded_broker {u} salt", self.session)
            nonce = derive(self.seeds[u], f"blinded_broker {u} nonce", self.session)
            shape, data = (
                le(len(rows)) + le(self.bits // 64),
                b"".join(le(row, self.bits // 8) for row in rows),
            )
            commitment = h("commitment", salt, shape, data)
            for other in ("dealer", "bob" if u == "alice" else "alice"):
                self.send(u, other, 1, parameters + le(self.persons[u]) + commitment + nonce, b"")
            parts += [u.encode(), le(self.persons[u]), commitment, nonce]
        self.bound = h("blinded_broker binding", *parts)
        return parameters

    def tile_blocks(self, tile: int) -> range:
        """Of paired blocks."""
        return range(tile * self.batch, min((tile + 1) * self.batch, self.pairs))

    def tile_records(self, u: str, tile: int) -> None:
        for block in self.tile_blocks(tile):
            self.records(u, block)

    def block_rows(self, u: str, block: int) -> list[int]:
        """Numbers of the rows in a block; -1 for none."""
        if self.layout:
            return self.places[u][block * self.side : (block + 1) * self.side]
        a, number = divmod(block, -(-self.persons[u] // self.side))
        start = number * self.side
        persons = range(start, min(start + self.side, self.persons[u]))
        return [person * self.variants[u] + a for person in persons]

    def records(self, u: str, block: int) -> None:
        """A block of masked records and of masks, each a table [bit][record]; sent on the way."""
        part = [self.rows[u][row] if row >= 0 else 0 for row in self.block_rows(u, block)]
        width = -(-len(part) // 64) * 64
        part = part + [0] * (width - len(part))
        stream = keystream(self.keys[u, "records"], block, 2 * self.bits * width)
        numbers = [int.from_bytes(stream[n : n + 2], "little") % 2**self.m for n in range(0, len(stream), 2)]
        mask = [numbers[b * width : (b + 1) * width] for b in range(self.bits)]
        sums = [
            [((part[r] >> b & 1) + mask[b][r]) % 2**self.m for r in range(width)] for b in range(self.bits)
        ]
        other = "bob" if u == "alice" else "alice"
        stack = [[[n >> p & 1 for n in row] for row in sums] for p in range(self.m)]
        self.send(u, other, 3, le(block) + self.write(stack), self.bound)
        self.masked[u][block], self.masks[u][block] = sums, mask

    def name(self) -> None:
        """Steps 9a: names of hits; after it each pair of persons is there once."""
        for place, (u, other) in enumerate((("alice", "bob"), ("bob", "alice"))):
            names = [hit[place] for hit in self.hits] + [0] * (self.openings - len(self.hits))
            self.send(u, other, 13, b"".join(map(le, names)), self.bound)
        self.hits = list(dict.fromkeys(self.hits))

    def cost(self, u: str, row: int) -> int:
        weight = bin(self.rows[u][row]).count("1") if 0 <= row < len(self.rows[u]) else 0
        empty = 1 if u == "bob" else 0
        return math.floor(self.scale * self.share * weight) if weight else empty

    def tile(
        self, tile: int, tables: list[tuple[int, int, int, int]], parts: dict[str, list], keys: dict
    ) -> None:
        height = (
            self.side if self.layout else min(self.side, self.persons["alice"] - tables[0][2] * self.side)
        )
        width = len(parts["bob"][0][0][0])
        whole = height * len(tables)
        random = {
            u: self.tile_random(u, keys[u, "tiles"], tile, (whole, height), width) for u in ("alice", "bob")
        }
        stacks: dict[str, list] = {}
        for row, (t, i) in enumerate((t, i) for t in range(len(tables)) for i in range(height)):
            a, b, low, below = tables[t]
            left = [[line[i] for line in table] for table in parts["alice"][t]]
            for j in range(width):
                mine = {
                    u: {name: [plane[row][j] for plane in planes] for name, planes in random[u][0].items()}
                    for u in random
                }
                x, y = low * self.side + i, below * self.side + j
                rows = (x * self.alice_variants + a, y * self.bob_variants + b)
                if self.layout:
                    rows = (self.places["alice"][x], self.places["bob"][y])
                right = [[line[j] for line in table] for table in parts["bob"][t]]
                put(stacks, self.pair(mine, *left, *right, rows, 2**self.k), row, j, whole, width)
        if self.pairings > 1:
            for i in range(height):
                for j in range(width):
                    put(stacks, self.persons_pair(stacks, random, i, j, height), i, j, height, width)
                    person = (tables[0][2] * self.side + i, tables[0][3] * self.side + j)
                    if stacks["alice_any"][0][i][j] ^ stacks["bob_any"][0][i][j]:
                        self.hits.append(person)
        self.tile_frames(tile, stacks)

    def tile_random(
        self, u: str, key: bytes, tile: int, heights: tuple[int, int], width: int
    ) -> tuple[dict, list]:
        """Masks by name; and those of misses, then Alice's shares of their products, a bit a pair of persons."""
        kinds = [("r", self.k), ("m", 2 * (self.q - 1))]
        if u == "alice":
            kinds = [
                ("u", self.k),
                *kinds,
                ("digits", len(self.digit_products)),
                ("merge", len(self.merge_products)),
            ]
        size = sum(count for _, count in kinds) * heights[0] * width // 8
        few = heights[1] * width // 8
        more = few * (sum(self.values) + (sum(map(len, self.any_products)) if u == "alice" else 0))
        stream = keystream(key, tile, size + more)
        stack, found = self.read(stream[:size], heights[0], width), {}
        for name, count in kinds:
            found[name], stack = stack[:count], stack[count:]
        return found, self.read(stream[size:], heights[1], width)

    def persons_pair(self, stacks: dict, random: dict, i: int, j: int, height: int) -> dict:
        """What two persons have on links: masked misses of each level, and shares of whether one pair hits."""
        bits = {u: [plane[i][j] for plane in random[u][1]] for u in random}
        total, found = sum(self.values), {"all": []}
        mask = {u: bits[u][:total] for u in bits}
        dealt = bits["alice"][total:]
        rows = [row * height + i for row in range(self.pairings)]
        values = {u: [stacks[f"{u}_miss"][0][row][j] for row in rows] for u in bits}
        for level, (groups, products) in enumerate(zip(self.groups, self.any_products, strict=True), 1):
            m = {u: [mask[u].pop(0) for _ in values[u]] for u in mask}
            both = [p ^ q for p, q in zip(m["alice"], m["bob"], strict=True)]
            alice = [dealt.pop(0) for _ in products]
            bob = [s ^ all(both[n] for n in p) for s, p in zip(alice, products, strict=True)]
            found["all"] += bob
            for u in m:
                found[f"{u}_{level}"] = [v ^ n for v, n in zip(values[u], m[u], strict=True)]
            w = [p ^ q for p, q in zip(found[f"alice_{level}"], found[f"bob_{level}"], strict=True)]
            for u, shares, one in (("alice", alice, 1), ("bob", bob, 0)):
                share = {(): one} | {(n,): bit for n, bit in enumerate(m[u])}
                share |= dict(zip(products, shares, strict=True))
                values[u] = [parity(share[t] for t in group_polynomial(each, tuple(w))) for each in groups]
        return found | {"alice_any": [1 ^ values["alice"][0]], "bob_any": [values["bob"][0]]}

    def tile_frames(self, tile: int, s: dict[str, list]) -> None:
        def send(sender: str, recipient: str, number: int, *names: str) -> None:
            body = le(tile) + b"".join(self.write(s[name]) for name in names if name in s)
            self.send(sender, recipient, number, body, self.bound)

        send("dealer", "bob", 5, "v", "digits", "merge", "all")
        send("bob", "alice", 6, "c_bob")
        send("alice", "bob", 7, "c_alice", "masked_alice")
        if self.layout:
            self.tile_records("alice", tile + 1)
        if self.pairings > 1:
            send("bob", "alice", 8, "masked_bob", "bob_1")
            self.misses(tile, s)
            return
        send("bob", "alice", 8, "masked_bob", *(["result_bob"] if self.reveal != 2 else []))
        if self.reveal != 1:
            send("alice", "bob", 9, "result_alice")

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

    def pair(
        self, mine: dict, e: list, r_a: list, f: list, r_b: list, rows: tuple[int, int], size: int
    ) -> dict:
        """Every value that a pair has on some link, as lists of bits."""
        a, b = mine["alice"], mine["bob"]
        x = self.rows["alice"][rows[0]] if rows[0] >= 0 else 0
        r = [p ^ q for p, q in zip(a["r"], b["r"], strict=True)]
        m = [p ^ q for p, q in zip(a["m"], b["m"], strict=True)]
        u = number_of(a["u"])
        v = (self.scale * sum(p * q for p, q in zip(r_a, r_b, strict=True)) - u + number_of(r)) % size
        digits = [s ^ all(r[n] for n in p) for s, p in zip(a["digits"], self.digit_products, strict=True)]
        merge = [s ^ all(m[n] for n in p) for s, p in zip(a["merge"], self.merge_products, strict=True)]
        c_b = v - self.scale * sum(p * q for p, q in zip(e, r_b, strict=True)) - self.cost("bob", rows[1])
        c_a = self.scale * sum(n for bit, n in enumerate(f) if x >> bit & 1) - self.cost("alice", rows[0]) + u
        c = (c_a + c_b) % size
        shares = {
            "alice": (a["r"], a["digits"], a["m"], a["merge"], 1),
            "bob": (b["r"], digits, b["m"], merge, 0),
        }
        values = {u_: self.digit_values(c, s[0], s[1], s[4]) for u_, s in shares.items()}
        masked = {u_: [p ^ q for p, q in zip(values[u_][0], s[2], strict=True)] for u_, s in shares.items()}
        w = [p ^ q for p, q in zip(masked["alice"], masked["bob"], strict=True)]
        result = {}
        for u_, s in shares.items():
            less = self.less(w, s[2], s[3], s[4], values[u_][1])
            result[u_] = less ^ s[0][-1] ^ (s[4] & (1 ^ (c >> (self.k - 1))))
        if self.pairings == 1 and result["alice"] ^ result["bob"]:
            persons = (rows[0] // self.alice_variants, rows[1] // self.bob_variants)
            self.hits.append(persons)
            self.opened.setdefault(persons, (number_of(a["r"]), number_of(b["r"])))
        return {
            "v": bits_of(v, self.k), "digits": digits, "merge": merge,
            "c_alice": bits_of(c_a % size, self.k), "c_bob": bits_of(c_b % size, self.k),
            "masked_alice": masked["alice"], "masked_bob": masked["bob"],
            "result_alice": [result["alice"]], "result_bob": [result["bob"]],
            "alice_miss": [1 ^ result["alice"]], "bob_miss": [result["bob"]],
        }  # fmt: skip

    def digit_values(self, c: int, r: list, products: list, one: int) -> tuple[list, int]:
        """Shares of eq 1 to q-1 and lt 0 to q-2; and of lt q-1. Polynomials are sets of sets of bits."""
        share = {(): one} | {(n,): bit for n, bit in enumerate(r[:-1])}
        share |= dict(zip(self.digit_products, products, strict=True))
        equals, lesses, start = [], [], 0
        for size in self.sizes:
            eq, lt = digit_polynomials(start, tuple(c >> n & 1 for n in range(start, start + size)))
            start += size
            equals.append(parity(share[t] for t in eq))
            lesses.append(parity(share[t] for t in lt))
        return equals[1:] + lesses[:-1], lesses[-1]

    def less(self, w: list, m: list, products: list, one: int, last: int) -> int:
        share = (
            {(): one}
            | {(n,): bit for n, bit in enumerate(m)}
            | dict(zip(self.merge_products, products, strict=True))
        )
        total = merge_polynomial(self.q, tuple(w))
        return parity(share[t] for t in total) ^ last

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


@cache
def digit_polynomials(start: int, c: tuple[int, ...]) -> tuple[set, set]:
    """[c = r] and [c < r] of one digit, over the bits of r from start on."""
    eq, lt = {()}, set()
    for n, bit in enumerate(c, start):
        clear = set() if bit else {()}
        same = clear ^ {(n,)}
        lt = times(clear, {(n,)}) ^ times(same, lt)
        eq = times(same, eq)
    return eq, lt


@cache
def group_polynomial(group: range, w: tuple[int, ...]) -> set:
    """The product of a group's values, over the masks of what was opened as w."""
    product = {()}
    for n in group:
        product = times(product, ({()} if w[n] else set()) ^ {(n,)})
    return product


@cache
def merge_polynomial(q: int, w: tuple[int, ...]) -> set:
    """The sum over j of lt(j) eq(j+1) ... eq(q-1), over the masks of what was opened as w."""
    total: set = set()
    for j in range(q - 1):
        term = {()}
        for n in (*range(j, q - 1), q - 1 + j):
            term = times(term, ({()} if w[n] else set()) ^ {(n,)})
        total ^= term
    return total


def put(stacks: dict, found: dict, row: int, column: int, height: int, width: int) -> None:
    """Write bits into their planes, which are made when first needed."""
    for name, bits in found.items():
        if name not in stacks:
            stacks[name] = [[[0] * width for _ in range(height)] for _ in bits]
        for plane, bit in zip(stacks[name], bits, strict=True):
            plane[row][column] = bit


def sets(values: range, least: int) -> list[tuple[int, ...]]:
    return [s for n in range(least, len(values) + 1) for s in combinations(values, n)]


def as_number(places: tuple[int, ...]) -> int:
    return sum(2**n for n in places)


def times(left: set, right: set) -> set:
    """The product of polynomials over bits, where a bit's square is itself."""
    found: set = set()
    for a in left:
        for b in right:
            found ^= {tuple(sorted({*a, *b}))}
    return found


def parity(bits) -> int:
    return sum(bits) % 2


def bits_of(number: int, count: int) -> list[int]:
    return [number >> n & 1 for n in range(count)]


def number_of(bits: list[int]) -> int:
    return sum(bit << n for n, bit in enumerate(bits))
