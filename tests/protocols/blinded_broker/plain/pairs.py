"""Pairs: every value that a pair of rows has on some link, and the tables of bits that they are sent in."""

from __future__ import annotations

import math
from fractions import Fraction

from .bits import (
    as_number,
    bits_of,
    digit_polynomials,
    group_polynomial,
    merge_polynomial,
    number_of,
    parity,
    put,
    sets,
)
from .bytes import keystream, le

Table = tuple[int, int, int, int]
"""Alice's and Bob's variant, Alice's and Bob's block of persons."""


class Pairs:
    """What is computed of pairs; a table of bits is a list of rows, a list of such tables is a stack."""

    bits: int
    threshold: Fraction
    rows: dict[str, list[int]]
    measure: int
    heaviest: int
    side: int
    alice_variants: int
    bob_variants: int
    layout: int
    persons: dict[str, int]
    places: dict[str, list[int]]
    pairings: int
    hits: list[tuple[int, int]]
    opened: dict[tuple[int, int], tuple[int, int]]

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

    def cost(self, u: str, row: int) -> int:
        weight = bin(self.rows[u][row]).count("1") if 0 <= row < len(self.rows[u]) else 0
        empty = 1 if u == "bob" else 0
        return math.floor(self.scale * self.share * weight) if weight else empty

    def tile(
        self, tile: int, tables: list[Table], parts: dict[str, list], keys: dict, count: bool = True
    ) -> dict[str, list]:
        """Stacks of a tile, by what they are of. count: whether its hits are those of the run."""
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
            left = [[line[i] for line in table] for table in parts["alice"][t]]
            for j in range(width):
                mine = {
                    u: {name: [plane[row][j] for plane in planes] for name, planes in random[u][0].items()}
                    for u in random
                }
                rows = self.rows_at(tables[t], i, j)
                right = [[line[j] for line in table] for table in parts["bob"][t]]
                put(stacks, self.pair(mine, *left, *right, rows, 2**self.k), row, j, whole, width)
        if self.pairings > 1:
            for i in range(height):
                for j in range(width):
                    put(stacks, self.persons_pair(stacks, random, i, j, height), i, j, height, width)
        if count:
            self.count(tables, stacks, height)
        return stacks

    def rows_at(self, table: Table, i: int, j: int) -> tuple[int, int]:
        """The two rows at a place of a table; below 0 for none."""
        a, b, low, below = table
        x, y = low * self.side + i, below * self.side + j
        if self.layout:
            return self.places["alice"][x], self.places["bob"][y]
        return x * self.alice_variants + a, y * self.bob_variants + b

    def count(self, tables: list[Table], s: dict[str, list], height: int) -> None:
        """Note a tile's hits, in the order of its rows and columns, and both shares of r of each."""
        one, other = (s[f"{u}_{'any' if self.pairings > 1 else 'share'}"][0] for u in ("alice", "bob"))
        for row, line in enumerate(one):
            for j, bit in enumerate(line):
                if bit ^ other[row][j]:
                    rows = self.rows_at(tables[row // height], row % height, j)
                    persons = (rows[0] // self.alice_variants, rows[1] // self.bob_variants)
                    shares = [number_of([plane[row][j] for plane in s[f"{u}_r"]]) for u in ("alice", "bob")]
                    self.hits.append(persons)
                    self.opened.setdefault(persons, (shares[0], shares[1]))

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
        stream = keystream(key, size + more, tile)
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
        return {
            "v": bits_of(v, self.k), "digits": digits, "merge": merge,
            "c_alice": bits_of(c_a % size, self.k), "c_bob": bits_of(c_b % size, self.k),
            "masked_alice": masked["alice"], "masked_bob": masked["bob"],
            "alice_share": [result["alice"]], "bob_share": [result["bob"]], "alice_r": a["r"], "bob_r": b["r"],
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
