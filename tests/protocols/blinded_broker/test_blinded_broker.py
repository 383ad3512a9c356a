from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from protocols.blinded_broker import Alice, Parameters, greeting, hits, parameters, unit
from protocols.blinded_broker.messages import AliceResult, AliceShare, BobOpening, Names, Records, Scores
from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.loopback import run

Maker = Callable[..., Any]


def answered(case: Any) -> None:
    roles = case.make()
    run(roles)
    assert {role.name: case.result(role) for role in roles} == dict(case.answers)


@pytest.mark.parametrize("reveal", ["both", "alice", "bob"])
@pytest.mark.parametrize("sizes", [(3, 2), (64, 65), (130, 3), (3, 130)])
def test_hits_are_those_of_the_plain_computation(
    run_of: Maker, rows_of: Maker, reveal: str, sizes: tuple[int, int]
) -> None:
    alice = rows_of(5, sizes[0], 1)
    answered(run_of(alice, rows_of(6, sizes[1], 1, alice), reveal=reveal))


@pytest.mark.parametrize("threshold", ["1/100", "1/2", "2/3", "17/20", "853/1000", "1"])
@pytest.mark.parametrize("measure", ["dice", "jaccard"])
def test_every_threshold_is_exact(run_of: Maker, rows_of: Maker, threshold: str, measure: str) -> None:
    alice = rows_of(7, 40, 2)
    bob = rows_of(8, 30, 2, alice)
    answered(run_of(alice, bob, threshold=Fraction(threshold), measure=measure, scores=True))


@pytest.mark.parametrize("reveal", ["both", "alice", "bob"])
@pytest.mark.parametrize("variants", [(2, 1), (1, 3), (2, 2), (3, 2), (4, 2), (8, 1), (1, 5)])
def test_one_pair_of_variants_suffices_for_a_hit(
    run_of: Maker, rows_of: Maker, reveal: str, variants: tuple[int, int]
) -> None:
    alice = rows_of(9, 70 * variants[0], 1)
    bob = rows_of(10, 67 * variants[1], 1, alice[::-1])
    options = {"alice_variants": variants[0], "bob_variants": variants[1], "reveal": reveal}
    case = run_of(alice, bob, **options)
    assert len(case.answers["alice"] or case.answers["bob"]) > 5
    answered(case)


@pytest.mark.parametrize("reveal", ["both", "alice", "bob"])
@pytest.mark.parametrize("variants", [(3, 3), (5, 4), (1, 17), (16, 16), (65, 1)])
def test_many_variants_take_several_levels(
    run_of: Maker, rows_of: Maker, reveal: str, variants: tuple[int, int]
) -> None:
    alice = rows_of(9, 5 * variants[0], 1)
    bob = rows_of(10, 7 * variants[1], 1, alice[::-1])
    options = {"alice_variants": variants[0], "bob_variants": variants[1], "reveal": reveal}
    case = run_of(alice, bob, threshold=Fraction(17, 20), **options)
    assert 0 < len(case.answers["alice"] or case.answers["bob"]) < 35
    answered(case)


@pytest.mark.parametrize("place", [0, 3, 100, 254, 255])
def test_a_person_may_have_empty_variants_anywhere(run_of: Maker, place: int) -> None:
    """One pair of 256 is alike, in a place that tells nothing."""
    alice, bob = (np.zeros((3 * 16, 1), np.uint64) for _ in range(2))
    alice[16 + place // 16], bob[32 + place % 16] = 0x00FF00FF00FF00FF, 0x00FF00FF00FF00FE
    case = run_of(alice, bob, alice_variants=16, bob_variants=16)
    assert case.answers["alice"] == [(1, 2, 0)]
    answered(case)


@pytest.mark.parametrize("window", [1, 3])
def test_tiles_of_several_levels_overlap(run_of: Maker, rows_of: Maker, window: int) -> None:
    alice = rows_of(9, 130 * 3, 1)
    answered(run_of(alice, rows_of(10, 70 * 2, 1, alice), alice_variants=3, bob_variants=2, window=window))


@pytest.mark.parametrize("sender", ["alice", "bob"])
def test_a_peer_that_ends_no_tile_gets_no_more_of_them(run_of: Maker, rows_of: Maker, sender: str) -> None:
    """Else it could make us keep what all tiles need."""
    alice = rows_of(9, 700, 1)
    roles = {role.name: role for role in run_of(alice, rows_of(10, 70, 1, alice)).make()}
    liar, victim = roles[sender], roles["bob" if sender == "alice" else "alice"]
    place = {"alice": ("tiles", "bob", BobOpening), "bob": ("tiles", "alice", AliceShare)}[sender]
    honest, ends = liar.TABLE[place], {"alice": AliceResult, "bob": BobOpening}[sender]
    silent = lambda *given: [s for s in honest(*given) if not isinstance(s.message, ends)]  # noqa: E731
    liar.TABLE = {**liar.TABLE, place: silent}
    liar.keep_tile = lambda tile, kept, _: liar._waiting.update({tile: kept})
    with pytest.raises(PeerError) as caught:
        run(list(roles.values()))
    assert (caught.value.check, caught.value.sender) == ("C9", sender)
    assert len(victim._waiting) == victim.parameters.unended == 4


PAIRED = {"layout": "paired", "pairs": 5, "told": 3, "quota": 50, "openings": 200}


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("batch", [1, 2, 3, 16])
@pytest.mark.parametrize("scores", [False, True])
def test_paired_blocks_meet_each_other_alone_and_each_pair_is_reported_once(
    run_of: Maker, rows_of: Maker, batch: int, window: int, scores: bool
) -> None:
    alice = rows_of(9, 70, 1)
    bob = rows_of(10, 60, 1, alice)
    case = run_of(alice, bob, batch=batch, window=window, scores=scores, **PAIRED)
    everywhere = run_of(alice, bob, scores=scores)
    assert 0 < len(case.answers["alice"]) < len(everywhere.answers["alice"])
    answered(case)
    roles = case.make()
    run(roles)
    assert len(roles[0].progress.hits.tile) > len(case.answers["alice"])


@pytest.mark.parametrize("variants", [(2, 1), (1, 3), (3, 3)])
def test_paired_blocks_hold_variants_and_hits_are_of_persons(
    run_of: Maker, rows_of: Maker, variants: tuple[int, int]
) -> None:
    alice = rows_of(9, 20 * variants[0], 1)
    bob = rows_of(10, 22 * variants[1], 1, alice)
    case = run_of(alice, bob, alice_variants=variants[0], bob_variants=variants[1], **PAIRED)
    assert len(case.answers["alice"]) > 3
    answered(case)


@pytest.mark.parametrize("quota", [{"quota": 8}, {"quota": 8, "openings": 9}])
def test_more_hits_than_the_quota_are_refused_in_paired_blocks(
    run_of: Maker, rows_of: Maker, quota: dict[str, int]
) -> None:
    alice = rows_of(9, 70, 1)
    roles = run_of(alice, rows_of(10, 60, 1, alice), **PAIRED | quota).make()
    with pytest.raises(RefusedError):
        run(roles)
    assert [role.result for role in roles[:2]] == [None, None]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: p[:-1],
        lambda p: p.astype(np.int32),
        lambda p: np.full_like(p, 70),
        lambda p: np.full_like(p, -2),
    ],
)
def test_fillings_that_do_not_fit_are_refused(
    run_of: Maker, rows_of: Maker, spoil: Callable[..., Any]
) -> None:
    alice = rows_of(9, 70, 1)
    roles = run_of(alice, rows_of(10, 60, 1, alice), **PAIRED).make()
    filling = roles[0]._filling
    roles[0]._filling = type(filling)(spoil(filling.places), filling.words)
    with pytest.raises(MisuseError):
        run(roles)


def test_paired_blocks_and_they_alone_need_a_filling(run_of: Maker, rows_of: Maker) -> None:
    rows = rows_of(9, 70, 1)
    common = {"session": bytes(32), "rows": rows, "seed": bytes(32), "spent": set()}
    roles = run_of(rows, rows, **PAIRED).make()
    with pytest.raises(MisuseError):
        Alice(parameters=roles[0].parameters, **common)
    with pytest.raises(MisuseError):
        Alice(parameters=Parameters(bits=64, threshold=Fraction(4, 5)), filling=roles[0]._filling, **common)


@pytest.mark.parametrize("part", [1, 7, 100, 199, 200])
def test_names_and_scores_go_in_parts(
    run_of: Maker, rows_of: Maker, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    for module in (parameters, hits, unit):
        monkeypatch.setattr(module, "PART", part)
    alice = rows_of(9, 70, 1)
    case = run_of(alice, rows_of(10, 60, 1, alice), scores=True, **PAIRED)
    assert len(case.answers["alice"]) > 7
    answered(case)
    frames = [int.from_bytes(frame.data[46:48], "little") for frame in run(case.make())]
    assert frames.count(Names.NUMBER) == 2 * -(-200 // part)
    assert frames.count(Scores.NUMBER) == 2 * -(-50 // part)


@pytest.mark.parametrize("kind", [Names, Scores])
@pytest.mark.parametrize("spoil", [lambda words: words[:-1], lambda words: np.append(words, np.uint64(0))])
def test_a_part_of_another_length_is_refused(
    run_of: Maker, rows_of: Maker, monkeypatch: pytest.MonkeyPatch, kind: Any, spoil: Any
) -> None:
    for module in (parameters, hits, unit):
        monkeypatch.setattr(module, "PART", 20)
    alice = rows_of(9, 70, 1)
    roles = run_of(alice, rows_of(10, 60, 1, alice), scores=True, **PAIRED).make()
    framed = roles[0]._framed

    def lying(send: Any) -> Any:
        message = kind(words=spoil(send.message.words)) if isinstance(send.message, kind) else send.message
        return framed(replace(send, message=message))

    roles[0]._framed = lying
    with pytest.raises(PeerError) as caught:
        run(roles)
    assert (caught.value.check, caught.value.step) == ("C11", kind.STEP)


def test_the_longest_frame_does_not_grow_with_lists_and_quota() -> None:
    common = {"bits": 1024, "threshold": Fraction(17, 20), "layout": "paired", "pairs": 10}
    least, most = (
        Parameters(quota=quota, openings=8 * quota, **common).longest_frame() for quota in (10**6, 2**24)
    )
    assert least == most < 32 << 20


@pytest.mark.parametrize("sizes", [(560, 560), (300, 560), (560, 300), (560, 64), (64, 560)])
@pytest.mark.parametrize("ahead", [1, 2, 4])
def test_blocks_go_one_for_one_once_some_are_ahead(
    run_of: Maker, rows_of: Maker, monkeypatch: pytest.MonkeyPatch, ahead: int, sizes: tuple[int, int]
) -> None:
    """Else two long lists would fill the way between them before either unit takes anything."""
    monkeypatch.setattr(greeting, "AHEAD", ahead)
    alice = rows_of(5, sizes[0], 1)
    case = run_of(alice, rows_of(6, sizes[1], 1, alice))
    answered(case)
    sent = [
        frame.sender
        for frame in run(case.make())
        if int.from_bytes(frame.data[46:48], "little") == Records.NUMBER
    ]
    blocks = [-(-size // 64) for size in sizes]
    assert [sent.count(name) for name in ("alice", "bob")] == blocks
    gone = 2 * min(blocks)  # what the shorter list has is answered one for one
    lead = [sent[:n].count("alice") - sent[:n].count("bob") for n in range(gone)]
    assert max(map(abs, lead)) <= 2 * ahead


def test_a_unit_takes_no_records_long_before_their_tile(run_of: Maker, rows_of: Maker) -> None:
    """Else a peer could make it keep all at once."""
    alice = rows_of(9, 70, 1)
    roles = run_of(alice, rows_of(10, 60, 1, alice), **PAIRED, window=1).make()
    alice_role = roles[0]
    honest = alice_role.start
    alice_role.start = lambda: honest() + alice_role._next_masked()
    with pytest.raises(PeerError) as caught:
        run(roles)
    assert (caught.value.check, caught.value.sender) == ("C6", "alice")


def test_a_run_of_paired_blocks_is_taken_up(run_of: Maker, rows_of: Maker) -> None:
    alice = rows_of(9, 70, 1)
    bob = rows_of(10, 60, 1, alice)
    case = run_of(alice, bob, **PAIRED, window=1)
    roles = case.make()
    seen = [0]

    def network(frame: Any) -> Any:
        seen[0] += frame.data[46] == 9
        return () if seen[0] > 2 else (frame,)

    with pytest.raises(PeerError):
        run(roles, network=network)
    first = min(role.progress.tiles for role in roles[:2])
    again = run_of(alice, bob, **PAIRED, first_tile=first).make(session=bytes(32), run=4)
    for role, old in zip(again[:2], roles, strict=False):
        role._hits, role._counted = [old.progress.cut(first).hits], len(old.progress.cut(first).hits.tile)
    run(again)
    assert [case.result(role) for role in again[:2]] == [case.answers["alice"]] * 2


@pytest.mark.parametrize("step", range(6))
def test_an_aborted_run_is_taken_up_where_it_ended(run_of: Maker, rows_of: Maker, step: int) -> None:
    alice = rows_of(3, 130, 1)
    bob = rows_of(4, 70, 1, alice)
    whole = run_of(alice, bob).answers["alice"]
    roles = run_of(alice, bob, first_tile=step).make(session=bytes(32), run=step)
    run(roles)
    hits = {(i, j) for i, j, _ in whole if (i // 64) * 2 + j // 64 >= step}
    for role in roles[:2]:
        assert set(zip(role.result.alice.tolist(), role.result.bob.tolist(), strict=True)) == hits


def test_more_hits_than_the_quota_are_refused_before_our_result_is_sent(
    run_of: Maker, rows_of: Maker
) -> None:
    alice = rows_of(5, 20, 1)
    hits = len(run_of(alice, alice).answers["alice"])
    run(run_of(alice, alice, quota=hits).make())
    roles = run_of(alice, alice, quota=hits - 1).make()
    sent = []
    with pytest.raises(RefusedError):
        run(roles, network=lambda frame: sent.append(frame) or (frame,))
    assert roles[0].state == "failed"
    assert not any(frame.data[46] == 9 for frame in sent)
    assert [role.result for role in roles[:2]] == [None, None]


def test_units_that_agreed_on_other_parameters_do_not_meet(run_of: Maker, rows_of: Maker) -> None:
    rows = rows_of(5, 10, 1)
    roles = run_of(rows, rows).make()
    roles[1] = run_of(rows, rows, threshold=Fraction(3, 5)).make()[1]
    with pytest.raises(PeerError) as caught:
        run(roles)
    assert caught.value.check == "C1"


def test_the_frames_tell_nothing_by_their_number_or_length(run_of: Maker, rows_of: Maker) -> None:
    """Equal rows and strangers: the one run is all hits on the diagonal, the other has none."""
    rows = rows_of(5, 70, 1)
    shapes = []
    for other in (rows, rows_of(99, 70, 1)):
        frames = run(run_of(rows, other, scores=True, quota=100).make())
        shapes.append([(frame.sender, frame.recipient, len(frame.data)) for frame in frames])
    assert shapes[0] == shapes[1]


def test_a_unit_commits_to_its_rows(run_of: Maker, rows_of: Maker) -> None:
    rows = rows_of(5, 10, 1)
    changed = rows.copy()
    changed[3, 0] ^= np.uint64(1)
    first, same, other = (run_of(r, rows).make()[0].commitment for r in (rows, rows, changed))
    assert first == same != other
