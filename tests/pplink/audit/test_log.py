from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink import canonical
from pplink.audit import tree
from pplink.audit.checkpoint import verify_checkpoint
from pplink.audit.log import Log, log_of
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, UsageError
from pplink.keys import ring
from pplink.keys.signing import Signed

SIGNED = [
    Signed(kind="pplink/event/1", signer="hub", body={"number": i}, signature=canonical.to_base64(bytes(64)))
    for i in range(9)
]
LINE = log_of(SIGNED[:1]).to_bytes()


@pytest.mark.parametrize("size", range(10))
def test_a_log_reads_back_as_written(size):
    log = log_of(SIGNED[:size])
    assert Log.from_bytes(log.to_bytes()) == log
    assert log.entries() == tuple(SIGNED[:size])
    assert log.to_bytes().count(b"\n") == log.size == size


def test_appending_leaves_the_old_log_as_it_was():
    old = log_of(SIGNED[:3])
    new = old.append(SIGNED[3], SIGNED[4])
    assert old == log_of(SIGNED[:3])
    assert new.hashes[:3] == old.hashes
    assert new == log_of(SIGNED[:5])


def test_the_root_is_that_of_the_lines():
    log = log_of(SIGNED)
    assert log.root == tree.root_hash([tree.leaf_hash(line) for line in log.to_bytes().splitlines()])


def test_its_checkpoint_is_signed_by_the_broker(tmp_path):
    hub = ring.create(tmp_path / "hub", "hub", "broker")
    head = verify_checkpoint(log_of(SIGNED).checkpoint(hub, "2f1c"), hub.card.signing_key)
    assert (head.origin, head.size, head.root) == ("pplink/hub/2f1c", 9, log_of(SIGNED).root)
    with pytest.raises(IntegrityError):
        verify_checkpoint(
            log_of(SIGNED).checkpoint(hub, "2f1c"),
            ring.create(tmp_path / "b", "hub", "broker").card.signing_key,
        )
    with pytest.raises(UsageError):
        log_of(SIGNED).checkpoint(hub, "Not A Run")


@pytest.mark.parametrize(
    "data",
    [
        LINE[:-1],
        LINE + b"\n",
        b"\n" + LINE,
        LINE + b" \n",
        LINE.replace(b"\n", b"\r\n"),
        LINE.replace(b'{"body"', b'{ "body"'),
        LINE.replace(b'"hub"', b'"h\\u0075b"'),
        LINE.replace(b'"number":0', b'"number":0.0'),
        LINE.replace(b'"number":0', b'"number":-0'),
        LINE.replace(b'"number":0', b'"number":0,"number":0'),
        LINE.replace(b'"number":0', b'"number":NaN'),
        LINE.replace(b'"number":0', b'"number":' + b"9" * 5000),
        LINE.replace(b'"number":0', b'"number":' + b"[" * 1000 + b"]" * 1000),
        LINE.replace(b'"number":0', b'"number":' + b"[" * 100000 + b"]" * 100000),
        LINE.replace(b'{"number":0}', b"[]"),
        LINE.replace(b'{"number":0}', b"null"),
        LINE.replace(b'"hub"', b'"Hub"'),
        LINE.replace(b'"hub"', b"7"),
        LINE.replace(b"}\n", b',"z":1}\n'),
        LINE.replace(b"AA==", b"AB=="),
        LINE.replace(b"AAAA", b"", 1),
        b"null\n",
        b"[]\n",
        b"\xff\n",
        b"{}\n",
    ],
)
def test_a_line_of_another_form_is_refused(data):
    with pytest.raises(MalformedError):
        Log.from_bytes(data)


def test_the_bad_line_is_named():
    with pytest.raises(MalformedError, match="line 3 is not JSON"):
        Log.from_bytes(log_of(SIGNED[:2]).to_bytes() + b"{\n")


def test_an_envelope_that_cannot_be_read_back_is_not_appended():
    with pytest.raises(MalformedError):
        log_of([Signed(kind="pplink/event/1", signer="hub", body={}, signature="AAAA")])


@given(st.binary(max_size=200))
def test_noise_is_a_clear_error(data):
    if data:
        with pytest.raises(MalformedError):
            Log.from_bytes(data)
