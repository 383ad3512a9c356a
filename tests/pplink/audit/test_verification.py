"""What verification says of an honest run, and of every cheat that we could think of."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pplink import canonical
from pplink.audit.events import KIND
from pplink.audit.folder import CHECKPOINT, LOG
from pplink.audit.verification import CHECKS, verify
from pplink.dataset.manifest import KIND as MANIFEST_KIND
from pplink.errors import UsageError

NAMES = [name for name, _, _ in CHECKS]


def failure(folder, **known):
    """The first thing wrong, as (name, detail); the report must agree with itself."""
    report = verify(folder, **known)
    failed = report.first_failure
    assert failed is not None, "nothing wrong was found"
    assert [check.name for check in report.checks] + list(report.not_reached) == NAMES
    assert report.to_json()["ok"] is False
    assert failed.detail
    assert failed.detail.isprintable()
    return failed.name, failed.detail


def test_an_honest_run_passes_every_check(run, tmp_path):
    report = verify(run.write(tmp_path / "run"), agreement_id=run.agreement.id)
    assert [(check.name, check.ok) for check in report.checks] == [(name, True) for name in NAMES]
    assert report.first_failure is None
    assert report.to_json()["ok"] is True
    assert all(check.detail for check in report.checks)


def test_a_run_verifies_wherever_it_is_copied(run, tmp_path):
    run.write(tmp_path / "run").rename(tmp_path / "moved")
    assert verify(tmp_path / "moved").first_failure is None


@pytest.mark.parametrize("assignment", ["one-to-one", "many-to-many"])
def test_a_unit_that_learns_nothing_gets_nothing(signed_agreement, make_run, tmp_path, assignment):
    def only_north(terms):
        terms["learns"]["hits_to"] = ["north"]
        terms["assignment"] = assignment

    run = make_run(signed_agreement(change=only_north))
    assert list(run.sealed) == ["north"]
    assert verify(run.write(tmp_path / "run")).first_failure is None


def test_a_run_that_did_not_compare_all_is_said_to(run, tmp_path):
    counts = run.acts[run.place("run-finished")].body["counts"]
    hasty = run.rewritten("run-finished", counts=counts | {"recall": 0.999, "cut": 7})
    report = verify(hasty.write(tmp_path / "run"), agreement_id=run.agreement.id)
    assert report.first_failure is None
    assert report.limits[0].startswith("that no pair was missed")
    assert "0.999 or more, and 7 comparisons" in report.limits[0]
    assert "no pair was missed" not in str(verify(run.write(tmp_path / "whole")).limits)


def test_what_is_not_checked_is_said(run, tmp_path):
    folder = run.write(tmp_path / "run")
    pinned = verify(folder, agreement_id=run.agreement.id).limits
    unpinned = verify(folder).limits
    assert any("compared honestly" in words for words in pinned)
    assert any("sealed hits" in words for words in pinned)
    assert not any("agreement you know" in words for words in pinned)
    assert any("agreement you know" in words for words in unpinned)


def test_another_agreement_than_the_one_known_is_found(run, tmp_path):
    folder = run.write(tmp_path / "run")
    assert failure(folder, agreement_id="0" * 64)[0] == "agreement"


def test_another_broker_than_the_one_known_is_found(run, tmp_path, stranger):
    folder = run.write(tmp_path / "run")
    assert verify(folder, broker_public=run.rings["hub"].card.signing_key).first_failure is None
    assert failure(folder, broker_public=stranger.card.signing_key)[0] == "checkpoint"


def test_a_wholly_invented_run_is_found_by_the_agreement_known(signed_agreement, make_run, run, tmp_path):
    invented = make_run(signed_agreement(threshold=0.5)).write(tmp_path / "run")
    assert verify(invented).first_failure is None
    assert failure(invented, agreement_id=run.agreement.id)[0] == "agreement"


def test_no_folder_is_a_mistake_of_the_caller(tmp_path):
    with pytest.raises(UsageError):
        verify(tmp_path / "nothing")


def test_an_empty_folder_lacks_an_agreement(tmp_path):
    assert failure(tmp_path) == ("files", "agreement.json is missing")


# a broker that cheats: it signs whatever it likes, and a checkpoint over that


def test_an_agreement_that_a_unit_did_not_sign_is_found(signed_agreement, make_run, tmp_path):
    lacking = signed_agreement(signers=("north", "south"), threshold=0.77)
    assert failure(make_run(lacking).write(tmp_path / "run"))[0] == "signatures"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("threshold", 0.5),
        ("threshold", "0.8"),
        ("assignment", "many-to-many"),
        ("protocol", "other"),
        ("measure", "jaccard"),
        ("solver", "optimal"),
        ("learns", {"hits_to": ["north", "south", "west"], "score": "exact", "decimals": 0}),
        ("learns", []),
        ("threshold", None),
    ],
)
def test_a_run_with_other_parameters_is_found(run, tmp_path, key, value):
    declared = run.acts[run.place("run-started")].body["parameters"]
    cheat = run.rewritten("run-started", parameters=declared | {key: value})
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "parameters"
    assert key in detail


@pytest.mark.parametrize("key", ["extra", "\x1b[31m", "\u202e"])
def test_a_parameter_that_was_not_agreed_is_found_and_not_repeated(run, tmp_path, key):
    declared = run.acts[run.place("run-started")].body["parameters"]
    cheat = run.rewritten("run-started", parameters=declared | {key: 1})
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "parameters"
    assert key not in detail


def test_a_parameter_left_out_is_found(run, tmp_path):
    declared = dict(run.acts[run.place("run-started")].body["parameters"])
    del declared["threshold"]
    cheat = run.rewritten("run-started", parameters=declared)
    assert failure(cheat.write(tmp_path / "run")) == (
        "parameters",
        "the run's threshold is not the agreement's",
    )


def test_a_dropped_unit_is_found(run, tmp_path):
    received = run.acts[run.place("datasets-received")].body["datasets"]
    cheat = run.with_act(run.place(MANIFEST_KIND, "west")).rewritten(
        "datasets-received", datasets=received[:2]
    )
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "datasets"
    assert "west is missing" in detail


def test_a_dataset_received_but_never_declared_is_found(run, tmp_path):
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"))
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_another_dataset_than_the_declared_one_is_found(run, tmp_path):
    received = [dict(each) for each in run.acts[run.place("datasets-received")].body["datasets"]]
    received[1]["digest"] = "00" * 32
    cheat = run.rewritten("datasets-received", datasets=received)
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "datasets"
    assert "south" in detail


def test_swapped_datasets_are_found(run, tmp_path):
    received = run.acts[run.place("datasets-received")].body["datasets"]
    swapped = [
        {"unit": received[0]["unit"], "digest": received[1]["digest"]},
        {"unit": received[1]["unit"], "digest": received[0]["digest"]},
        received[2],
    ]
    cheat = run.rewritten("datasets-received", datasets=swapped)
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_swapped_manifests_are_found(run, tmp_path):
    first, second = run.place(MANIFEST_KIND, "north"), run.place(MANIFEST_KIND, "south")
    cheat = run.with_act(first, run.acts[second]).with_act(second, run.acts[first])
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_a_dataset_counted_twice_is_found(run, tmp_path):
    place = run.place(MANIFEST_KIND, "north")
    cheat = run.with_act(place, run.acts[place], run.acts[place])
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_a_dataset_made_for_another_agreement_is_found(run, tmp_path, signed_agreement, make_manifest):
    other = make_manifest(signed_agreement(threshold=0.5), "south")
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"), other)
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "datasets"
    assert "another agreement" in detail or "made for agreement" in detail


def test_a_manifest_that_a_unit_signs_for_another_is_found(run, tmp_path, make_manifest):
    forged = make_manifest(run.agreement, "south", unit="west")
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"), forged)
    assert failure(cheat.write(tmp_path / "run"))[0] == "datasets"


def test_two_units_that_sign_for_each_other_are_found(run, tmp_path, make_manifest):
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


def test_one_more_dataset_received_than_declared_is_found(run, tmp_path):
    received = run.acts[run.place("datasets-received")].body["datasets"]
    cheat = run.rewritten("datasets-received", datasets=[*received, received[-1]])
    assert failure(cheat.write(tmp_path / "run")) == ("datasets", "4 datasets were received, and 3 declared")


def test_units_with_different_secrets_are_found(run, tmp_path, make_manifest):
    other = make_manifest(run.agreement, "south", confirmation=canonical.to_base64(b"\1" * 32))
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"), other)
    digest = canonical.digest(other.to_json())
    received = [dict(each) for each in run.acts[run.place("datasets-received")].body["datasets"]]
    received[1]["digest"] = digest
    name, detail = failure(cheat.rewritten("datasets-received", datasets=received).write(tmp_path / "run"))
    assert name == "datasets"
    assert "linkage secret" in detail


def test_a_manifest_that_the_broker_wrote_is_found(run, tmp_path):
    place = run.place(MANIFEST_KIND, "south")
    body = run.acts[place].body | {"records": 3}
    by_hub = run.rings["hub"].sign(MANIFEST_KIND, body)
    assert failure(run.with_act(place, by_hub).write(tmp_path / "a"))[0] == "signers"
    in_anothers_name = msgspec.structs.replace(by_hub, signer="south")
    assert failure(run.with_act(place, in_anothers_name).write(tmp_path / "b"))[0] == "signers"


def test_an_event_that_a_unit_wrote_is_found(run, tmp_path):
    place = run.place("run-started")
    by_north = run.rings["north"].sign(KIND, run.acts[place].body)
    assert failure(run.with_act(place, by_north).write(tmp_path / "run"))[0] == "signers"


def test_an_act_of_a_stranger_is_found(run, tmp_path, stranger):
    place = run.place("run-started")
    theirs = stranger.sign(KIND, run.acts[place].body)
    name, detail = failure(run.with_act(place, theirs).write(tmp_path / "run"))
    assert name == "signers"
    assert "not in the agreement" in detail


def test_an_envelope_of_another_kind_is_found(run, tmp_path):
    other = run.rings["hub"].sign("pplink/remark/1", {"text": "hello"})
    assert failure(run.with_act(3, run.acts[3], other).write(tmp_path / "run"))[0] == "signers"


def test_hits_delivered_to_a_unit_that_may_not_learn_them_are_found(
    run, signed_agreement, make_run, tmp_path
):
    def only_north(terms):
        terms["learns"]["hits_to"] = ["north"]

    narrow = make_run(signed_agreement(change=only_north))
    south = run.acts[run.place("hits-delivered", "south")]
    cheat = replace(
        narrow, acts=(*narrow.acts, south), sealed={**narrow.sealed, "south": run.sealed["south"]}
    )
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "recipients"
    assert "south" in detail


@pytest.mark.parametrize("recipient", ["hub", "officer", "elsewhere"])
def test_hits_delivered_to_a_stranger_are_found(run, tmp_path, recipient):
    cheat = run.rewritten("hits-delivered", "south", unit=recipient)
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "recipients"
    assert recipient in detail


def test_hits_that_were_never_delivered_are_found(run, tmp_path):
    cheat = run.with_act(run.place("hits-delivered", "south"))
    assert failure(cheat.write(tmp_path / "run"))[0] == "recipients"


def test_hits_delivered_twice_are_found(run, tmp_path):
    place = run.place("hits-delivered", "south")
    cheat = run.with_act(place, run.acts[place], run.acts[place])
    assert failure(cheat.write(tmp_path / "run"))[0] == "recipients"


@pytest.mark.parametrize("change", [{"hits": 4}, {"hits": 0}])
def test_a_delivery_of_another_number_of_hits_is_found(run, tmp_path, change):
    cheat = run.rewritten("hits-delivered", "south", **change)
    assert failure(cheat.write(tmp_path / "run"))[0] == "recipients"


@pytest.mark.parametrize("change", [{"sha256": "00" * 32}, {"bytes": 1}])
def test_a_delivery_of_another_file_is_found(run, tmp_path, change):
    cheat = run.rewritten("hits-delivered", "south", **change)
    assert failure(cheat.write(tmp_path / "run"))[0] == "hits"


def deliver(run, unit, data):
    sealed = {**run.sealed, unit: data}
    digest = hashlib.sha256(data).hexdigest()
    return replace(run, sealed=sealed).rewritten("hits-delivered", unit, sha256=digest, bytes=len(data))


def test_a_file_addressed_to_another_key_is_found(run, tmp_path, stranger):
    own = run.agreement.party("south").fingerprint.encode()
    data = run.sealed["south"].replace(own, stranger.card.fingerprint.encode())
    name, detail = failure(deliver(run, "south", data).write(tmp_path / "run"))
    assert name == "hits"
    assert "addressed" in detail


@pytest.mark.parametrize(
    "data", [b"", b"no header", b"\n", b"{}\n", b"null\n", b"[1]\nx", b"\xff\n", b"x" * 9000 + b"\n"]
)
def test_a_file_without_a_header_is_found(run, tmp_path, data):
    assert failure(deliver(run, "south", data).write(tmp_path / "run"))[0] == "hits"


def test_a_file_of_another_unit_is_found(run, tmp_path):
    cheat = deliver(run, "south", run.sealed["north"])
    assert failure(cheat.write(tmp_path / "run"))[0] == "hits"


def test_two_runs_mixed_are_found(run, make_run, tmp_path):
    other = make_run(run.agreement, "3a2b")
    for place, (one, two) in enumerate(zip(run.acts, other.acts, strict=True)):
        if one != two:
            name, detail = failure(run.with_act(place, two).write(tmp_path / str(place)))
            assert name == "order"
            assert "run 3a2b" in detail


def test_a_whole_other_run_under_this_name_is_found(run, make_run, tmp_path):
    other = replace(make_run(run.agreement, "3a2b"), name="2f1c")
    assert failure(other.write(tmp_path / "run"))[0] == "order"


@pytest.mark.parametrize("place", range(12))
def test_two_acts_in_each_others_place_are_found(run, tmp_path, place):
    cheat = run.with_act(place, run.acts[place + 1]).with_act(place + 1, run.acts[place])
    assert failure(cheat.write(tmp_path / "run"))[0] in ("order", "completion", "datasets", "recipients")


@pytest.mark.parametrize("place", range(13))
def test_an_act_left_out_is_found(run, tmp_path, place):
    found = failure(run.with_act(place).write(tmp_path / "run"))[0]
    assert found in ("order", "completion", "datasets", "recipients")


@pytest.mark.parametrize("place", range(13))
def test_an_act_twice_is_found(run, tmp_path, place):
    cheat = run.with_act(place, run.acts[place], run.acts[place])
    assert failure(cheat.write(tmp_path / "run"))[0] in ("order", "completion", "datasets", "recipients")


@pytest.mark.parametrize("length", range(13))
def test_a_shorter_log_is_found_though_its_checkpoint_is_good(run, tmp_path, length):
    cheat = replace(run, acts=run.acts[:length])
    assert failure(cheat.write(tmp_path / "run"))[0] in ("order", "recipients")


def test_a_unit_with_a_second_signature_is_found(run, tmp_path):
    place = run.place("pplink/agreement-signature/1", "south")
    again = run.rings["south"].sign(
        run.acts[place].kind, run.acts[place].body | {"at": "2020-01-01T00:00:00Z"}
    )
    assert failure(run.with_act(place, again).write(tmp_path / "run"))[0] == "completion"


@pytest.mark.parametrize(
    "change",
    [{"agreement": "00" * 32}, {"sha256": "00" * 32}, {"signers": ["north", "south"]}, {"signers": []}],
)
def test_another_agreement_completed_is_found(run, tmp_path, change):
    cheat = run.rewritten("agreement-completed", **change)
    assert failure(cheat.write(tmp_path / "run"))[0] == "completion"


def test_time_running_back_is_found(run, tmp_path):
    cheat = run.rewritten("run-finished", at="2020-01-01T00:00:00Z")
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "order"
    assert "before what it follows" in detail


def test_a_run_after_the_agreement_ended_is_found(run, tmp_path):
    late = f"{run.agreement.terms.valid_until + timedelta(days=1)}T00:00:00Z"
    cheat = run
    for event in ("run-finished", "hits-delivered"):
        cheat = cheat.rewritten(event, at=late)
    for unit in ("south", "west"):
        cheat = cheat.rewritten("hits-delivered", unit, at=late)
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "dates"
    assert "run-finished" in detail


@pytest.mark.parametrize("days", [-1, 31])
def test_a_dataset_made_out_of_time_is_found(run, tmp_path, make_manifest, days):
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
        {"comparisons": 349},
        {"found": 6},
        {"found": 351},
        {"clusters": 0},
        {"clusters": 8},
        {"links": []},
        {"links": [{"left": "north", "right": "south", "links": 7}]},
        {
            "links": [
                {"left": "south", "right": "north", "links": 4},
                {"left": "north", "right": "west", "links": 2},
                {"left": "south", "right": "west", "links": 1},
            ]
        },
        {
            "found": 20,
            "links": [
                {"left": "north", "right": "south", "links": 4},
                {"left": "north", "right": "west", "links": 6},
                {"left": "south", "right": "west", "links": 1},
            ],
        },
    ],
)
def test_counts_that_cannot_be_are_found(run, tmp_path, change):
    counts = run.acts[run.place("run-finished")].body["counts"]
    cheat = run.rewritten("run-finished", counts=counts | change)
    assert failure(cheat.write(tmp_path / "run"))[0] == "counts"


@pytest.mark.parametrize(
    ("chosen", "counts", "ok"),
    [
        ({}, {"recall": 0.999, "cut": 7}, True),
        ({"strategy": "lsh", "recall": 0.5, "seed": 9}, {"recall": 0.5}, True),
        ({"strategy": "exact", "recall": 0.5}, {"recall": 1}, True),
        ({}, {"recall": 0.99}, False),
        ({"recall": 0.5}, {"recall": 0.6}, False),
        ({"strategy": "exact"}, {"recall": 0.999}, False),
        ({}, {"recall": 1, "cut": 7}, False),
    ],
    ids=str,
)
def test_a_run_finds_as_many_as_it_set_out_to(run, tmp_path, chosen, counts, ok):
    started, finished = (run.acts[run.place(f"run-{what}")].body for what in ("started", "finished"))
    told = run.rewritten("run-started", chosen=started["chosen"] | chosen)
    told = told.rewritten("run-finished", counts=finished["counts"] | counts)
    folder = told.write(tmp_path / "run")
    assert verify(folder).first_failure is None if ok else failure(folder)[0] == "counts"


def test_a_checkpoint_by_another_party_is_found(run, tmp_path):
    assert failure(run.write(tmp_path / "run", signer="north"))[0] == "checkpoint"


def test_an_earlier_checkpoint_is_found(run, tmp_path):
    folder = run.write(tmp_path / "run")
    earlier = replace(run, acts=run.acts[:-1]).write(tmp_path / "earlier")
    (folder / CHECKPOINT).write_bytes((earlier / CHECKPOINT).read_bytes())
    assert failure(folder) == ("log", f"{LOG} has 13 lines, and the checkpoint says 12")


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
def test_a_manifest_that_cannot_be_is_found(run, tmp_path, make_manifest, change):
    other = make_manifest(run.agreement, "south", **change)
    received = [dict(each) for each in run.acts[run.place("datasets-received")].body["datasets"]]
    received[1]["digest"] = canonical.digest(other.to_json())
    cheat = run.with_act(run.place(MANIFEST_KIND, "south"), other).rewritten(
        "datasets-received", datasets=received
    )
    assert failure(cheat.write(tmp_path / "run"))[0] in ("datasets", "dates")


def test_a_dataset_of_other_bits_is_found(run, tmp_path, make_manifest):
    honest = run.acts[run.place(MANIFEST_KIND, "south")].body
    narrow = {**honest["tensors"]["encoding"], "shape": [20, 8]}
    other = make_manifest(
        run.agreement, "south", encoding={"bits": 512}, tensors={**honest["tensors"], "encoding": narrow}
    )
    name, detail = failure(run.with_act(run.place(MANIFEST_KIND, "south"), other).write(tmp_path / "run"))
    assert name == "datasets"
    assert "512 bits" in detail


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e9, 1e9)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_whatever_a_party_signs_the_auditor_gets_a_report(run, tmp_path_factory, data):
    place = data.draw(st.integers(0, len(run.acts) - 1))
    old = run.acts[place]
    key = data.draw(st.sampled_from(sorted(old.body)) | st.text(max_size=9))
    body = old.body | {key: data.draw(JSON)}
    assume(body != old.body and key != "software")  # free text: a broker may run what it likes
    cheat = run.with_act(place, run.rings[old.signer].sign(old.kind, body))
    name, _ = failure(cheat.write(tmp_path_factory.mktemp("fuzz") / "run"))
    assert name in ("order", "completion", "datasets", "parameters", "dates", "counts", "recipients", "hits")


def test_a_parameter_nested_without_end_is_found(run, tmp_path):
    deep: list = []
    for _ in range(300):
        deep = [deep]
    cheat = run.rewritten("run-started", parameters={"learns": deep})
    assert failure(cheat.write(tmp_path / "run"))[0] == "parameters"


def test_possible_hits_that_the_agreement_has_not_are_found_out(run, tmp_path):
    counts = run.acts[run.place("run-finished")].body["counts"]
    cheat = run.rewritten("run-finished", counts=counts | {"possible": counts["links"]})
    failure = verify(cheat.write(tmp_path / "counted")).first_failure
    assert failure is not None
    assert "possible hits are counted" in failure.detail
    cheat = run.rewritten("hits-delivered", "north", possible=3)
    failure = verify(cheat.write(tmp_path / "delivered")).first_failure
    assert failure is not None
    assert "possible hits" in failure.detail


def test_possible_hits_that_the_agreement_has_are_asked_for(make_run, signed_agreement, tmp_path):
    failure = verify(make_run(signed_agreement(possible=0.4)).write(tmp_path / "run")).first_failure
    assert failure is not None
    assert "possible hits are not counted" in failure.detail
