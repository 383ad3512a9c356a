"""Datasets in a run: what a unit declared, what the broker received, and every way in which they differ."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from pplink import canonical
from pplink.dataset.manifest import KIND as MANIFEST_KIND


def test_a_dropped_unit_is_found(failure, run, tmp_path):
    received = run.acts[run.place("datasets-received")].body["datasets"]
    cheat = run.with_act(run.place(MANIFEST_KIND, "west")).rewritten(
        "datasets-received", datasets=received[:2]
    )
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "datasets"
    assert "west is missing" in detail


def test_a_dataset_received_but_never_declared_is_found(failure, run, tmp_path):
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"))
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_another_dataset_than_the_declared_one_is_found(failure, run, tmp_path):
    received = [dict(each) for each in run.acts[run.place("datasets-received")].body["datasets"]]
    received[1]["digest"] = "00" * 32
    cheat = run.rewritten("datasets-received", datasets=received)
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "datasets"
    assert "south" in detail


def test_swapped_datasets_are_found(failure, run, tmp_path):
    received = run.acts[run.place("datasets-received")].body["datasets"]
    swapped = [
        {"unit": received[0]["unit"], "digest": received[1]["digest"]},
        {"unit": received[1]["unit"], "digest": received[0]["digest"]},
        received[2],
    ]
    cheat = run.rewritten("datasets-received", datasets=swapped)
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_swapped_manifests_are_found(failure, run, tmp_path):
    first, second = run.place(MANIFEST_KIND, "north"), run.place(MANIFEST_KIND, "south")
    cheat = run.with_act(first, run.acts[second]).with_act(second, run.acts[first])
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_a_dataset_counted_twice_is_found(failure, run, tmp_path):
    place = run.place(MANIFEST_KIND, "north")
    cheat = run.with_act(place, run.acts[place], run.acts[place])
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_a_dataset_made_for_another_agreement_is_found(
    failure, run, tmp_path, signed_agreement, make_manifest
):
    other = make_manifest(signed_agreement(threshold=0.5), "south")
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"), other)
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "datasets"
    assert "another agreement" in detail or "made for agreement" in detail


def test_a_manifest_that_a_unit_signs_for_another_is_found(failure, run, tmp_path, make_manifest):
    forged = make_manifest(run.agreement, "south", unit="west")
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"), forged)
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_two_units_that_sign_for_each_other_are_found(failure, run, tmp_path, make_manifest):
    """All else fits: each name stands once and in order, and what was received is what was declared."""
    places = [run.place(MANIFEST_KIND, unit) for unit in ("north", "south")]
    crossed = [
        make_manifest(run.agreement, "south", unit="north"),
        make_manifest(run.agreement, "north", unit="south"),
    ]
    received = list(run.acts[run.place("datasets-received")].body["datasets"])
    received[:2] = [{"unit": each.signer, "digest": canonical.digest(each.to_json())} for each in crossed]
    cheat = run.with_act(places[0], crossed[0]).with_act(places[1], crossed[1])
    cheat = cheat.rewritten("datasets-received", datasets=received)
    assert failure(cheat.write(tmp_path / "run")) == (
        "datasets",
        "the manifest that south signed is of unit north",
    )


def test_one_more_dataset_received_than_declared_is_found(failure, run, tmp_path):
    received = run.acts[run.place("datasets-received")].body["datasets"]
    cheat = run.rewritten("datasets-received", datasets=[*received, received[-1]])
    assert failure(cheat.write(tmp_path / "run")) == ("datasets", "4 datasets were received, and 3 declared")


def test_units_with_different_secrets_are_found(failure, run, tmp_path, make_manifest):
    other = make_manifest(run.agreement, "south", confirmation=canonical.to_base64(b"\1" * 32))
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"), other)
    digest = canonical.digest(other.to_json())
    received = [dict(each) for each in run.acts[run.place("datasets-received")].body["datasets"]]
    received[1]["digest"] = digest
    name, detail = failure(cheat.rewritten("datasets-received", datasets=received).write(tmp_path / "run"))
    assert name == "datasets"
    assert "linkage secret" in detail


def test_a_manifest_that_the_broker_wrote_is_found(failure, run, tmp_path):
    place = run.place(MANIFEST_KIND, "south")
    body = run.acts[place].body | {"records": 3}
    by_hub = run.rings["hub"].sign(MANIFEST_KIND, body)
    assert failure(run.with_act(place, by_hub).write(tmp_path / "a"))[0] == "signers"
    in_anothers_name = msgspec.structs.replace(by_hub, signer="south")
    assert failure(run.with_act(place, in_anothers_name).write(tmp_path / "b"))[0] == "signers"


@pytest.mark.parametrize("days", [-1, 31])
def test_a_dataset_made_out_of_time_is_found(failure, run, tmp_path, make_manifest, days):
    created = f"{run.agreement.terms.valid_from + timedelta(days=days)}T12:00:00Z"
    other = make_manifest(run.agreement, "south", created=created)
    received = [dict(each) for each in run.acts[run.place("datasets-received")].body["datasets"]]
    received[1]["digest"] = canonical.digest(other.to_json())
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"), other).rewritten(
        "datasets-received", datasets=received
    )
    assert failure(cheat.write(tmp_path / "run"))[0] == "dates"


@pytest.mark.parametrize(
    "change",
    [
        {"records": -1},
        {"records": "10"},
        {"records": 11},
        {"created": "yesterday"},
        {"confirmation": 7},
        {"more": 1},
        {"tensors": {}},
        {"encoding": {"bits": 512}},
        {"unit": "\x1b[31m"},
    ],
)
def test_a_manifest_that_cannot_be_is_found(failure, run, tmp_path, make_manifest, change):
    other = make_manifest(run.agreement, "south", **change)
    received = [dict(each) for each in run.acts[run.place("datasets-received")].body["datasets"]]
    received[1]["digest"] = canonical.digest(other.to_json())
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"), other).rewritten(
        "datasets-received", datasets=received
    )
    assert failure(cheat.write(tmp_path / "run"))[0] in ("datasets", "dates")


def test_a_dataset_of_other_bits_is_found(failure, run, tmp_path, make_manifest):
    honest = run.acts[run.place(MANIFEST_KIND, "south")].body
    narrow = {**honest["tensors"]["encoding"], "shape": [20, 8]}
    other = make_manifest(
        run.agreement, "south", encoding={"bits": 512}, tensors={**honest["tensors"], "encoding": narrow}
    )
    name, detail = failure(run.with_act(run.place(MANIFEST_KIND, "south"), other).write(tmp_path / "run"))
    assert name == "datasets"
    assert "512 bits" in detail


def test_a_dataset_of_more_encodings_a_record_than_agreed_is_found(failure, run, tmp_path, make_manifest):
    honest = run.acts[run.place(MANIFEST_KIND, "south")].body
    wide = {**honest["tensors"]["encoding"], "shape": [40, run.agreement.terms.encoding.bits // 64]}
    two = {**honest["encoding"], "variants": 2}
    other = make_manifest(
        run.agreement, "south", encoding=two, tensors={**honest["tensors"], "encoding": wide}
    )
    name, detail = failure(run.with_act(run.place(MANIFEST_KIND, "south"), other).write(tmp_path / "run"))
    assert (name, "2 encodings a record" in detail) == ("datasets", True)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("most_records", 19, "20 records; a unit may bring 19"),
        ("max_reidentification", 0.1, "no risk report"),
    ],
)
def test_a_dataset_that_the_broker_should_have_refused_is_found(
    failure, signed_agreement, make_run, tmp_path, key, value, said
):
    cheat = make_run(signed_agreement(change=lambda terms: terms.update({key: value})))
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "datasets"
    assert said in detail
