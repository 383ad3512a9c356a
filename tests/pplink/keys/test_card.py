from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.errors import AgreementError
from pplink.keys.card import Card, card_from
from pplink.keys.ring import KeyRing

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def add(a: Point, b: Point) -> Point:
    """RFC 8032, 5.1.4, in affine coordinates."""
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def multiply(point: Point, times: int) -> Point:
    total = (0, 1)
    while times:
        if times & 1:
            total = add(total, point)
        point, times = add(point, point), times >> 1
    return total


def point_at(y: int) -> Point | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    for root in (x, x * pow(2, (P - 1) // 4, P) % P):
        if root * root % P == square:
            return root, y
    return None


def small_order_keys() -> set[bytes]:
    """Multiplying any point by the group's large order leaves a point of small order; all eight come up."""
    order = 2**252 + 27742317777372353535851937790883648493
    found: set[Point] = set()
    for y in range(2, 100):
        if point := point_at(y):
            torsion = multiply(point, order)
            found |= {multiply(torsion, k) for k in range(8)}
    return {(y | (x & 1) << 255).to_bytes(32, "little") for x, y in found}


@pytest.fixture(scope="module")
def good(rings: dict[str, KeyRing]) -> dict[str, Any]:
    return rings["north"].card.to_json()


def test_a_card_survives_its_file(rings: dict[str, KeyRing]) -> None:
    card = rings["north"].card
    data = canonical.to_bytes(card.to_json())
    assert Card.from_bytes(data) == Card.from_bytes(json.dumps(json.loads(data), indent=2).encode()) == card


def test_a_fingerprint_is_128_bits_of_the_digest_and_differs_by_every_part(good: dict[str, Any]) -> None:
    card = card_from(good)
    assert card.fingerprint.replace(" ", "") == canonical.digest(good)[:32]
    assert [len(group) for group in card.fingerprint.split(" ")] == [4] * 8
    others = [{**good, "role": "broker"}, {**good, "name": "south"}, {**good, "sealing": good["signing"]}]
    assert len({card.fingerprint, *(card_from(other).fingerprint for other in others)}) == 4


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"format": "pplink-card/2"}, r"\$\.format: not one of"),
        ({"name": "North"}, r"\$\.name"),
        ({"name": ""}, r"\$\.name"),
        ({"name": "a" * 33}, r"\$\.name"),
        ({"name": "1st"}, r"\$\.name"),
        ({"name": "nord/../../etc"}, r"\$\.name"),
        ({"name": "north\n"}, r"\$\.name"),
        ({"name": "nörth"}, r"\$\.name"),
        ({"role": "admin"}, r"\$\.role: not one of"),
        ({"role": ["unit"]}, r"\$\.role"),
        ({"signing": ""}, r"\$\.signing: has 0 bytes instead of 32"),
        ({"signing": "AAAA"}, r"\$\.signing: has 3 bytes instead of 32"),
        ({"sealing": "!" * 44}, r"\$\.sealing: is not base64"),
        ({"sealing": None}, r"\$\.sealing"),
        ({"secret": "x"}, r"\$\.secret: unknown key"),
    ],
)
def test_what_is_no_card_is_named_by_its_path(
    good: dict[str, Any], change: dict[str, Any], path: str
) -> None:
    with pytest.raises(AgreementError, match=path):
        Card.from_bytes(json.dumps({**good, **change}).encode())


@pytest.mark.parametrize("key", ["format", "name", "role", "signing", "sealing"])
def test_every_key_must_be_there(good: dict[str, Any], key: str) -> None:
    with pytest.raises(MalformedError, match=rf"^\$\.{key}: missing$"):
        card_from({k: v for k, v in good.items() if k != key})


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[]", b"null", b"{", b'{"format":1,"format":2}', b"[" * 5000, b"PK\x03\x04"]
)
def test_any_other_file_is_not_a_card(data: bytes) -> None:
    with pytest.raises(AgreementError, match="this is not a card"):
        Card.from_bytes(data)


def test_there_are_eight_small_order_signing_keys_and_a_card_takes_none(good: dict[str, Any]) -> None:
    keys = small_order_keys()
    assert len(keys) == 8
    for key in keys:
        with pytest.raises(MalformedError, match=r"^\$\.signing: is a weak key"):
            card_from({**good, "signing": canonical.to_base64(key)})


def test_under_a_small_order_key_anybody_can_sign() -> None:
    """Why such a card is refused: this signature was made without a private key."""
    identity = b"\x01" + bytes(31)
    Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"anything at all")


@pytest.mark.parametrize("number", [P, P + 1, 2**255 - 1, 2**256 - 1])
def test_a_signing_key_that_is_not_reduced_is_refused(good: dict[str, Any], number: int) -> None:
    with pytest.raises(MalformedError, match=r"\$\.signing"):
        card_from({**good, "signing": canonical.to_base64(number.to_bytes(32, "little"))})


@pytest.mark.parametrize(
    "number",
    [
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        P - 1,
        P,
        P + 1,
    ],
)
def test_a_sealing_key_of_small_order_is_refused(good: dict[str, Any], number: int) -> None:
    """The list is that of https://cr.yp.to/ecdh.html, "How do I validate Curve25519 public keys?"."""
    with pytest.raises(MalformedError, match=r"^\$\.sealing: is a weak key"):
        card_from({**good, "sealing": canonical.to_base64(number.to_bytes(32, "little"))})
