"""With a cache only datasets that changed are compared again, and the run is the one there would have been."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink import canonical
from pplink.audit.verification import verify
from pplink.broker import cache as cache_file
from pplink.broker import journal, linking
from pplink.broker.cache import Asked, Cache, from_bytes, to_bytes
from pplink.broker.linking import Effort, Found
from pplink.broker.matching import match, resume
from pplink.canonical import MalformedError
from pplink.disclosure import columns
from pplink.disclosure.hits import open_hits
from pplink.errors import IntegrityError, RefusedError, UnavailableError, UsageError
from pplink.join.backends import outline
from pplink.join.pairs import Pairs

SIZES = {"north": 60, "south": 50, "west": 40}
ASKED = Asked(
    left="0" * 64,
    right="1" * 64,
    records=(10, 20),
    bits=1024,
    measure="dice",
    threshold=0.8,
    chosen=Effort().chosen,
    software="pplink 0",
)
FOUND = Found(
    pairs=Pairs.ordered([0, 9, 3], [19, 0, 4], [0.9, 1.0, 0.8]),
    recall=0.999,
    cut=4,
)


def rows(unit: str, seed: int = 0) -> np.ndarray:
    """Of which 30 are persons of all units."""
    own = np.random.default_rng(seed + SIZES[unit]).integers(0, 2**64, (SIZES[unit], 16), np.uint64)
    own[:30] = np.random.default_rng(1).integers(0, 2**64, (30, 16), np.uint64)
    return own


@pytest.fixture
def crowd(desk):
    for unit, size in SIZES.items():
        desk.made(unit, size, encoding=rows(unit))
    return desk


@pytest.fixture
def compared(monkeypatch):
    """The sizes of all datasets that are compared from now on."""
    sizes = []
    join = linking.threshold_join

    def counted(left, right, *arguments, **options):
        sizes.append((len(left), len(right)))
        return join(left, right, *arguments, **options)

    monkeypatch.setattr(linking, "threshold_join", counted)
    return sizes


def go(desk, target, **options):
    options = {"now": lambda: desk.noon, "cache": desk.folder / "cache"} | options
    return match(desk.files, desk.agreement_file, desk.rings["hub"], desk.folder / target, **options)


def entries(desk) -> list[Path]:
    return sorted((desk.folder / "cache" / desk.agreement.id).iterdir())


def told(desk, target) -> list[bytes]:
    """What each unit learns."""
    sealed = [(desk.folder / target / "hits" / f"{unit}.sealed").read_bytes() for unit in SIZES]
    opened = [open_hits(desk.rings[unit], data).hits for unit, data in zip(SIZES, sealed, strict=True)]
    return [canonical.to_bytes(columns.to_json(each)) for each in opened]


def test_nothing_is_compared_again_when_nothing_changed(crowd, compared):
    first = go(crowd, "one")
    assert (sorted(compared), first.reused) == ([(50, 40), (60, 40), (60, 50)], 0)
    compared.clear()
    again = go(crowd, "two")
    assert (compared, again.reused) == ([], 3)
    assert (again.pairs, again.hits, again.clusters) == (first.pairs, first.hits, first.clusters)
    assert told(crowd, "two") == told(crowd, "one")
    assert verify(crowd.folder / "two", agreement_id=crowd.agreement.id).first_failure is None


def test_only_couples_of_a_dataset_that_changed_are_compared_again(crowd, compared):
    go(crowd, "one")
    before = entries(crowd)
    compared.clear()
    crowd.made("south", SIZES["south"], encoding=rows("south", seed=5))
    assert go(crowd, "two").reused == 1
    assert sorted(compared) == [(50, 40), (60, 50)]
    go(crowd, "three", cache=None)
    assert told(crowd, "two") == told(crowd, "three")
    assert (len(entries(crowd)), len(set(entries(crowd)) & set(before))) == (
        3,
        1,
    )  # what nobody needs is gone


def test_a_list_encoded_again_to_the_same_bits_has_not_changed(crowd, compared):
    go(crowd, "one")
    compared.clear()
    handles = np.random.default_rng(77).integers(0, 256, (SIZES["west"], 16), np.uint8)
    crowd.made("west", SIZES["west"], encoding=rows("west"), handle=handles, rejected=3)
    assert go(crowd, "two").reused == 3
    assert compared == []
    go(crowd, "three", cache=None)
    assert told(crowd, "two") == told(crowd, "three") != told(crowd, "one")


@pytest.mark.parametrize(
    "effort", [Effort(strategy="lsh"), Effort(recall=0.9), Effort(seed=1)], ids=("strategy", "recall", "seed")
)
def test_what_was_compared_otherwise_is_compared_again(crowd, compared, effort):
    go(crowd, "one")
    compared.clear()
    assert go(crowd, "two", effort=effort).reused == 0
    assert len(compared) == 3


def test_what_another_version_found_is_not_used(crowd, compared, monkeypatch):
    go(crowd, "one")
    monkeypatch.setattr(cache_file, "software", lambda: "pplink 99")
    assert go(crowd, "two").reused == 0


def test_the_number_of_threads_is_no_change(crowd):
    go(crowd, "one", effort=Effort(threads=1))
    assert go(crowd, "two", effort=Effort(threads=2)).reused == 3


def test_a_stated_recall_and_what_was_cut_are_remembered(crowd):
    effort = Effort(strategy="lsh", recall=0.8)
    outcomes = [go(crowd, name, effort=effort) for name in ("one", "two")]
    assert [each.reused for each in outcomes] == [0, 3]
    assert outcomes[0].recall == outcomes[1].recall
    assert outcomes[0].cut == outcomes[1].cut


def test_only_what_will_be_compared_is_explained(crowd):
    explained = []
    go(crowd, "one", explained=explained.extend)
    assert [units for *units, _ in explained] == [["north", "south"], ["north", "west"], ["south", "west"]]
    explained.clear()
    crowd.made("west", SIZES["west"], encoding=rows("west", seed=2))
    go(crowd, "two", explained=explained.extend)
    assert [units for *units, _ in explained] == [["north", "west"], ["south", "west"]]


def test_progress_ends_with_all_done_whatever_was_reused(crowd):
    for name in ("one", "two"):
        calls = []
        go(crowd, name, progress=lambda *call, calls=calls: calls.append(call))
        assert calls == sorted(calls)
        assert calls[-1][0] == calls[-1][1] == 60 * 50 + 60 * 40 + 50 * 40


@pytest.fixture
def put_by(monkeypatch):
    """A journal with a piece for every step."""
    monkeypatch.setattr(outline, "PAIRS", 1)
    monkeypatch.setattr(journal, "EVERY", 0)


def stop_in_the_second(done, _):
    """Ctrl-C when the first couple is done."""
    if done > 60 * 50:
        raise KeyboardInterrupt


@pytest.mark.usefixtures("put_by")
def test_a_match_broken_off_leaves_whole_couples_in_the_cache(crowd, compared):
    with pytest.raises(KeyboardInterrupt):
        go(crowd, "one", progress=stop_in_the_second)
    assert len(entries(crowd)) == 1
    options = {"now": lambda: crowd.noon, "cache": crowd.folder / "cache"}
    compared.clear()
    assert resume(crowd.folder / "one", crowd.rings["hub"], **options).reused == 1
    assert compared == [(60, 40), (50, 40)]
    go(crowd, "two", cache=None)
    assert told(crowd, "one") == told(crowd, "two")


def test_entries_are_for_their_owner_alone_and_hold_no_handle(crowd):
    go(crowd, "one")
    place = crowd.folder / "cache"
    assert [each.stat().st_mode & 0o777 for each in (place, place / crowd.agreement.id)] == [0o700] * 2
    for path in entries(crowd):
        assert path.stat().st_mode & 0o777 == 0o600
        line = canonical.exactly(path.read_bytes().split(b"\n")[0])
        assert set(line) == {"format", "asked", "recall", "cut", "pairs"}


@pytest.mark.parametrize("part", ["cache", "agreement", "entry"])
def test_a_cache_open_to_others_is_refused(crowd, part):
    go(crowd, "one")
    place = crowd.folder / "cache"
    {"cache": place, "agreement": place / crowd.agreement.id, "entry": entries(crowd)[0]}[part].chmod(0o755)
    with pytest.raises(RefusedError, match="open to other users"):
        go(crowd, "two")
    assert not (crowd.folder / "two").exists()


def damage(path):
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)


@pytest.mark.usefixtures("put_by")
def test_a_damaged_entry_does_not_cost_what_a_match_that_was_broken_off_had_found(crowd):
    with pytest.raises(KeyboardInterrupt):
        go(crowd, "one", progress=stop_in_the_second)
    pieces = sorted((crowd.folder / "one.journal").iterdir())
    damage(entries(crowd)[0])
    options = {"now": lambda: crowd.noon, "cache": crowd.folder / "cache"}
    with pytest.raises(IntegrityError):
        resume(crowd.folder / "one", crowd.rings["hub"], **options)
    assert sorted((crowd.folder / "one.journal").iterdir()) == pieces
    entries(crowd)[0].unlink()
    assert resume(crowd.folder / "one", crowd.rings["hub"], **options).reused == 0


def test_a_damaged_entry_is_an_error_that_says_what_to_do(crowd, compared):
    go(crowd, "one")
    path = entries(crowd)[1]
    damage(path)
    compared.clear()
    with pytest.raises(IntegrityError) as error:
        go(crowd, "two")
    assert compared == []
    assert str(path) in error.value.message
    assert "delete the file" in error.value.hint
    assert not (crowd.folder / "two").exists()
    path.unlink()
    assert go(crowd, "two").reused == 2


def test_an_entry_under_another_name_is_an_error(crowd):
    go(crowd, "one")
    one, two, _ = entries(crowd)
    one.write_bytes(two.read_bytes())
    with pytest.raises(IntegrityError, match="answer another question"):
        go(crowd, "two")


@pytest.mark.parametrize("name", ["file", "none/cache", "file/cache"])
def test_a_cache_that_cannot_be_is_refused_before_anything_is_compared(crowd, compared, name):
    (crowd.folder / "file").write_bytes(b"")
    with pytest.raises((UsageError, UnavailableError, RefusedError)):
        go(crowd, "one", cache=crowd.folder / name)
    assert compared == []


def test_an_entry_is_read_as_it_was_written():
    for found in (FOUND, Found(pairs=Pairs.empty(), recall=1.0, cut=0)):
        back = from_bytes(to_bytes(found, ASKED), ASKED)
        assert (back.recall, back.cut) == (found.recall, found.cut)
        for name in ("left", "right", "score"):
            assert getattr(back.pairs, name).tobytes() == getattr(found.pairs, name).tobytes()


@given(st.data())
def test_an_entry_with_another_byte_is_refused(data):
    whole = to_bytes(FOUND, ASKED)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    with pytest.raises(MalformedError):
        from_bytes(other, ASKED)


@given(st.integers(0, len(to_bytes(FOUND, ASKED)) - 1))
def test_an_entry_cut_short_is_refused(size):
    with pytest.raises(MalformedError):
        from_bytes(to_bytes(FOUND, ASKED)[:size], ASKED)


def resealed(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "pplink-pairs/2"},
        {"pairs": 2},
        {"pairs": 4},
        {"pairs": -1},
        {"recall": 0},
        {"recall": 1.1},
        {"cut": -1},
        {"more": 1},
        {"asked": None},
    ],
    ids=str,
)
def test_an_entry_that_says_what_cannot_be_is_refused_though_its_checksum_is_right(changes):
    line, _, rest = to_bytes(FOUND, ASKED)[:-32].partition(b"\n")
    body = canonical.to_bytes(canonical.from_bytes(line) | changes) + b"\n" + rest
    with pytest.raises(MalformedError):
        from_bytes(resealed(body), ASKED)


@pytest.mark.parametrize("column", ["left", "right"])
@pytest.mark.parametrize("row", [-1, 20])
def test_an_entry_of_records_that_are_not_there_is_refused(column, row):
    pairs = {name: getattr(FOUND.pairs, name).copy() for name in ("left", "right", "score")}
    pairs[column][0] = row
    with pytest.raises(MalformedError, match="records that the datasets do not have"):
        from_bytes(to_bytes(Found(pairs=Pairs(**pairs), recall=1.0, cut=0), ASKED), ASKED)


@pytest.mark.parametrize(
    "other",
    [{"left": "2" * 64}, {"records": (11, 20)}, {"threshold": 0.79}, {"measure": "cosine"}, {"bits": 64}],
)
def test_each_part_of_the_question_has_an_entry_of_its_own(other):
    changed = msgspec.structs.replace(ASKED, **other)
    cache = Cache(Path("x"), {(0, 1): ASKED, (0, 2): changed})
    assert cache._path((0, 1)) != cache._path((0, 2))
    with pytest.raises(MalformedError):
        from_bytes(to_bytes(FOUND, ASKED), changed)
