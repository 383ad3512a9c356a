"""ristretto255 in plain Python integers, from RFC 9496 alone: slow, not constant in time, and only for tests."""

from __future__ import annotations

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
I = pow(2, (P - 1) // 4, P)  # noqa: E741
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578
Point = tuple[int, int, int, int]
BASE_CODE = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")


def absolute(x: int) -> int:
    return -x % P if x % P & 1 else x % P


def ratio(u: int, v: int) -> tuple[bool, int]:
    """SQRT_RATIO_M1."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    flipped = check == -u % P
    if flipped or check == -u * I % P:
        r = r * I % P
    return check == u % P or flipped, absolute(r)


def decode(code: bytes) -> Point:
    s = int.from_bytes(code, "little")
    assert s < P
    assert not s & 1
    u1, u2 = 1 - s * s, 1 + s * s
    v = -D * u1 * u1 - u2 * u2
    square, root = ratio(1, v * u2 * u2 % P)
    x = absolute(2 * s * root * u2)
    y = u1 * root * root * u2 * v % P
    assert square
    assert y
    assert not x * y % P & 1
    return x, y, 1, x * y % P


def encode(point: Point) -> bytes:
    x, y, z, t = point
    u1, u2 = (z + y) * (z - y), x * y
    _, root = ratio(1, u1 * u2 * u2 % P)
    one, other = root * u1, root * u2
    inverse = one * other * t
    if t * inverse % P & 1:
        x, y, other = y * I, x * I, one * INVSQRT_A_MINUS_D
    if x * inverse % P & 1:
        y = -y
    return absolute(other * (z - y)).to_bytes(32, "little")


def add(left: Point, right: Point) -> Point:
    (x1, y1, z1, t1), (x2, y2, z2, t2) = left, right
    a, b = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    c, d = 2 * t1 * D * t2, 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    for bit in bin(scalar % ORDER)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def mapped(half: bytes) -> Point:
    t = int.from_bytes(half, "little") % 2**255
    r = I * t * t
    u, v = (r + 1) * (1 - D * D), (-1 - r * D) * (r + D)
    square, s = ratio(u % P, v % P)
    if not square:
        s = -absolute(s * t)
    n = (-1 if square else r) * (r - 1) * (D - 1) ** 2 - v
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def from_uniform(wide: bytes) -> Point:
    return add(mapped(wide[:32]), mapped(wide[32:]))


def expand(text: bytes, tag: bytes) -> bytes:
    """expand_message_xmd, SHA-512, 64 bytes: RFC 9380."""
    tag += bytes([len(tag)])
    b0 = hashlib.sha512(bytes(128) + text + b"\x00\x40\x00" + tag).digest()
    return hashlib.sha512(b0 + b"\x01" + tag).digest()


BASE = decode(BASE_CODE)
