"""A dataset comes back as it was written, or not at all."""

from __future__ import annotations

import json
import random
import resource
import struct
from datetime import UTC, datetime

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file, save_file

from pplink import canonical
from pplink.dataset import reader, writer
from pplink.dataset.dataset import EncodedDataset
from pplink.dataset.export import export_parquet
from pplink.dataset.making import make_dataset
from pplink.errors import IntegrityError, UnavailableError, UsageError

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def agreement(signed_agreement):
    return signed_agreement()


def build(ring, agreement_id: str, rows: int = 3, words: int = 16, **options) -> EncodedDataset:
    rng = np.random.default_rng(rows)
    encoding = rng.integers(0, 2**64, (rows, words), np.uint64)
    handle = rng.integers(0, 256, (rows, 16), np.uint8)
    return make_dataset(
        encoding, handle, ring, agreement_id=agreement_id, confirmation=bytes(32), created=AT, **options
    )


@pytest.fixture
def dataset(rings, agreement):
    return build(rings["north"], agreement.id)


@pytest.fixture
def written(dataset, tmp_path):
    path = tmp_path / "north.safetensors"
    writer.write(path, dataset)
    return path


def same(one: EncodedDataset, other: EncodedDataset) -> bool:
    return (
        np.array_equal(one.encoding, other.encoding)
        and np.array_equal(one.handle, other.handle)
        and one.signed == other.signed
    )


@pytest.mark.parametrize("rows", [0, 1, 1000])
def test_a_dataset_comes_back(rings, agreement, tmp_path, rows):
    made = build(rings["north"], agreement.id, rows)
    writer.write(tmp_path / "d", made)
    back = reader.read(tmp_path / "d")
    assert same(made, back)
    assert back.digest == made.digest
    assert back.manifest.records == len(back) == rows
    reader.verify(back, agreement)


def test_equal_datasets_are_equal_files(dataset, tmp_path):
    for name in "ab":
        writer.write(tmp_path / name, dataset)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_who_sees_encodings_can_attack_them_so_their_owner_alone_may_read_them(dataset, tmp_path):
    writer.write(tmp_path / "d", dataset)
    export_parquet(tmp_path / "p", dataset)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in "dp"] == [0o600, 0o600]


def test_the_arrays_cannot_be_changed(written):
    with pytest.raises(ValueError, match="read-only"):
        reader.read(written).encoding[0, 0] = 1


def test_a_few_hundred_mutations_change_nothing_or_are_found(dataset, written, tmp_path, agreement):
    whole = written.read_bytes()
    rng = random.Random(7)
    path = tmp_path / "mutated"
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 1, 3])):
            mutate(data, rng)
        path.write_bytes(data)
        try:
            back = reader.read(path)
            reader.verify(back, agreement)
        except IntegrityError:
            continue
        assert same(back, dataset)


def mutate(data: bytearray, rng: random.Random) -> None:
    place = (
        rng.randrange(max(1, len(data))) if rng.random() < 0.4 else rng.randrange(max(1, min(900, len(data))))
    )
    match rng.choice(["flip", "byte", "cut", "grow", "drop", "swap"]):
        case "flip" if data:
            data[place] ^= 1 << rng.randrange(8)
        case "byte" if data:
            data[place] = rng.choice(b'0129"{}[],:\\ \xff\0')
        case "cut":
            del data[place:]
        case "grow":
            data.extend(rng.randbytes(rng.randrange(1, 40)))
        case "drop":
            del data[place : place + rng.randrange(1, 9)]
        case _:
            data[place : place + 2] = data[place : place + 2][::-1]


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 100])
def test_a_truncated_file_is_refused(written, size):
    written.write_bytes(written.read_bytes()[:size])
    with pytest.raises(IntegrityError):
        reader.read(written)


@pytest.mark.parametrize("length", [0, 1, 2**20, 2**31, 2**63, 2**64 - 1])
def test_a_hostile_header_length_is_refused(written, length):
    written.write_bytes(struct.pack("<Q", length) + written.read_bytes()[8:])
    with pytest.raises(IntegrityError):
        reader.read(written)


def resaved(path, change_tensors=None, change_metadata=None):
    tensors = load_file(path)
    header = path.read_bytes()
    size = int.from_bytes(header[:8], "little")
    metadata = json.loads(header[8 : 8 + size])["__metadata__"]
    if change_tensors:
        tensors = change_tensors(tensors)
    if change_metadata:
        metadata = change_metadata(metadata)
    save_file(tensors, path, metadata=metadata)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: {**t, "extra": np.zeros(1, np.uint8)},
        lambda t: {"encoding": t["encoding"]},
        lambda t: {"handle": t["handle"], "encodings": t["encoding"]},
        lambda t: {**t, "encoding": t["encoding"].view(np.int64)},
        lambda t: {**t, "encoding": t["encoding"].view(np.float64)},
        lambda t: {**t, "encoding": t["encoding"].reshape(-1, 8).copy()},
        lambda t: {**t, "encoding": t["encoding"].ravel()},
        lambda t: {**t, "encoding": t["encoding"][:-1].copy()},
        lambda t: {**t, "encoding": t["encoding"][::-1].copy()},
        lambda t: {**t, "handle": t["handle"][::-1].copy()},
        lambda t: {**t, "handle": t["handle"].astype(np.uint64)},
        lambda t: {**t, "handle": np.zeros((3, 0), np.uint8)},
        lambda t: {},
    ],
)
def test_other_tensors_than_declared_are_refused(written, change):
    resaved(written, change_tensors=change)
    with pytest.raises(IntegrityError):
        reader.read(written)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: None,
        lambda m: {},
        lambda m: {**m, "note": "x"},
        lambda m: {"Manifest": m["manifest"]},
        lambda m: {"manifest": ""},
        lambda m: {"manifest": "null"},
        lambda m: {"manifest": m["manifest"] + " "},
        lambda m: {"manifest": m["manifest"].replace('"records":3', '"records":3.0')},
        lambda m: {"manifest": m["manifest"].replace('"records":3', '"records":-1')},
        lambda m: {"manifest": m["manifest"].replace('"bits":1024', '"bits":2048')},
        lambda m: {"manifest": m["manifest"].replace("pplink-dataset/1", "pplink-dataset/2")},
        lambda m: {"manifest": m["manifest"].replace("2026-01-02T", "2026-01-02 ")},
        lambda m: {"manifest": m["manifest"].replace('"confirmation":"AAAA', '"confirmation":"')},
        lambda m: {"manifest": "[" * 60_000},
        lambda m: {"manifest": '{"a":' + "1" * 100_000 + "}"},
    ],
)
def test_another_manifest_is_refused(written, change):
    resaved(written, change_metadata=change)
    with pytest.raises(IntegrityError):
        reader.read(written)


def test_other_files_are_refused(tmp_path):
    for name, data in {"csv": b"a,b\n1,2\n" * 50, "zip": b"PK\3\4" * 50, "parquet": b"PAR1" * 50}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(IntegrityError):
            reader.read(tmp_path / name)


def test_no_file_is_the_callers_mistake(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError):
            reader.read(path)


def test_a_dataset_of_another_agreement_is_refused(rings, agreement, dataset, signed_agreement):
    with pytest.raises(IntegrityError, match="was made for agreement"):
        reader.verify(dataset, signed_agreement(threshold=0.9))


def test_a_dataset_of_no_unit_is_refused(rings, agreement, stranger):
    for ring in (stranger, rings["hub"], rings["officer"]):
        with pytest.raises(IntegrityError):
            reader.verify(build(ring, agreement.id), agreement)


def test_one_unit_cannot_speak_for_another(rings, agreement, dataset):
    forged = dataset.signed.body
    for signed in (
        rings["south"].sign(dataset.signed.kind, forged),
        rings["north"].sign("pplink/event/1", forged),
        rings["north"].sign(dataset.signed.kind, {**forged, "unit": "south"}),
        rings["north"].sign(dataset.signed.kind, {"note": "no manifest"}),
    ):
        made = EncodedDataset(encoding=dataset.encoding, handle=dataset.handle, signed=signed)
        with pytest.raises(IntegrityError):
            reader.verify(made, agreement)


def test_a_manifest_changed_after_signing_is_refused(agreement, written):
    resaved(
        written, change_metadata=lambda m: {"manifest": m["manifest"].replace('"blanked":0', '"blanked":1')}
    )
    dataset = reader.read(written)
    with pytest.raises(IntegrityError, match="signature"):
        reader.verify(dataset, agreement)


def test_another_width_than_agreed_is_refused(rings, agreement):
    with pytest.raises(IntegrityError, match="512 bits"):
        reader.verify(build(rings["north"], agreement.id, words=8), agreement)


def test_the_manifest_counts_set_bits(rings, agreement):
    encoding = np.zeros((4, 2), np.uint64)
    encoding[0] = 2**64 - 1
    encoding[1, 0] = 1
    handle = np.zeros((4, 16), np.uint8)
    made = make_dataset(
        encoding, handle, rings["north"], agreement_id=agreement.id, confirmation=bytes(32), created=AT
    )
    fill = made.manifest.fill
    assert (fill.min, fill.mean, fill.max) == (0, round(129 / 512, 4), 1)
    assert made.manifest.created == "2026-01-02T03:04:05Z"


def test_parquet_holds_the_same_bytes(dataset, tmp_path):
    export_parquet(tmp_path / "d.parquet", dataset)
    table = pq.read_table(tmp_path / "d.parquet")
    assert b"".join(table["encoding"].to_pylist()) == dataset.encoding.tobytes()
    assert b"".join(table["handle"].to_pylist()) == dataset.handle.tobytes()
    assert canonical.exactly(table.schema.metadata[b"pplink-manifest"]) == dataset.signed.to_json()


def test_a_failed_write_leaves_what_was_there(dataset, tmp_path):
    with pytest.raises(UsageError):
        writer.write(tmp_path / "none" / "d", dataset)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_what_was_there(rings, agreement, tmp_path):
    (tmp_path / "d").write_bytes(b"before")
    made = build(rings["north"], agreement.id, rows=1000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(UnavailableError, match="cannot write"):
            writer.write(tmp_path / "d", made)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["d"]
    assert (tmp_path / "d").read_bytes() == b"before"


def test_a_dataset_larger_than_memory_is_refused_unread(written, monkeypatch):
    monkeypatch.setattr(reader.memory, "free", lambda: written.stat().st_size - 1)
    with pytest.raises(UnavailableError, match=r"dataset north\.safetensors needs .* GiB") as caught:
        reader.read(written)
    assert caught.value.hint


def test_running_out_of_memory_is_nobodys_damage(written, monkeypatch):
    def fail(_):
        raise MemoryError

    monkeypatch.setattr(reader, "describe", fail)
    with pytest.raises(UnavailableError, match="too little memory for dataset"):
        reader.read(written)
