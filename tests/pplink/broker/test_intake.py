"""What a broker will start from: an agreement in force and one honest dataset of each unit, or nothing."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from msgspec.structs import replace

from pplink import canonical
from pplink.agreement import text
from pplink.broker.intake import receive
from pplink.dataset import reader
from pplink.dataset.manifest import KIND
from pplink.errors import AgreementError, IntegrityError, RefusedError, UsageError
from pplink.keys import ring as keys


def take(desk, paths=None, ring="hub", on=None):
    ring = desk.rings[ring] if isinstance(ring, str) else ring
    return receive(desk.files if paths is None else paths, desk.agreement_file, ring, on or desk.noon.date())


def test_datasets_come_in_the_order_of_units_however_they_are_named(desk):
    intake = take(desk)
    assert intake.units == ("north", "south", "west")
    assert [len(dataset) for dataset in intake.datasets] == [6, 4, 3]
    assert intake.agreement_bytes == desk.agreement_file.read_bytes()
    assert take(desk, sorted(desk.files)).datasets[0].digest == intake.datasets[0].digest


@pytest.mark.parametrize("ring", ["north", "officer"])
def test_only_the_broker_receives(desk, ring):
    with pytest.raises(AgreementError, match="is not the broker"):
        take(desk, ring=ring)


def test_datasets_are_refused_if_no_broker_is_to_see_encodings(make_desk):
    desk = make_desk(protocol="blinded_broker")
    with pytest.raises(RefusedError, match="no broker is to see encodings") as caught:
        take(desk)
    assert "pplink broker deal" in caught.value.hint


def test_a_broker_of_the_same_name_with_other_keys_is_no_party(desk, tmp_path):
    with pytest.raises(AgreementError, match="is of no party"):
        take(desk, ring=keys.create(tmp_path / "other", "hub", "broker"))


@pytest.mark.parametrize(("days", "said"), [(-1, "is not in force before"), (31, "expired")])
def test_an_agreement_that_is_not_in_force_is_refused(desk, days, said):
    with pytest.raises(AgreementError, match=said) as caught:
        take(desk, on=desk.noon.date() + timedelta(days))
    assert caught.value.hint


def test_an_agreement_that_lacks_a_signature_is_refused(desk, tampered):
    tampered(desk, lambda value: value["signatures"].pop())
    with pytest.raises(AgreementError, match="lacks the signature of unit west"):
        take(desk)


def test_an_agreement_signed_by_a_stranger_is_refused(desk, tampered, stranger):
    signature = desk.agreement.signatures[0]
    signed = stranger.sign(signature.kind, dict(signature.body)).to_json()

    def add(value):
        value["signatures"] = sorted([*value["signatures"], signed], key=lambda each: each["signer"])

    tampered(desk, add)
    with pytest.raises(AgreementError, match="signed by stranger"):
        take(desk)


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["terms"].__setitem__("threshold", 0.1),
        lambda value: value["terms"]["learns"].__setitem__("hits_to", ["north"]),
        lambda value: value["signatures"][0].__setitem__("signature", canonical.to_base64(bytes(64))),
        lambda value: value["signatures"][0]["body"].__setitem__("at", "1999-01-01T00:00:00Z"),
    ],
    ids=["threshold", "recipients", "signature", "time"],
)
def test_an_agreement_changed_after_signing_is_refused(desk, tampered, change):
    tampered(desk, change)
    with pytest.raises(IntegrityError):
        take(desk)


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: data + b"\n", lambda data: b""])
def test_an_agreement_in_another_form_is_refused(desk, spoil):
    desk.agreement_file.write_bytes(spoil(desk.agreement_file.read_bytes()))
    with pytest.raises(AgreementError):
        take(desk)


def test_a_run_without_one_of_the_units_is_refused(desk):
    with pytest.raises(AgreementError, match="no dataset is of unit west"):
        take(desk, [desk.file("north"), desk.file("south")])


def test_two_datasets_of_one_unit_are_refused(desk):
    with pytest.raises(UsageError, match="two datasets are of unit north"):
        take(desk, [*desk.files, desk.file("north")])


def test_a_dataset_of_another_agreement_is_refused(desk, signed_agreement):
    desk.agreement_file.write_bytes(text.write(signed_agreement(threshold=0.9)))
    with pytest.raises(IntegrityError, match="was made for agreement"):
        take(desk)


def test_a_dataset_that_another_signed_in_a_units_name_is_refused(desk):
    dataset = reader.read(desk.file("north"))
    signed = desk.rings["south"].sign(KIND, dict(dataset.signed.body))
    desk.put(replace(dataset, signed=replace(signed, signer="north")))
    with pytest.raises(IntegrityError, match="the signature of north"):
        take(desk)


def test_a_dataset_that_says_it_is_of_another_unit_is_refused(desk):
    dataset = reader.read(desk.file("north"))
    signed = desk.rings["south"].sign(KIND, dict(dataset.signed.body))
    desk.put(replace(dataset, signed=signed))
    with pytest.raises(IntegrityError, match="says it is of north and is signed by south"):
        take(desk)


def test_a_dataset_signed_by_the_broker_is_refused(desk):
    desk.made("north", signer="hub")
    with pytest.raises(IntegrityError, match="not a unit of the agreement"):
        take(desk)


def test_a_dataset_under_another_secret_is_refused_before_it_finds_nothing(desk):
    desk.made("south", confirmation=bytes([1] * 32))
    with pytest.raises(AgreementError, match="derived different linkage secrets"):
        take(desk)


def test_a_dataset_of_another_width_is_refused(desk):
    desk.made("south", words=8)
    with pytest.raises(IntegrityError, match="has 512 bits a record"):
        take(desk)


@pytest.mark.parametrize("days", [-1, 31, 400], ids=["before", "after", "long after"])
def test_a_dataset_from_outside_the_agreement_is_refused_as_an_auditor_would(desk, days):
    for unit in desk.agreement.units:
        desk.made(unit, created=desk.noon + timedelta(days if unit == "west" else 0))
    with pytest.raises(AgreementError, match="the dataset of west is dated") as caught:
        take(desk)
    assert "clock" in caught.value.hint


def test_a_dataset_with_one_handle_for_two_records_is_refused(desk):
    handle = np.zeros((3, 16), np.uint8)
    handle[0] = 1
    for unit in desk.agreement.units:
        desk.made(unit, **({"handle": handle} if unit == "south" else {}))
    with pytest.raises(IntegrityError, match="south has a handle twice"):
        take(desk)


def test_a_dataset_without_records_is_received(desk):
    for unit in desk.agreement.units:
        desk.made(unit, 0 if unit == "south" else 3)
    assert [len(dataset) for dataset in take(desk).datasets] == [3, 0, 3]


@pytest.mark.parametrize("place", range(0, 4000, 211))
def test_a_flipped_bit_is_found(desk, place):
    path = desk.file("north")
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 1 << place % 8
    path.write_bytes(data)
    with pytest.raises(IntegrityError) as caught:
        take(desk)
    assert caught.value.hint


@pytest.mark.parametrize("length", [0, 7, 8, 100, 1500, -1])
def test_a_truncated_dataset_is_found(desk, length):
    path = desk.file("north")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(IntegrityError, match="is no"):
        take(desk)


@pytest.mark.parametrize("name", ["none.safetensors", "."])
def test_what_is_no_file_is_a_usage_error(desk, name):
    with pytest.raises(UsageError):
        take(desk, [desk.folder / name, *desk.files])


def test_no_error_tells_of_a_person(desk):
    people = desk.folder / "people.csv"
    people.write_text("record_id,given_name\n1,Secretname\n")
    with pytest.raises(IntegrityError) as caught:
        take(desk, [people, *desk.files])
    assert "Secretname" not in caught.value.message + str(caught.value.hint)
