from __future__ import annotations

import copy
import json
import pickle
import resource
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pplink import canonical
from pplink.errors import IntegrityError, PplinkError, RefusedError, UnavailableError, UsageError
from pplink.keys import ring, sealing, signing
from pplink.keys.ring import KeyRing

ID = "a" * 64


@pytest.fixture
def made(tmp_path: Path) -> KeyRing:
    return ring.create(tmp_path / "home", "north", "unit")


def secrets_of(held: KeyRing) -> list[str]:
    kept = json.loads((held.home / "ring.json").read_bytes())["secrets"]
    return [spelling for text in kept.values() for spelling in (text, canonical.from_base64(text).hex())]


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """A limit on file size stands for a full disk: both fail a write midway."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def damage(held: KeyRing, change: Any) -> None:
    path = held.home / "ring.json"
    value = json.loads(path.read_bytes())
    change(value)
    path.write_bytes(canonical.to_bytes(value))


def redigest(value: dict[str, Any]) -> None:
    value["sha256"] = canonical.digest({key: value[key] for key in ("format", "card", "secrets")})


def test_a_ring_is_the_same_when_loaded_again(made: KeyRing) -> None:
    again = ring.load(made.home)
    assert (again.card, again.name, again.role) == (made.card, "north", "unit")
    assert again.handle_key(ID) == made.handle_key(ID)
    assert again.sign("pplink/event/1", {"a": 1}) == made.sign("pplink/event/1", {"a": 1})
    assert again.open({"x": 1}, sealing.seal(made.card.sealing_key, {"x": 1}, b"text")) == b"text"


def test_the_folder_and_the_ring_are_private_and_the_card_is_written_beside_it(made: KeyRing) -> None:
    assert made.home.stat().st_mode & 0o777 == 0o700
    assert (made.home / "ring.json").stat().st_mode & 0o777 == 0o600
    assert ring.Card.from_bytes((made.home / "card.json").read_bytes()) == made.card
    assert sorted(path.name for path in made.home.iterdir()) == ["card.json", "ring.json"]


def test_two_rings_share_nothing(tmp_path: Path) -> None:
    one, other = (ring.create(tmp_path / name, "north", "unit") for name in ("one", "other"))
    assert not set(secrets_of(one)) & set(secrets_of(other))
    assert one.handle_key(ID) != other.handle_key(ID)
    assert one.handle_key(ID) != one.handle_key("b" * 64)
    with pytest.raises(IntegrityError):
        other.open({}, sealing.seal(one.card.sealing_key, {}, b"text"))
    with pytest.raises(IntegrityError):
        signing.verify(other.sign("pplink/event/1", {}), one.card.signing_key, "pplink/event/1")


def test_no_secret_is_ever_printed(made: KeyRing) -> None:
    shown = f"{made!r} {made} {made.card!r} {vars(type(made))} {dir(made)}"
    assert repr(made) == "KeyRing(north, 3 keys)"
    assert not any(secret in shown for secret in secrets_of(made))


def test_no_secret_leaves_the_process_by_pickle_or_copy(made: KeyRing) -> None:
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="does not leave its process"):
            leave(made)


def test_the_card_holds_no_secret(made: KeyRing) -> None:
    text = (made.home / "card.json").read_text()
    assert not any(secret in text for secret in secrets_of(made))


def test_a_second_init_is_refused_and_changes_nothing(made: KeyRing) -> None:
    before = (made.home / "ring.json").read_bytes()
    with pytest.raises(RefusedError, match="holds a key ring already"):
        ring.create(made.home, "south", "unit")
    assert (made.home / "ring.json").read_bytes() == before
    assert ring.load(made.home).name == "north"


def test_of_many_inits_at_once_one_wins_and_the_rest_are_refused(tmp_path: Path) -> None:
    def init(i: int) -> str:
        try:
            return ring.create(tmp_path / "home", f"unit-{i}", "unit").name
        except RefusedError:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(init, range(12)))
    assert outcomes.count("refused") == 11
    kept = ring.load(tmp_path / "home")
    assert [kept.name] == [name for name in outcomes if name != "refused"]
    assert ring.Card.from_bytes((kept.home / "card.json").read_bytes()) == kept.card
    assert len(list(kept.home.iterdir())) == 2


@pytest.mark.parametrize("had", [False, True])
def test_a_full_disk_leaves_nothing_of_a_ring(tmp_path: Path, had: bool) -> None:
    home = tmp_path / "home"
    if had:
        home.mkdir(mode=0o700)
    with pytest.raises(UnavailableError, match=r"cannot write .*ring\.json"), files_up_to(300):
        ring.create(home, "north", "unit")
    assert list(tmp_path.rglob("*")) == ([home] if had else [])
    assert ring.create(home, "north", "unit").name == "north"


def test_without_its_card_no_ring_stays_which_nobody_could_make_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise UnavailableError("cannot write card.json: No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(ring, "_write_card", full)
        with pytest.raises(UnavailableError):
            ring.create(tmp_path / "home", "north", "unit")
    assert ring.create(tmp_path / "home", "north", "unit").name == "north"


def test_a_refused_init_names_a_card_that_is_there(made: KeyRing) -> None:
    (made.home / "card.json").unlink()
    with pytest.raises(RefusedError) as caught:
        ring.create(made.home, "south", "unit")
    assert str(made.home / "card.json") in str(caught.value.hint)
    assert ring.Card.from_bytes((made.home / "card.json").read_bytes()) == made.card


def test_killed_at_any_moment_init_leaves_a_whole_ring_or_none(tmp_path: Path) -> None:
    """The process is killed at each of the first writes to the disk; then `init` or `load` must do."""
    script = (
        "import os, sys; from pathlib import Path; import pplink.keys.ring as ring\n"
        "left = int(sys.argv[2])\n"
        "def hook(event, args):\n"
        "    global left\n"
        "    if event in ('open', 'os.link', 'os.rename', 'os.remove', 'os.mkdir', 'os.chmod'):\n"
        "        left -= sys.argv[1] in str(args)\n"
        "        if left == 0: os._exit(9)\n"
        "sys.addaudithook(hook)\n"
        "ring.create(Path(sys.argv[1]), 'north', 'unit')\n"
    )
    killed = whole = 0
    for moment in range(1, 16):
        home = tmp_path / f"home{moment}"
        done = subprocess.run(
            [sys.executable, "-c", script, str(home), str(moment)], check=False, capture_output=True
        )
        killed += done.returncode == 9
        if (home / "ring.json").exists():
            whole += 1
            assert ring.load(home).name == "north"
            assert (home / "card.json").exists()
        else:
            assert ring.create(home, "north", "unit").card == ring.load(home).card
    assert killed > 5
    assert whole > 1


@pytest.mark.parametrize(
    "name", ["", "North", "n orth", "-north", "1north", "a" * 33, "north\n", "nörth", "../x", "a/b"]
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="small letters"):
        ring.create(tmp_path / "home", name, "unit")
    assert list(tmp_path.iterdir()) == []


def test_a_role_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a unit, a broker or an auditor"):
        ring.create(tmp_path / "home", "north", "admin")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_no_ring_is_a_usage_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    for home in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError, match="there is no key ring") as caught:
            ring.load(home)
        assert "pplink unit init NAME" in str(caught.value.hint)


def test_a_ring_others_can_read_is_not_loaded(made: KeyRing) -> None:
    (made.home / "ring.json").chmod(0o640)
    with pytest.raises(RefusedError) as caught:
        ring.load(made.home)
    assert caught.value.hint == f"run `chmod 600 {made.home / 'ring.json'}`"


def test_a_ring_in_a_folder_others_can_enter_is_not_loaded(made: KeyRing) -> None:
    made.home.chmod(0o755)
    with pytest.raises(RefusedError) as caught:
        ring.load(made.home)
    assert caught.value.hint == f"run `chmod 700 {made.home}`"


def test_a_lost_card_comes_back(made: KeyRing) -> None:
    card = (made.home / "card.json").read_bytes()
    (made.home / "card.json").unlink()
    ring.load(made.home)
    assert (made.home / "card.json").read_bytes() == card


def test_every_flipped_byte_of_a_ring_is_found_and_none_is_shown(made: KeyRing) -> None:
    path = made.home / "ring.json"
    good, secrets = path.read_bytes(), secrets_of(made)
    for i in range(0, len(good), 3):
        path.write_bytes(good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :])
        with pytest.raises(IntegrityError, match="is damaged") as caught:
            ring.load(made.home)
        assert not any(secret in str(caught.value) for secret in secrets)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("length", [0, 1, 100, 400])
def test_a_ring_cut_short_is_damaged(made: KeyRing, length: int) -> None:
    path = made.home / "ring.json"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(IntegrityError, match="is damaged"):
        ring.load(made.home)


def test_a_ring_whose_card_is_of_other_keys_is_damaged_even_with_a_right_digest(
    made: KeyRing, rings: Any
) -> None:
    def swap(value: dict[str, Any]) -> None:
        value["card"] = rings["south"].card.to_json()
        redigest(value)

    damage(made, swap)
    with pytest.raises(IntegrityError):
        ring.load(made.home)


@pytest.mark.parametrize("secret", ["signing", "sealing", "handles"])
@pytest.mark.parametrize("text", ["", "AAAA", "!", None])
def test_a_secret_of_the_wrong_length_is_damage_even_with_a_right_digest(
    made: KeyRing, secret: str, text: Any
) -> None:
    def spoil(value: dict[str, Any]) -> None:
        value["secrets"][secret] = text
        redigest(value)

    damage(made, spoil)
    with pytest.raises(PplinkError) as caught:
        ring.load(made.home)
    assert type(caught.value) is IntegrityError


def test_a_note_is_signed_as_it_is(made: KeyRing) -> None:
    text = b"pplink/hub/run-1\n5\nroot\n"
    Ed25519PublicKey.from_public_bytes(made.card.signing_key).verify(made.sign_note(text), text)


@pytest.mark.parametrize("text", [b"", b"x", signing.PREFIX + b"{}", b"PPLINK/", b"\npplink/"])
def test_nothing_else_is_signed_as_a_note(made: KeyRing, text: bytes) -> None:
    with pytest.raises(UsageError):
        made.sign_note(text)


def test_an_envelope_can_never_be_a_note() -> None:
    assert not signing.PREFIX.startswith(ring.NOTE_PREFIX)


def test_what_was_signed_is_remembered_and_the_first_stays(made: KeyRing) -> None:
    first, second = (made.sign("pplink/event/1", {"n": n}) for n in (1, 2))
    assert made.remembered(ID) is None
    assert made.remember(ID, first) == first
    assert made.remember(ID, second) == first
    assert ring.load(made.home).remembered(ID) == first
    assert made.remembered("b" * 64) is None


@pytest.mark.parametrize("agreement_id", ["", "../ring", "a" * 63, "A" * 64, "a" * 64 + "\n", "a/" * 32])
def test_nothing_is_remembered_under_what_is_no_id(made: KeyRing, agreement_id: str) -> None:
    with pytest.raises(UsageError):
        made.remembered(agreement_id)
    with pytest.raises(UsageError):
        made.remember(agreement_id, made.sign("pplink/event/1", {}))


@pytest.mark.parametrize("data", [b"", b"{}", b"\x00", b'{"kind": "pplink/event/1"}'])
def test_a_damaged_memory_is_an_integrity_error(made: KeyRing, data: bytes) -> None:
    made.remember(ID, made.sign("pplink/event/1", {}))
    (made.home / "agreements" / f"{ID}.json").write_bytes(data)
    with pytest.raises(IntegrityError, match="is damaged"):
        made.remembered(ID)
