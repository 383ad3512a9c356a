"""Vectors: golang.org/x/mod/sumdb/note (note_test.go), the reference implementation of signed notes."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pplink.audit.note import Note, key_id, read_note, sign_note, verify_note
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, UsageError

PETER = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
PETER_PRIVATE = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH = base64.b64decode("ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)


def test_key_ids_are_the_published_ones():
    assert key_id("PeterNeumann", PETER).hex() == "c74f20a3"
    assert key_id("EnochRoot", ENOCH).hex() == "af0cfe78"


def test_signing_gives_the_published_note():
    private = Ed25519PrivateKey.from_private_bytes(PETER_PRIVATE)
    assert sign_note(TEXT, "PeterNeumann", PETER, private.sign).decode() == TEXT + "\n" + PETER_LINE


def test_both_published_signatures_verify():
    note = read_note((TEXT + "\n" + PETER_LINE + ENOCH_LINE).encode())
    verify_note(note, "PeterNeumann", PETER)
    verify_note(note, "EnochRoot", ENOCH)
    assert note.text == TEXT


def test_signatures_of_strangers_are_ignored():
    note = read_note((TEXT + "\n" + ENOCH_LINE + PETER_LINE).encode())
    verify_note(note, "PeterNeumann", PETER)
    with pytest.raises(IntegrityError, match="not signed by CarmenSandiego"):
        verify_note(note, "CarmenSandiego", PETER)


def test_the_last_blank_line_ends_the_text():
    private = Ed25519PrivateKey.from_private_bytes(PETER_PRIVATE)
    note = read_note(sign_note("one\n\ntwo\n", "PeterNeumann", PETER, private.sign))
    assert note.text == "one\n\ntwo\n"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT,
        TEXT + "\n",
        "\n\n" + PETER_LINE,
        TEXT + PETER_LINE,
        TEXT + "\n" + PETER_LINE[:-1],
        "\x01" + TEXT + "\n" + PETER_LINE,
        TEXT + "\n" + PETER_LINE.replace("— ", "—\t"),
        TEXT + "\n" + PETER_LINE.replace("\n", "\r\n"),
        TEXT + "\n" + PETER_LINE.replace("— ", "- "),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Peter Neumann"),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Peter\u00a0Neumann"),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Peter+Neumann"),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann", ""),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann ", "PeterNeumann  "),
        TEXT + "\n" + PETER_LINE + "Unexpected line.\n",
        TEXT + "\n" + PETER_LINE * 101,
        TEXT + "\n" + PETER_LINE.replace("AM=", "AN="),  # other padding bits, same bytes
        TEXT + "\n" + PETER_LINE.replace("AM=", "AM"),
        TEXT + "\n" + "— PeterNeumann x08gow==\n",  # a key id and no signature
        TEXT + "\n" + "— PeterNeumann %%%%\n",
    ],
)
def test_a_malformed_note_is_refused(note):
    with pytest.raises(MalformedError):
        read_note(note.encode())


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(MalformedError, match="UTF-8"):
        read_note(b"\xff" + TEXT.encode() + b"\n" + PETER_LINE.encode())


@pytest.mark.parametrize(
    "line",
    [
        PETER_LINE.replace("JnAM=", "JnAQ="),
        PETER_LINE[:60] + "ABCD" + PETER_LINE[60:],
        PETER_LINE.replace("x08g", "xxxx"),
        PETER_LINE.replace("PeterNeumann", "CarmenSandiego"),
        PETER_LINE + PETER_LINE.replace("JnAM=", "JnAQ="),  # one good, one bad, by the same key
    ],
)
def test_a_wrong_signature_is_found(line):
    with pytest.raises(IntegrityError):
        verify_note(read_note((TEXT + "\n" + line).encode()), "PeterNeumann", PETER)


def test_a_changed_text_is_found():
    changed = TEXT.replace("answer", "Answer")
    with pytest.raises(IntegrityError):
        verify_note(read_note((changed + "\n" + PETER_LINE).encode()), "PeterNeumann", PETER)


def test_a_broken_key_verifies_nothing():
    note = Note(text=TEXT, signatures=read_note((TEXT + "\n" + PETER_LINE).encode()).signatures)
    with pytest.raises(IntegrityError):
        verify_note(note, "PeterNeumann", PETER[:-1])


@pytest.mark.parametrize("text", ["", "no newline", "tab\tin it\n", "\ud800\n", "\x00\n"])
def test_a_text_that_no_note_can_carry_is_refused(text):
    with pytest.raises(UsageError):
        sign_note(text, "PeterNeumann", PETER, lambda _: bytes(64))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b"])
def test_a_name_that_no_note_can_carry_is_refused(name):
    with pytest.raises(UsageError):
        sign_note(TEXT, name, PETER, lambda _: bytes(64))


@given(st.binary(max_size=300))
def test_noise_is_no_note(data):
    with pytest.raises(MalformedError):
        read_note(data)
