"""Storage: an index in one file, as FORMAT.md of `join` says; whole or not at all, and verified before use.

Arrays are mapped where they lie; safetensors' own reader for numpy copies each.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, RefusedError, UsageError
from pplink.files import alone, opened, replacing
from pplink.join.backends.bits import LANES
from pplink.join.backends.slices import Side, prepare
from pplink.join.index.manifest import ALIGNED, Manifest, Span, Tensor, due, header, manifest_in
from pplink.join.index.segments import Segment, State
from pplink.join.rows import counts

Arrays = dict[str, npt.NDArray[Any]]

HINT = "it was damaged or is something else: get it again, or build it anew"
LONGEST_HEADER = 1 << 20
"""Bytes."""
TYPES = {"U64": "<u8", "I64": "<i8", "U8": "|u1"}


def save(path: Path, state: State, known: set[str] | None, executor: Executor) -> str:
    """Write the file, for its owner alone to read; the digest of the index.

    known: digests of the files that may be replaced, or None for any. Raises RefusedError if another file is
    there, UsageError or UnavailableError if it cannot be written; what was there is left then.
    """
    arrays = _arrays(state)
    names = list(arrays)
    hashes = dict(zip(names, executor.map(_sha256, arrays.values()), strict=True))
    spans = [Span(first=each.first, stop=each.stop, rows=len(each)) for each in state.segments]
    wanted = due(state.bits, LANES, len(state.alive), spans)
    tensors = {
        name: Tensor(dtype=dtype, shape=shape, sha256=hashes[name])  # type: ignore[arg-type]
        for name, dtype, shape in wanted
    }
    manifest = Manifest(
        bits=state.bits, lanes=LANES, ids=len(state.alive), segments=spans, tensors=tensors
    )  # fmt: skip
    with alone(path):
        if known is not None:
            _check_known(path, known)
        with replacing(path, private=True) as temporary, temporary.open("wb") as stream:
            stream.write(header(manifest))
            for name in tensors:
                stream.write(_bytes(arrays[name]))
    return manifest.digest


def load(path: Path, digest: str | None, executor: Executor, *, mapped: bool = True) -> tuple[State, str]:
    """What a file holds, and its digest. Everything in it is read once, and verified.

    digest: the one it must have, if given. mapped: the arrays are the file, not copies of it.
    Raises UsageError for no file, IntegrityError for any other than a whole index, UnavailableError if the
    disk fails.
    """
    with _opened(path) as stream:
        try:
            manifest, start = _manifest(stream)
            if digest is not None and manifest.digest != digest:
                raise IntegrityError(f"{path.name} is another index than the one asked for", HINT)
            buffer = _mapped(stream) if mapped else _copied(stream)
            arrays = _verified(buffer, manifest, start, executor)
            return _state(manifest, arrays, executor), manifest.digest
        except MalformedError as error:
            raise IntegrityError(f"{path.name} is no index: it {error}", HINT) from None


def _arrays(state: State) -> Arrays:
    found: Arrays = {"place": state.place, "alive": state.alive.view(np.uint8)}
    for number, each in enumerate(state.segments):
        found[f"slices.{number}"], found[f"rows.{number}"] = each.side.slices, each.side.rows
        found[f"ids.{number}"] = each.side.origin
    return found


def _bytes(array: npt.NDArray[Any]) -> memoryview:
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return plain.reshape(-1).view(np.uint8).data


def _sha256(array: npt.NDArray[Any]) -> str:
    return hashlib.sha256(_bytes(array)).hexdigest()


def _check_known(path: Path, known: set[str]) -> None:
    """So that of two who changed the same index the second does not undo what the first did."""
    if not os.path.lexists(path):
        return
    try:
        with _opened(path) as stream:
            found = _manifest(stream)[0].digest
    except MalformedError:
        raise RefusedError(f"{path} is something else than an index", "name another file") from None
    if found not in known:
        raise RefusedError(
            f"{path} is not what this index was loaded from or saved as",
            "load it and make the changes again, or replace it on purpose",
        )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with opened(path, "index") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise UsageError(f"index {path} is not a file", "name a file that an index was saved to")
        yield stream


def _manifest(stream: BinaryIO) -> tuple[Manifest, int]:
    """The manifest, and where the arrays begin. Raises MalformedError, also if the file is too short or long."""
    size = stream.read(8)
    length = int.from_bytes(size, "little")
    if len(size) < 8 or length > LONGEST_HEADER:
        raise MalformedError("has no header of a safetensors file")
    head = size + stream.read(length)
    manifest = manifest_in(head)
    whole = len(head) + sum(tensor.size for tensor in manifest.tensors.values())
    if os.fstat(stream.fileno()).st_size != whole:
        raise MalformedError(f"has not the {whole:,} bytes that its manifest says")
    return manifest, len(head)


def _verified(buffer: object, manifest: Manifest, start: int, executor: Executor) -> Arrays:
    """The arrays in the file's bytes, not copied. Raises MalformedError unless all are what the manifest says."""
    arrays: Arrays = {}
    for name, dtype, shape in due(manifest.bits, manifest.lanes, manifest.ids, manifest.segments):
        size = int(np.prod(shape))
        arrays[name] = np.frombuffer(buffer, TYPES[dtype], size, start).reshape(shape)  # type: ignore[call-overload]
        start += manifest.tensors[name].size
    hashes = list(executor.map(_sha256, arrays.values()))  # all, so that nobody reads on once this is left
    for name, found in zip(arrays, hashes, strict=True):
        if found != manifest.tensors[name].sha256:
            raise MalformedError(f"has an array {name} that its manifest does not describe")
    return arrays


def _mapped(stream: BinaryIO) -> mmap.mmap:
    """Shared with whoever else has the file mapped.

    The mapping is private, so writing into it, which nobody does, would not reach the file; arrays that
    cannot be written would need machine code of their own.
    """
    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)


def _copied(stream: BinaryIO) -> npt.NDArray[np.uint8]:
    """The file in memory of our own. Raises MalformedError if it has become shorter."""
    size = os.fstat(stream.fileno()).st_size
    room = np.empty(size + ALIGNED, np.uint8)
    skipped = -room.ctypes.data % ALIGNED
    copy = room[skipped : skipped + size]
    stream.seek(0)
    if stream.readinto(copy.data) < size:  # type: ignore[attr-defined]
        raise MalformedError("has become shorter while it was read")
    return copy


def _state(manifest: Manifest, arrays: Arrays, executor: Executor) -> State:
    """Checked so far that no number in it leads a kernel astray."""
    place, alive = arrays["place"], arrays["alive"]
    if not np.array_equal(np.sort(place), np.arange(manifest.bits)):
        raise MalformedError("has places that are no order of columns")
    if alive.max(initial=0) > 1:
        raise MalformedError("has rows that are neither there nor not")
    segments = tuple(
        _segment(arrays, number, span, manifest, executor) for number, span in enumerate(manifest.segments)
    )
    return State(place=place, segments=segments, alive=alive.view(bool))


def _segment(arrays: Arrays, number: int, span: Span, manifest: Manifest, executor: Executor) -> Segment:
    rows, ids = arrays[f"rows.{number}"], arrays[f"ids.{number}"]
    ones = counts(rows)
    if np.any(np.diff(ones, prepend=1) < 0):
        raise MalformedError(f"has rows in segment {number} that are not in order")
    if np.any(np.diff(np.sort(ids), prepend=span.first - 1, append=span.stop) < 1):
        raise MalformedError(f"has ids in segment {number} that are not its own")
    if manifest.lanes == LANES:
        side = Side(rows, ones, ids, arrays[f"slices.{number}"])
    else:  # written on a machine with other vectors: put on their side again
        side = prepare(rows, ones, np.arange(manifest.bits), executor)._replace(origin=ids)
    return Segment(first=span.first, stop=span.stop, side=side)
