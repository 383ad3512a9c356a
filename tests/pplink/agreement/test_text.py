from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink import canonical
from pplink.agreement import signatures, text
from pplink.agreement.model import Agreement
from pplink.errors import AgreementError, IntegrityError

Make = Callable[..., Agreement]


@pytest.fixture(scope="module")
def agreement(signed_agreement: Make) -> Agreement:
    return signed_agreement()


@pytest.fixture(scope="module")
def data(agreement: Agreement) -> bytes:
    return text.write(agreement)


def refused(data: bytes) -> str:
    with pytest.raises(AgreementError) as caught:
        text.read(data)
    assert caught.value.hint
    assert caught.value.__cause__ is None
    return str(caught.value)


def edited(data: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    value = json.loads(data)
    change(value)
    return canonical.to_bytes(value)


def test_an_agreement_survives_its_file(agreement: Agreement, data: bytes) -> None:
    assert text.read(data) == agreement
    assert text.write(text.read(data)) == data
    assert text.read(data).id == agreement.id


def test_one_that_nobody_signed_survives_too(proposed_agreement: Make) -> None:
    bare = proposed_agreement()
    assert text.read(text.write(bare)) == bare


def test_every_changed_byte_is_found(agreement: Agreement, data: bytes) -> None:
    """By reading or by checking; what is still the same agreement must be the same bytes."""
    for i in range(0, len(data), 2):
        changed = data[:i] + bytes([data[i] ^ (1 << i % 7)]) + data[i + 1 :]
        with pytest.raises((AgreementError, IntegrityError)):
            signatures.check(text.read(changed), None)


@settings(max_examples=80)
@given(cut=st.integers(0, 3000), extra=st.binary(max_size=5))
def test_what_is_cut_or_longer_is_refused(data: bytes, cut: int, extra: bytes) -> None:
    changed = data[: len(data) - 1 - cut] + extra
    if changed != data:
        refused(changed)


def test_another_layout_is_not_the_file(data: bytes) -> None:
    value = json.loads(data)
    backwards = dict(reversed(value.items()))
    for other in (
        json.dumps(value, indent=1, ensure_ascii=False),
        json.dumps(value, ensure_ascii=False),
        json.dumps(backwards, separators=(",", ":"), ensure_ascii=False),
        data.decode() + "\n",
        data.decode().replace('"q":2', '"q":2.0'),
        data.decode().replace('"north"', '"\\u006eorth"'),
    ):
        assert other != data.decode()
        assert "not in canonical form" in refused(other.encode())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"null", "$: expected an object"),
        (b"[]", "$: expected an object"),
        (b"{}", "$.format: not a version"),
        (b'{"format":1}', "$.format: not a version"),
        (b'{"format":[]}', "$.format: not a version"),
        (b'{"format":"pplink-agreement-file/2"}', "$.format: not a version"),
        (b'{"format":"pplink-agreement-file/1"}', "$.terms: missing"),
        (b'{"format":"pplink-agreement-file/1","signatures":[],"terms":[]}', "$.terms: expected `object`"),
        (b'{"format":"pplink-agreement-file/1","signatures":[],"terms":{}}', "$.terms.format: missing"),
        (b'{"a":1,"a":1}', "has a key twice"),
        (b'{"a":NaN}', "has a number that JSON does not have"),
        (b'{"a":1e999}', "$.a has no canonical form: number out of range"),
        (b'{"a":[0,{"b\\n":9007199254740992}]}', "$.a[1][...] has no canonical form: number out of range"),
        (b'{"a":' + b"9" * 5000 + b"}", "has a number out of range"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"PK\x03\x04", "is not JSON"),
        (b"name,first\x00", "is not JSON"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
    ],
    ids=range(20),
)
def test_any_other_file_is_refused(data: bytes, said: str) -> None:
    assert said in refused(data)


@pytest.mark.parametrize("size", [0, 1, 500, -1])
def test_of_a_file_that_was_cut_short_the_hint_says_so(signed_agreement: Make, size: int) -> None:
    with pytest.raises(AgreementError) as caught:
        text.read(text.write(signed_agreement())[:size])
    assert "cut short" in (caught.value.hint or "")


def test_a_file_larger_than_16_mib_is_refused_unread() -> None:
    assert "larger than 16,777,216 bytes" in refused(b" " * (text.LIMIT + 1))


Change = Callable[[dict[str, Any]], Any]
CHANGES: list[tuple[Change, str]] = [
    (lambda v: v.update(note="x"), "$.note: unknown key"),
    (lambda v: v.update(signatures={}), "$.signatures: expected `array`"),
    (lambda v: v["signatures"].append(5), "$.signatures[3]: expected `object`"),
    (lambda v: v["signatures"].reverse(), "$.signatures[1].signer: signatures stand once each"),
    (
        lambda v: v["signatures"].append(v["signatures"][2]),
        "$.signatures[3].signer: signatures stand once each",
    ),
    (
        lambda v: v["signatures"][1].update(kind="pplink/event/1"),
        "$.signatures[1].kind: not pplink/agreement-",
    ),
    (lambda v: v["signatures"][1].update(signature="AAAA"), "$.signatures[1].signature: has 3 bytes"),
    (lambda v: v["signatures"][1].update(body={}), "$.signatures[1].body.agreement: missing"),
    (lambda v: v["signatures"][1]["body"].update(x=1), "$.signatures[1].body.x: unknown key"),
    (lambda v: v["signatures"][1]["body"].update(agreement="x"), "$.signatures[1].body.agreement: expected"),
    (lambda v: v["signatures"][1]["body"].update(at="2025-01-01"), "$.signatures[1].body.at: expected"),
    (
        lambda v: v["signatures"][1]["body"].update(at="2025-13-01T00:00:00Z"),
        "$.signatures[1].body.at: no such",
    ),
    (
        lambda v: v["signatures"][1]["body"].update(contribution=[]),
        "$.signatures[1].body.contribution: expected",
    ),
    (
        lambda v: v["signatures"][1]["body"]["contribution"].update(north="AAAA"),
        "contribution.north: has 3 bytes",
    ),
    (lambda v: v["signatures"][1]["body"]["contribution"].update(north=1), "contribution"),
    (lambda v: v["terms"].update(threshold=2), "$.terms.threshold: expected `float` <= 1.0"),
    (lambda v: v["terms"]["fields"][2].update(weight="1"), "$.terms.fields[2].weight: expected `float`"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES, ids=range(len(CHANGES)))
def test_a_file_of_the_right_layout_is_still_read_strictly(data: bytes, change: Change, said: str) -> None:
    assert said in refused(edited(data, change))


def test_no_text_of_the_file_is_repeated_in_an_error(data: bytes) -> None:
    for change in (
        lambda v: v["terms"].update({"Ada Lovelace": 1}),
        lambda v: v["terms"].update(measure="Ada Lovelace"),
        lambda v: v["terms"].update(format="Ada Lovelace"),
        lambda v: v["terms"]["learns"].update(hits_to=["ada-lovelace"]),
        lambda v: v["signatures"][0]["body"].update(contribution={"Ada Lovelace": "x"}),
    ):
        assert "lovelace" not in refused(edited(data, change)).lower()


def test_the_file_of_a_published_example_is_read_as_ever() -> None:
    """A change that breaks this breaks every agreement already signed: make a new version instead."""
    example = json.loads(Path(__file__).with_name("vectors").joinpath("complete.json").read_text())
    agreement = text.read(example["agreement"].encode())
    assert agreement.id == example["id"]
    signatures.check(agreement, agreement.terms.valid_from)
