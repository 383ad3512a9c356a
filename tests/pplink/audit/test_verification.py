"""What verification says of an honest run, and of every cheat that we could think of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pplink.audit.events import KIND
from pplink.audit.folder import CHECKPOINT, LOG
from pplink.audit.verification import CHECKS, verify
from pplink.errors import UsageError

NAMES = [name for name, _, _ in CHECKS]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e9, 1e9)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


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


def test_another_agreement_than_the_one_known_is_found(failure, run, tmp_path):
    folder = run.write(tmp_path / "run")
    assert failure(folder, agreement_id="0" * 64)[0] == "agreement"


def test_another_broker_than_the_one_known_is_found(failure, run, tmp_path, stranger):
    folder = run.write(tmp_path / "run")
    assert verify(folder, broker_public=run.rings["hub"].card.signing_key).first_failure is None
    assert failure(folder, broker_public=stranger.card.signing_key)[0] == "checkpoint"


def test_a_wholly_invented_run_is_found_by_the_agreement_known(
    failure, signed_agreement, make_run, run, tmp_path
):
    invented = make_run(signed_agreement(threshold=0.5)).write(tmp_path / "run")
    assert verify(invented).first_failure is None
    assert failure(invented, agreement_id=run.agreement.id)[0] == "agreement"


def test_no_folder_is_a_mistake_of_the_caller(tmp_path):
    with pytest.raises(UsageError):
        verify(tmp_path / "nothing")


def test_an_empty_folder_lacks_an_agreement(failure, tmp_path):
    assert failure(tmp_path) == ("files", "agreement.json is missing")


def test_an_agreement_that_a_unit_did_not_sign_is_found(failure, signed_agreement, make_run, tmp_path):
    lacking = signed_agreement(signers=("north", "south"), threshold=0.77)
    assert failure(make_run(lacking).write(tmp_path / "run"))[0] == "signatures"


def test_an_event_that_a_unit_wrote_is_found(failure, run, tmp_path):
    place = run.place("run-started")
    by_north = run.rings["north"].sign(KIND, run.acts[place].body)
    assert failure(run.with_act(place, by_north).write(tmp_path / "run"))[0] == "signers"


def test_an_act_of_a_stranger_is_found(failure, run, tmp_path, stranger):
    place = run.place("run-started")
    theirs = stranger.sign(KIND, run.acts[place].body)
    name, detail = failure(run.with_act(place, theirs).write(tmp_path / "run"))
    assert name == "signers"
    assert "not in the agreement" in detail


def test_an_envelope_of_another_kind_is_found(failure, run, tmp_path):
    other = run.rings["hub"].sign("pplink/remark/1", {"text": "hello"})
    assert failure(run.with_act(3, run.acts[3], other).write(tmp_path / "run"))[0] == "signers"


def test_two_runs_mixed_are_found(failure, run, make_run, tmp_path):
    other = make_run(run.agreement, "3a2b")
    for place, (one, two) in enumerate(zip(run.acts, other.acts, strict=True)):
        if one != two:
            name, detail = failure(run.with_act(place, two).write(tmp_path / str(place)))
            assert name == "order"
            assert "run 3a2b" in detail


def test_a_whole_other_run_under_this_name_is_found(failure, run, make_run, tmp_path):
    other = replace(make_run(run.agreement, "3a2b"), name="2f1c")
    assert failure(other.write(tmp_path / "run"))[0] == "order"


@pytest.mark.parametrize("place", range(12))
def test_two_acts_in_each_others_place_are_found(failure, run, tmp_path, place):
    cheat = run.with_act(place, run.acts[place + 1]).with_act(place + 1, run.acts[place])
    assert failure(cheat.write(tmp_path / "run"))[0] in ("order", "completion", "datasets", "recipients")


@pytest.mark.parametrize("place", range(13))
def test_an_act_left_out_is_found(failure, run, tmp_path, place):
    found = failure(run.with_act(place).write(tmp_path / "run"))[0]
    assert found in ("order", "completion", "datasets", "recipients")


@pytest.mark.parametrize("place", range(13))
def test_an_act_twice_is_found(failure, run, tmp_path, place):
    cheat = run.with_act(place, run.acts[place], run.acts[place])
    assert failure(cheat.write(tmp_path / "run"))[0] in ("order", "completion", "datasets", "recipients")


@pytest.mark.parametrize("length", range(13))
def test_a_shorter_log_is_found_though_its_checkpoint_is_good(failure, run, tmp_path, length):
    cheat = replace(run, acts=run.acts[:length])
    assert failure(cheat.write(tmp_path / "run"))[0] in ("order", "recipients")


def test_a_unit_with_a_second_signature_is_found(failure, run, tmp_path):
    place = run.place("pplink/agreement-signature/1", "south")
    again = run.rings["south"].sign(
        run.acts[place].kind, run.acts[place].body | {"at": "2020-01-01T00:00:00Z"}
    )
    assert failure(run.with_act(place, again).write(tmp_path / "run"))[0] == "completion"


@pytest.mark.parametrize(
    "change",
    [{"agreement": "00" * 32}, {"sha256": "00" * 32}, {"signers": ["north", "south"]}, {"signers": []}],
)
def test_another_agreement_completed_is_found(failure, run, tmp_path, change):
    cheat = run.rewritten("agreement-completed", **change)
    assert failure(cheat.write(tmp_path / "run"))[0] == "completion"


def test_time_running_back_is_found(failure, run, tmp_path):
    cheat = run.rewritten("run-finished", at="2020-01-01T00:00:00Z")
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "order"
    assert "before what it follows" in detail


def test_a_run_after_the_agreement_ended_is_found(failure, run, tmp_path):
    late = f"{run.agreement.terms.valid_until + timedelta(days=1)}T00:00:00Z"
    cheat = run
    for event in ("run-finished", "hits-delivered"):
        cheat = cheat.rewritten(event, at=late)
    for unit in ("south", "west"):
        cheat = cheat.rewritten("hits-delivered", unit, at=late)
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "dates"
    assert "run-finished" in detail


def test_a_checkpoint_by_another_party_is_found(failure, run, tmp_path):
    assert failure(run.write(tmp_path / "run", signer="north"))[0] == "checkpoint"


def test_an_earlier_checkpoint_is_found(failure, run, tmp_path):
    folder = run.write(tmp_path / "run")
    earlier = replace(run, acts=run.acts[:-1]).write(tmp_path / "earlier")
    (folder / CHECKPOINT).write_bytes((earlier / CHECKPOINT).read_bytes())
    assert failure(folder) == ("log", f"{LOG} has 13 lines, and the checkpoint says 12")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_whatever_a_party_signs_the_auditor_gets_a_report(failure, run, tmp_path_factory, data):
    place = data.draw(st.integers(0, len(run.acts) - 1))
    old = run.acts[place]
    key = data.draw(st.sampled_from(sorted(old.body)) | st.text(max_size=9))
    body = old.body | {key: data.draw(JSON)}
    assume(body != old.body and key != "software")  # free text: a broker may run what it likes
    cheat = run.with_act(place, run.rings[old.signer].sign(old.kind, body))
    name, _ = failure(cheat.write(tmp_path_factory.mktemp("fuzz") / "run"))
    assert name in ("order", "completion", "datasets", "parameters", "dates", "counts", "recipients", "hits")
