from __future__ import annotations

import hashlib
import hmac
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.keys.derive import Label, derive, hkdf

VECTORS = json.loads(Path(__file__).with_name("vectors").joinpath("rfc5869.json").read_text())["cases"]


def plain_hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, 2.2 and 2.3, as it stands there."""
    key = hmac.digest(bytes(32), secret, hashlib.sha256)
    block = out = b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.digest(key, block + info + bytes([counter]), hashlib.sha256)
        out += block
    return out[:length]


@pytest.mark.parametrize("case", VECTORS, ids=["A.1", "A.2", "A.3"])
def test_hkdf_is_that_of_rfc_5869(case: dict[str, Any]) -> None:
    made = hkdf(
        bytes.fromhex(case["ikm"]),
        salt=bytes.fromhex(case["salt"]) or None,
        info=bytes.fromhex(case["info"]),
        length=case["length"],
    )
    assert made.hex() == case["okm"]


@settings(max_examples=50)
@given(st.binary(max_size=99), st.sampled_from(Label), st.text('aé"\n_0', max_size=9), st.integers(1, 200))
def test_a_derived_secret_is_hkdf_over_the_label_and_context(
    secret: bytes, label: Label, context: str, length: int
) -> None:
    text = json.dumps({"context": context, "label": str(label)}, ensure_ascii=False, separators=(",", ":"))
    assert derive(secret, label, context, length) == plain_hkdf(
        secret, b"pplink-derive/1\n" + text.encode(), length
    )


def test_no_two_purposes_get_the_same_secret() -> None:
    contexts = ["", "given_name", "family_name", '","label":"']
    made = {derive(b"s" * 32, label, context) for label, context in product(Label, contexts)}
    assert len(made) == len(Label) * len(contexts)


def test_every_label_is_named_once_and_says_its_version() -> None:
    assert len({str(label) for label in Label}) == len(Label.__members__)
    assert all(str(label).startswith("pplink/") and str(label).endswith("/1") for label in Label)


def test_more_than_hkdf_can_give_is_refused() -> None:
    assert len(derive(b"s", Label.FIELD_KEY, length=255 * 32)) == 255 * 32
    with pytest.raises(ValueError, match="Cannot derive keys larger"):
        derive(b"s", Label.FIELD_KEY, length=255 * 32 + 1)
