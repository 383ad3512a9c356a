"""A message opens in its place, for its recipient, as its sender signed it; in no other way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pplink import canonical
from pplink.errors import IntegrityError
from pplink.session.envelope import KIND, ROOM, Place, digest_of, unwrap, wrap

PLACE = Place(session="ab" * 32, sender="north", recipient="hub", sequence=3)
SALT = bytes(range(32))


@pytest.fixture
def message(rings):
    return wrap(b"a frame", PLACE, "5", SALT, rings["north"], rings["hub"].card)


def test_it_opens_and_has_the_digest(rings, message):
    letter = unwrap(message, PLACE, rings["hub"], rings["north"].card)
    assert (letter.sender, letter.step, letter.content) == ("north", "5", b"a frame")
    assert letter.digest == digest_of(SALT, b"a frame")
    assert len(message) <= len(b"a frame") + ROOM


def test_the_content_is_nowhere_in_it(rings):
    content = b"a name that nobody may read" * 3
    message = wrap(content, PLACE, "5", SALT, rings["north"], rings["hub"].card)
    assert content[:10] not in message
    assert message != wrap(content, PLACE, "5", SALT, rings["north"], rings["hub"].card)


@pytest.mark.parametrize(
    "change",
    [{"session": "cd" * 32}, {"sequence": 2}, {"sequence": 4}, {"sender": "south"}],
    ids=lambda change: next(iter(change)),
)
def test_it_does_not_open_in_another_place(rings, message, change):
    with pytest.raises(IntegrityError, match="message"):
        unwrap(message, replace(PLACE, **change), rings["hub"], rings["north"].card)


def test_it_does_not_open_for_another(rings, message):
    with pytest.raises(IntegrityError, match="out of order"):
        unwrap(message, replace(PLACE, recipient="south"), rings["south"], rings["north"].card)
    with pytest.raises(IntegrityError, match="does not open"):
        unwrap(message, PLACE, rings["south"], rings["north"].card)


def test_a_message_of_another_version_is_said_to_be_so_and_not_that_somebody_changed_it(rings, message):
    line, _, sealed = message.partition(b"\n")
    for version, hint in (("1", "another version of pplink"), ("2", "damaged")):
        body = canonical.exactly(line)["body"]
        signed = rings["north"].sign(f"pplink/session-message/{version}", body).to_json()
        signed["body"] = body | {"step": "6"}  # the signature is another text's
        with pytest.raises(IntegrityError, match="message 3 from north to hub") as caught:
            unwrap(canonical.to_bytes(signed) + b"\n" + sealed, PLACE, rings["hub"], rings["north"].card)
        assert hint in caught.value.hint


def test_a_relay_cannot_sign_it_as_its_own(rings, message):
    """HPKE in base mode would let it: the seal is bound to the sender's name."""
    line, _, sealed = message.partition(b"\n")
    body = canonical.exactly(line)["body"]
    stolen = canonical.to_bytes(rings["south"].sign(KIND, body).to_json()) + b"\n" + sealed
    with pytest.raises(IntegrityError, match="not signed by north"):
        unwrap(stolen, PLACE, rings["hub"], rings["north"].card)
    with pytest.raises(IntegrityError, match="does not open"):
        unwrap(stolen, replace(PLACE, sender="south"), rings["hub"], rings["south"].card)


@pytest.mark.parametrize("key", ["session", "to", "sequence", "step", "digest"])
def test_nothing_in_its_line_can_be_changed(rings, message, key):
    line, _, sealed = message.partition(b"\n")
    value = canonical.exactly(line)
    value["body"][key] = {"sequence": 4, "step": "6", "to": "south"}.get(key, "00" * 32)
    with pytest.raises(IntegrityError, match="signature of north"):
        unwrap(canonical.to_bytes(value) + b"\n" + sealed, PLACE, rings["hub"], rings["north"].card)


def test_a_flipped_bit_anywhere_is_found(rings, message):
    for at in range(0, len(message), 7):
        changed = bytearray(message)
        changed[at] ^= 1
        with pytest.raises(IntegrityError):
            unwrap(bytes(changed), PLACE, rings["hub"], rings["north"].card)


@pytest.mark.parametrize("data", [b"", b"\n", b"{}\n", b"x" * 5000, b"\xff\n\xff", b'{"kind":1}\nabc'])
def test_what_is_no_message_is_refused(rings, data):
    with pytest.raises(IntegrityError, match="message 3 from north to hub"):
        unwrap(data, PLACE, rings["hub"], rings["north"].card)


def test_a_message_cut_short_is_refused(rings, message):
    for size in range(0, len(message), 11):
        with pytest.raises(IntegrityError):
            unwrap(message[:size], PLACE, rings["hub"], rings["north"].card)


def test_content_that_was_signed_for_another_digest_is_refused(rings, monkeypatch):
    monkeypatch.setattr("pplink.session.envelope.digest_of", lambda salt, content: "00" * 32)
    message = wrap(b"a frame", PLACE, "5", SALT, rings["north"], rings["hub"].card)
    monkeypatch.undo()
    with pytest.raises(IntegrityError, match="digest that was signed"):
        unwrap(message, PLACE, rings["hub"], rings["north"].card)
