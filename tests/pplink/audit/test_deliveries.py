"""Deliveries of a run: hits go to those that may learn them, whole, once, and sealed to their key."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from pplink.audit.verification import verify


def test_hits_delivered_to_a_unit_that_may_not_learn_them_are_found(
    failure, run, signed_agreement, make_run, tmp_path
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
def test_hits_delivered_to_a_stranger_are_found(failure, run, tmp_path, recipient):
    cheat = run.rewritten("hits-delivered", "south", unit=recipient)
    name, detail = failure(cheat.write(tmp_path / "run"))
    assert name == "recipients"
    assert recipient in detail


def test_hits_that_were_never_delivered_are_found(failure, run, tmp_path):
    cheat = run.with_act(run.place("hits-delivered", "south"))
    assert failure(cheat.write(tmp_path / "run"))[0] == "recipients"


def test_hits_delivered_twice_are_found(failure, run, tmp_path):
    place = run.place("hits-delivered", "south")
    cheat = run.with_act(place, run.acts[place], run.acts[place])
    assert failure(cheat.write(tmp_path / "run"))[0] == "recipients"


@pytest.mark.parametrize("change", [{"hits": 4}, {"hits": 0}])
def test_a_delivery_of_another_number_of_hits_is_found(failure, run, tmp_path, change):
    cheat = run.rewritten("hits-delivered", "south", **change)
    assert failure(cheat.write(tmp_path / "run"))[0] == "recipients"


@pytest.mark.parametrize("change", [{"sha256": "00" * 32}, {"bytes": 1}])
def test_a_delivery_of_another_file_is_found(failure, run, tmp_path, change):
    cheat = run.rewritten("hits-delivered", "south", **change)
    assert failure(cheat.write(tmp_path / "run"))[0] == "hits"


def deliver(run, unit, data):
    sealed = {**run.sealed, unit: data}
    digest = hashlib.sha256(data).hexdigest()
    return replace(run, sealed=sealed).rewritten("hits-delivered", unit, sha256=digest, bytes=len(data))


def test_a_file_addressed_to_another_key_is_found(failure, run, tmp_path, stranger):
    own = run.agreement.party("south").fingerprint.encode()
    data = run.sealed["south"].replace(own, stranger.card.fingerprint.encode())
    name, detail = failure(deliver(run, "south", data).write(tmp_path / "run"))
    assert name == "hits"
    assert "addressed" in detail


@pytest.mark.parametrize(
    "data", [b"", b"no header", b"\n", b"{}\n", b"null\n", b"[1]\nx", b"\xff\n", b"x" * 9000 + b"\n"]
)
def test_a_file_without_a_header_is_found(failure, run, tmp_path, data):
    assert failure(deliver(run, "south", data).write(tmp_path / "run"))[0] == "hits"


def test_a_file_of_another_unit_is_found(failure, run, tmp_path):
    cheat = deliver(run, "south", run.sealed["north"])
    assert failure(cheat.write(tmp_path / "run"))[0] == "hits"


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
