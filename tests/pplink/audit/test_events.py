from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.audit.events import (
    KIND,
    TYPES,
    AgreementCompleted,
    Chosen,
    Counts,
    DatasetsReceived,
    Declared,
    HitsDelivered,
    LinkCount,
    RunFinished,
    RunStarted,
    read_event,
    read_time,
    sign_event,
    to_json,
    write_time,
)
from pplink.canonical import MalformedError
from pplink.keys import ring
from pplink.keys.signing import Signed, verify

AT, RUN, DIGEST = "2026-01-31T09:30:00Z", "2f1c", "ab" * 32
COUNTS = Counts(
    comparisons=100,
    recall=1.0,
    cut=0,
    found=3,
    clusters=2,
    links=(LinkCount(left="north", right="south", links=2),),
)
CHOSEN = Chosen(strategy="auto", recall=0.999, seed=0)
EVENTS = [
    AgreementCompleted(at=AT, run=RUN, agreement=DIGEST, sha256=DIGEST, signers=("north", "south")),
    DatasetsReceived(at=AT, run=RUN, datasets=(Declared(unit="north", digest=DIGEST),)),
    RunStarted(at=AT, run=RUN, parameters={"threshold": 0.8}, chosen=CHOSEN, software="pplink 0.1.0"),
    RunFinished(at=AT, run=RUN, counts=COUNTS),
    HitsDelivered(at=AT, run=RUN, unit="north", sha256=DIGEST, size=480, hits=3),
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    return ring.create(tmp_path_factory.mktemp("rings") / "hub", "hub", "broker")


def envelope(body: object) -> Signed:
    return Signed(kind=KIND, signer="hub", body=body, signature="")


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_reads_back_as_signed(hub, event):
    signed = sign_event(event, hub)
    verify(signed, hub.card.signing_key, KIND)
    assert read_event(signed) == event


def test_every_type_is_tried_here():
    assert [type(event) for event in EVENTS] == list(TYPES.values())
    assert [kind.__struct_config__.tag for kind in TYPES.values()] == list(TYPES)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_no_key_can_be_missing_unknown_or_null(event):
    body = to_json(event)
    for key in body:
        for changed in ({k: v for k, v in body.items() if k != key}, body | {key: None}, body | {"more": 1}):
            with pytest.raises(MalformedError, match=r"^\$\.body"):
                read_event(envelope(changed))


@pytest.mark.parametrize(
    "change",
    [
        {"type": "hits-undelivered"},
        {"type": 7},
        {"type": ["hits-delivered"]},
        {"at": "2026-01-31T09:30:00"},
        {"at": "2026-01-31T09:30:00+00:00"},
        {"at": "2026-01-31T09:30:00.5Z"},
        {"at": "2026-02-30T09:30:00Z"},
        {"at": "2026-01-31T24:00:00Z"},
        {"at": "0000-01-31T09:30:00Z"},
        {"at": "2026-01-31T09:30:00Z\n"},
        {"at": "٢٠٢٦-01-31T09:30:00Z"},
        {"run": ""},
        {"run": "UPPER"},
        {"run": "a" * 65},
        {"run": "a/b"},
        {"unit": "North"},
        {"unit": "../north"},
        {"sha256": DIGEST.upper()},
        {"sha256": DIGEST + "\n"},
        {"sha256": DIGEST[:-1]},
        {"bytes": -1},
        {"bytes": 2**53},
        {"bytes": 1.5},
        {"bytes": True},
        {"hits": "3"},
    ],
)
def test_an_impossible_value_is_refused(change):
    with pytest.raises(MalformedError):
        read_event(envelope(to_json(EVENTS[-1]) | change))


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "guess"},
        {"strategy": None},
        {"recall": 0},
        {"recall": 1.5},
        {"recall": "0.9"},
        {"seed": -1},
        {"seed": 0.5},
        {"seed": 2**53},
        {"more": 1},
    ],
    ids=str,
)
def test_a_choice_that_cannot_be_is_refused(change):
    body = to_json(EVENTS[2])
    with pytest.raises(MalformedError, match=r"^\$\.body\.chosen"):
        read_event(envelope(body | {"chosen": body["chosen"] | change}))


def test_an_event_that_cannot_be_read_is_not_signed(hub):
    with pytest.raises(MalformedError):
        sign_event(msgspec.structs.replace(EVENTS[-1], unit="../north"), hub)


def test_an_unknown_type_is_not_repeated_to_the_reader():
    with pytest.raises(MalformedError) as caught:
        read_event(envelope({"type": "\x1b[31m evil"}))
    assert "evil" not in str(caught.value)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 30)), st.integers(-14, 14))
def test_times_are_written_in_utc_and_whole_seconds(moment, offset):
    text = write_time(moment.replace(tzinfo=timezone(timedelta(hours=offset))))
    read = read_time(text)
    assert write_time(read) == text
    assert abs(read - moment.replace(tzinfo=UTC) + timedelta(hours=offset)) < timedelta(seconds=1)
