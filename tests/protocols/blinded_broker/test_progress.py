from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from protocols.blinded_broker import Progress
from protocols.blinded_broker.hits import TileHits
from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.loopback import run
from protocols.role import Frame

Maker = Callable[..., Any]


@pytest.fixture
def broken_off(run_of: Maker, rows_of: Maker) -> Callable[..., Any]:
    """A case of six tiles, and the progress of both units when the number-th frame of a kind was lost."""

    def make(kind: int, number: int, **options: Any) -> Any:
        alice = rows_of(3, 130, 1)
        bob = rows_of(4, 70, 1, alice)
        case = run_of(alice, bob, **options)
        seen = [0]

        def network(frame: Frame) -> Iterable[Frame]:
            seen[0] += frame.data[46] == kind
            return () if frame.data[46] == kind and seen[0] > number else (frame,)

        roles = case.make()
        with pytest.raises(PeerError):
            run(roles, network=network)
        progress = [role.progress for role in roles[:2]]
        return (alice, bob), case, progress

    return make


def taken_up(run_of: Maker, rows: Any, first: int, progress: list[Progress], **options: Any) -> list[Any]:
    """Roles of a new run, with new seeds, that go on from there."""
    roles = run_of(*rows, first_tile=first, **options).make(session=bytes(32), run=9)
    return [
        type(role)(
            session=role.session, parameters=role.parameters, rows=rows[n], seed=role._seed, spent=set(),
            earlier=Progress.from_bytes(progress[n].cut(first).to_bytes()),
        )
        for n, role in enumerate(roles[:2])
    ] + roles[2:]  # fmt: skip


@pytest.mark.parametrize(
    "options", [{}, {"scores": True}, {"reveal": "alice"}, {"reveal": "bob"}, {"sets": 2}], ids=str
)
@pytest.mark.parametrize(("kind", "number"), [(6, 0), (7, 2), (8, 3), (9, 4), (9, 5)])
def test_a_run_that_is_taken_up_has_the_whole_result(
    run_of: Maker, broken_off: Maker, options: dict[str, Any], kind: int, number: int
) -> None:
    if kind == 9 and options.get("reveal") == "alice":
        pytest.skip("there is no such message then")
    rows, case, progress = broken_off(kind, number, **options)
    first = min(each.tiles for each in progress)
    assert first == number
    roles = taken_up(run_of, rows, first, progress, **options)
    frames = run(roles)
    assert {role.name: case.result(role) for role in roles} == dict(case.answers)
    assert sum(frame.data[46] == 6 for frame in frames) == 6 - first


def test_no_mask_of_the_broken_run_serves_again(run_of: Maker, broken_off: Maker) -> None:
    rows, case, progress = broken_off(9, 2)
    bodies = [{frame.data[64:-16] for frame in run(case.make()) if frame.data[46] not in (1, 4)}]
    frames = run(taken_up(run_of, rows, 2, progress))
    bodies.append({frame.data[64:-16] for frame in frames if frame.data[46] not in (1, 4)})
    pieces = [{body[at : at + 64] for body in some for at in range(8, len(body) - 64, 8)} for some in bodies]
    assert not pieces[0] & pieces[1]


def test_earlier_hits_count_against_the_quota(run_of: Maker, broken_off: Maker) -> None:
    rows, case, progress = broken_off(9, 2)
    few = len(case.answers["alice"]) - 1
    with pytest.raises(RefusedError):
        run(taken_up(run_of, rows, 2, progress, quota=few))
    with pytest.raises(MisuseError):
        taken_up(run_of, rows, 2, progress, quota=len(progress[0].cut(2).hits.tile) - 1)


def test_hits_of_dropped_tiles_count_against_the_quota_though_they_are_found_again(
    run_of: Maker, broken_off: Maker
) -> None:
    rows, case, progress = broken_off(9, 5)
    dropped = progress[0].cut(2).dropped
    whole = len(case.answers["alice"]) + dropped
    assert dropped == len(progress[0].hits.tile) - len(progress[0].cut(2).hits.tile) > 0
    assert run(taken_up(run_of, rows, 2, progress, quota=whole))
    with pytest.raises(RefusedError):
        run(taken_up(run_of, rows, 2, progress, quota=whole - 1))


def test_what_was_dropped_in_runs_before_stays_counted(run_of: Maker, broken_off: Maker) -> None:
    rows, _, progress = broken_off(9, 5)
    roles = taken_up(run_of, rows, 2, progress)
    before = progress[0].cut(2)
    assert roles[0].progress.opened == before.opened == progress[0].opened
    again = Progress.of_parts([before, Progress(tiles=3, hits=before.cut(0).hits)]).cut(0)
    assert (again.dropped, len(again.hits.tile)) == (progress[0].opened, 0)


def test_progress_of_another_tile_is_not_taken_up(run_of: Maker, broken_off: Maker) -> None:
    rows, _, progress = broken_off(9, 3)
    roles = run_of(*rows, first_tile=2).make()
    with pytest.raises(MisuseError):
        type(roles[0])(
            session=bytes(32), parameters=roles[0].parameters, rows=rows[0], seed=bytes(32), spent=set(),
            earlier=progress[0],
        )  # fmt: skip
    with pytest.raises(MisuseError):
        progress[0].cut(5)


def test_progress_tells_nothing_when_printed(broken_off: Maker) -> None:
    _, _, progress = broken_off(9, 3, scores=True)
    assert repr(progress[0]) == f"Progress({progress[0].tiles} tiles, {len(progress[0].hits.tile)} hits)"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + bytes(8),
        lambda data: b"?" + data[1:],
        lambda data: data[:4] + bytes(8) + data[12:],
        lambda data: data[:12] + b"\xff" * 8 + data[20:],
        lambda data: data[:20] + b"\x04" + data[21:],
        lambda data: data[:36] + b"\xff" * 8 + data[44:],
    ],
)
def test_bytes_that_are_no_progress_are_refused(spoil: Callable[[bytes], bytes]) -> None:
    column = np.arange(3)
    hits = TileHits(tile=column, alice=column, bob=column, masked=column, own=column)
    data = Progress(tiles=3, hits=hits, dropped=7).to_bytes()
    assert Progress.from_bytes(data).dropped == 7
    assert Progress.from_bytes(data).to_bytes() == data
    with pytest.raises(MisuseError):
        Progress.from_bytes(spoil(data))
