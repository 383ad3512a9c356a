from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from pplink import canonical
from pplink.audit.folder import read_folder
from pplink.audit.header import SealedHeader
from pplink.disclosure import columns
from pplink.disclosure.columns import Hits
from pplink.disclosure.hits import open_hits, open_run, seal_hits
from pplink.errors import IntegrityError, PplinkError, RefusedError, UsageError
from pplink.keys import ring
from pplink.keys.sealing import seal

RUN = "2f1c"


@pytest.fixture(scope="module")
def agreement(signed_agreement):
    return signed_agreement(score="rounded", decimals=2)


@pytest.fixture(scope="module")
def hits():
    random = np.random.default_rng(7)
    return Hits(
        handle=random.integers(0, 256, (6, 16), dtype=np.uint8),
        units=("south", "west"),
        unit=np.array([0, 1, 0, 0, 1, 0], np.uint16),
        other=random.integers(0, 256, (6, 16), dtype=np.uint8),
        score=np.array([0.999, 0.95, 0.9, 0.85, 0.80001, 0.8]),
        cluster=random.integers(0, 256, (6, 8), dtype=np.uint8),
    )


@pytest.fixture(scope="module")
def sealed(agreement, hits):
    return seal_hits("north", agreement, RUN, hits)


def test_the_unit_opens_what_was_sealed_for_it(rings, agreement, hits, sealed):
    opened = open_hits(rings["north"], sealed, agreement_id=agreement.id)
    assert (opened.header.unit, opened.header.run, opened.header.agreement) == ("north", RUN, agreement.id)
    assert columns.to_json(opened.hits) == columns.to_json(hits.rounded("rounded", 2).sorted())


@pytest.mark.parametrize(("score", "decimals"), [("none", 0), ("rounded", 0), ("rounded", 1), ("exact", 0)])
def test_the_agreement_decides_what_a_score_says(rings, signed_agreement, hits, score, decimals):
    agreement = signed_agreement(score=score, decimals=decimals)
    opened = open_hits(rings["north"], seal_hits("north", agreement, RUN, hits)).hits
    if score == "none":
        assert opened.score is None
    else:
        assert sorted(opened.score.tolist()) == sorted(hits.rounded(score, decimals).score.tolist())


def test_the_order_does_not_tell_the_scores(rings, signed_agreement, hits):
    agreement = signed_agreement(score="none", decimals=0)
    opened = open_hits(rings["north"], seal_hits("north", agreement, RUN, hits)).hits
    handles = [row.tobytes() for row in opened.handle]
    assert handles == sorted(handles)
    assert handles != [row.tobytes() for row in hits.handle]


def test_no_hits_are_hits_too(rings, agreement):
    none = Hits(
        handle=np.zeros((0, 16), np.uint8),
        units=(),
        unit=np.zeros(0, np.uint16),
        other=np.zeros((0, 16), np.uint8),
        score=np.zeros(0),
        cluster=np.zeros((0, 8), np.uint8),
    )
    assert len(open_hits(rings["north"], seal_hits("north", agreement, RUN, none)).hits) == 0


def test_two_seals_of_the_same_hits_differ(agreement, hits, sealed):
    assert seal_hits("north", agreement, RUN, hits) != sealed


def test_nothing_but_the_header_is_in_the_clear(hits, sealed):
    header, _, rest = sealed.partition(b"\n")
    assert set(canonical.from_bytes(header)) == {"format", "agreement", "run", "unit", "recipient"}
    for row in (*hits.handle, *hits.other, *hits.cluster):
        assert row.tobytes() not in rest
        assert row.tobytes().hex().encode() not in rest


@pytest.mark.parametrize("name", ["south", "west", "hub", "officer"])
def test_nobody_else_opens_them(rings, sealed, name):
    with pytest.raises(RefusedError, match="sealed for unit north"):
        open_hits(rings[name], sealed)


def test_nobody_else_opens_them_under_another_header_either(rings, agreement, sealed):
    card = agreement.party("south")
    header = SealedHeader(agreement=agreement.id, run=RUN, unit="south", recipient=card.fingerprint)
    relabelled = header.to_line() + sealed.partition(b"\n")[2]
    with pytest.raises(IntegrityError):
        open_hits(rings["south"], relabelled)


def test_a_new_key_ring_of_the_same_unit_is_told_so(tmp_path, sealed):
    with pytest.raises(RefusedError, match="another key ring of north"):
        open_hits(ring.create(tmp_path / "home", "north", "unit"), sealed)


def test_hits_of_another_agreement_are_refused(rings, sealed):
    with pytest.raises(RefusedError, match="of agreement"):
        open_hits(rings["north"], sealed, agreement_id="0" * 64)


def test_hits_cannot_be_moved_to_another_run(rings, sealed):
    moved = sealed.replace(b'"run":"2f1c"', b'"run":"3a2b"', 1)
    with pytest.raises(IntegrityError):
        open_hits(rings["north"], moved)


def test_a_changed_byte_is_found(rings, sealed):
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1 << position % 8
        with pytest.raises((IntegrityError, RefusedError)) as caught:
            open_hits(rings["north"], bytes(damaged))
        assert caught.value.message.isprintable()


def test_a_changed_byte_of_what_is_sealed_is_an_integrity_error(rings, sealed):
    for position in range(sealed.index(b"\n") + 1, len(sealed), 5):
        damaged = bytearray(sealed)
        damaged[position] ^= 0x80
        with pytest.raises(IntegrityError):
            open_hits(rings["north"], bytes(damaged))


@pytest.mark.parametrize("length", [0, 1, 100, 200, 300, -1, -16])
def test_a_truncated_file_is_an_integrity_error(rings, sealed, length):
    with pytest.raises(IntegrityError):
        open_hits(rings["north"], sealed[:length])


@pytest.mark.parametrize(
    "data", [b"\n", b"{}\n", b"null\n", b"[]\n", b"\xff\n", b"no newline", b"x" * 9000 + b"\n", b"7\n" * 9]
)
def test_what_is_no_hits_file_is_an_integrity_error(rings, data):
    with pytest.raises(IntegrityError):
        open_hits(rings["north"], data)


@pytest.mark.parametrize(
    "plaintext", [b"", b"{}", b"null", b"[]", b"\xff", b"[" * 100000, b'{"hits":1e400}', b'{"a":1,"a":2}']
)
def test_nonsense_properly_sealed_is_an_integrity_error(rings, agreement, plaintext):
    card = agreement.party("north")
    header = SealedHeader(agreement=agreement.id, run=RUN, unit="north", recipient=card.fingerprint)
    data = header.to_line() + seal(card.sealing_key, header.to_json(), plaintext)
    with pytest.raises(IntegrityError, match="what was sealed"):
        open_hits(rings["north"], data)


def test_hits_of_a_unit_with_itself_are_refused_both_ways(rings, agreement, hits):
    with pytest.raises(UsageError):
        seal_hits("south", agreement, RUN, hits)
    card = agreement.party("south")
    header = SealedHeader(agreement=agreement.id, run=RUN, unit="south", recipient=card.fingerprint)
    plaintext = canonical.to_bytes(columns.to_json(hits))
    with pytest.raises(IntegrityError, match="with itself"):
        open_hits(rings["south"], header.to_line() + seal(card.sealing_key, header.to_json(), plaintext))


@pytest.mark.parametrize("unit", ["west", "hub", "stranger"])
def test_who_may_not_learn_hits_gets_none(signed_agreement, hits, unit):
    def only_north(terms):
        terms["learns"]["hits_to"] = ["north"]

    with pytest.raises(RefusedError, match="does not let"):
        seal_hits(unit, signed_agreement(change=only_north), RUN, hits)


def test_every_error_is_ours(rings, sealed):
    random = np.random.default_rng(3)
    for _ in range(300):
        damaged = bytearray(sealed)
        for position in random.integers(0, len(sealed), 3):
            damaged[position] = random.integers(0, 256)
        try:
            open_hits(rings["north"], bytes(damaged))
        except PplinkError:
            continue
        assert bytes(damaged) == sealed


@pytest.mark.parametrize("run", ["", "A run", "../run", "a" * 65])
def test_hits_of_a_run_that_cannot_be_named_are_not_sealed(agreement, hits, run):
    with pytest.raises(UsageError):
        seal_hits("north", agreement, run, hits)


@pytest.fixture
def deliver(run, tmp_path):
    """A run folder with these hits for north."""

    def make(hits: Hits, name: str = "run"):
        data = seal_hits("north", run.agreement, run.name, hits)
        digest = hashlib.sha256(data).hexdigest()
        with_hits = replace(run, sealed={**run.sealed, "north": data})
        told = with_hits.rewritten("hits-delivered", "north", sha256=digest, bytes=len(data))
        return told.write(tmp_path / name)

    return make


@pytest.fixture
def delivered(deliver, hits):
    """With as many hits as its log tells of."""
    return deliver(hits)


def test_a_unit_opens_its_hits_in_a_run_folder(run, rings, hits, delivered):
    opened = open_run(rings["north"], delivered, agreement_id=run.agreement.id)
    assert len(opened.hits) == len(hits)


def test_hits_in_a_folder_that_does_not_verify_stay_closed(rings, delivered):
    path = delivered / "log.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match="log"):
        open_run(rings["north"], delivered)


def test_hits_that_somebody_put_there_stay_closed(run, rings, hits, delivered):
    (delivered / "hits/north.sealed").write_bytes(seal_hits("north", run.agreement, run.name, hits))
    with pytest.raises(IntegrityError, match="not the file that was delivered"):
        open_run(rings["north"], delivered)


def test_hits_that_somebody_puts_there_once_the_folder_is_verified_stay_closed(
    run, rings, hits, delivered, monkeypatch
):
    def verified_then_replaced(place):
        found = read_folder(place)
        (place / "hits/north.sealed").write_bytes(seal_hits("north", run.agreement, run.name, hits))
        return found

    monkeypatch.setattr("pplink.audit.folder.read_folder", verified_then_replaced)
    with pytest.raises(IntegrityError, match=r"hits/north\.sealed was changed") as caught:
        open_run(rings["north"], delivered)
    assert caught.value.hint


def test_fewer_hits_than_the_log_tells_of_are_found_by_their_unit(rings, hits, deliver):
    few = Hits(
        handle=hits.handle[1:],
        units=hits.units,
        unit=hits.unit[1:],
        other=hits.other[1:],
        score=hits.score[1:],
        cluster=hits.cluster[1:],
    )
    with pytest.raises(IntegrityError, match="they are 3 with south, and 4 were counted") as caught:
        open_run(rings["north"], deliver(few))
    assert caught.value.hint


def test_a_unit_that_learns_nothing_is_told_so(signed_agreement, make_run, rings, tmp_path):
    def only_north(terms):
        terms["learns"]["hits_to"] = ["north"]

    folder = make_run(signed_agreement(change=only_north)).write(tmp_path / "run")
    with pytest.raises(RefusedError, match="no hits for unit south"):
        open_run(rings["south"], folder)


def test_a_run_that_is_not_there_is_a_mistake_of_the_caller(rings, tmp_path):
    with pytest.raises(UsageError):
        open_run(rings["north"], tmp_path / "nothing")
