from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pplink.audit import checkpoint
from pplink.audit.checkpoint import (
    Checkpoint,
    origin_of,
    read_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from pplink.audit.note import sign_note
from pplink.errors import IntegrityError, UsageError

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
CHECKPOINT = Checkpoint(origin=origin_of("hub", "2f1c"), size=11, root=bytes(range(100, 132)))
SIGNED = sign_checkpoint(CHECKPOINT, PUBLIC, PRIVATE.sign)


def test_a_checkpoint_reads_back_as_signed():
    assert verify_checkpoint(SIGNED, PUBLIC) == CHECKPOINT


def test_its_text_is_three_lines():
    assert CHECKPOINT.text() == "pplink/hub/2f1c\n11\nZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=\n"


@pytest.mark.parametrize("position", range(len(SIGNED)))
def test_no_byte_can_change(position):
    for bit in range(8):
        damaged = bytearray(SIGNED)
        damaged[position] ^= 1 << bit
        with pytest.raises(IntegrityError):
            verify_checkpoint(bytes(damaged), PUBLIC)


@given(st.integers(0, len(SIGNED)), st.binary(min_size=1, max_size=3))
def test_no_byte_can_be_added(position, added):
    with pytest.raises(IntegrityError):
        verify_checkpoint(SIGNED[:position] + added + SIGNED[position:], PUBLIC)


@pytest.mark.parametrize("length", range(len(SIGNED)))
def test_no_byte_can_be_cut_off(length):
    with pytest.raises(IntegrityError):
        verify_checkpoint(SIGNED[:length], PUBLIC)


def test_another_key_did_not_sign():
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(IntegrityError, match="not signed by pplink/hub/2f1c"):
        verify_checkpoint(SIGNED, stranger)


def test_a_second_signature_is_refused_even_if_good():
    line = SIGNED[SIGNED.rindex(b"\n\n") + 2 :]
    with pytest.raises(IntegrityError, match="2 signatures"):
        verify_checkpoint(SIGNED + line, PUBLIC)


ROOT = "ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM="


@pytest.mark.parametrize(
    "text",
    [
        "one line\n",
        f"pplink/hub/2f1c\n{ROOT}\n",
        f"pplink/hub/2f1c\n11\n{ROOT}\nan extension\n",
        f"pplink/hub/2f1c\n11\n\n{ROOT}\n",
        f"pplink/hub/2f1c\n011\n{ROOT}\n",
        f"pplink/hub/2f1c\n-1\n{ROOT}\n",
        f"pplink/hub/2f1c\n+1\n{ROOT}\n",
        f"pplink/hub/2f1c\n1_1\n{ROOT}\n",
        f"pplink/hub/2f1c\n١١\n{ROOT}\n",
        f"pplink/hub/2f1c\n99999999999999999999\n{ROOT}\n",
        f"pplink/hub/2f1c\n11\n{ROOT[:-4]}\n",
        f"pplink/hub/2f1c\n11\n{ROOT[:-2]}N=\n",
        f"other/hub/2f1c\n11\n{ROOT}\n",
        f"pplink/Hub/2f1c\n11\n{ROOT}\n",
        f"pplink/hub/2f1c \n11\n{ROOT}\n",
        f"pplink-signed/1\n11\n{ROOT}\n",
    ],
)
def test_a_signed_note_of_another_form_is_no_checkpoint(text):
    signed = sign_note(text, "pplink/hub/2f1c", PUBLIC, PRIVATE.sign)
    with pytest.raises(IntegrityError, match="checkpoint"):
        read_checkpoint(signed)


@pytest.mark.parametrize("run", ["", "A", "a b", "a+b", "a/b", "a\n", "-a", "a" * 65])
def test_a_run_that_no_origin_can_carry_is_refused(run):
    with pytest.raises(UsageError):
        origin_of("hub", run)


@pytest.mark.parametrize(
    "change", [{"root": bytes(31)}, {"size": -1}, {"size": 10**15}, {"origin": "elsewhere/hub/1"}]
)
def test_an_impossible_checkpoint_is_never_signed(change):
    values = {"origin": CHECKPOINT.origin, "size": 11, "root": CHECKPOINT.root} | change
    with pytest.raises((UsageError, IntegrityError)):
        sign_checkpoint(Checkpoint(**values), PUBLIC, PRIVATE.sign)


def test_the_checkpoint_in_the_format_is_this_one():
    page = (Path(checkpoint.__file__).parent / "FORMAT.md").read_text()
    lines = SIGNED.decode().split("\n")[:-1]
    assert "\n".join(f"    {line}" if line else "" for line in lines) in page
