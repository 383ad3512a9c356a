"""What ends a session of ecdh_psi, or is refused before it begins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pplink.errors import AgreementError, DataError, PeerError, RefusedError
from pplink.session.common import ENTRY
from tests.pplink.session.ecdh_psi.lists import people


def test_more_in_common_than_agreed_ends_the_session(make_session, agreed):
    session = make_session(agreed(quota=2))
    session.run()
    assert {type(each) for each in session.results.values()} <= {RefusedError, PeerError}
    assert any("more common items than agreed" in str(each) for each in session.results.values())


def test_a_unit_that_brings_more_than_it_joined_with_is_found_before_anything_is_masked(make_session, agreed):
    session = make_session(agreed())
    true = session.inputs["north"]
    session.inputs["north"] = type(true)(**{**vars(true), "told": 32})
    session.run()
    assert "brought 16 elements, and had joined with 32" in str(session.results["south"])
    assert {type(each) for each in session.results.values()} == {PeerError}


def test_points_outside_the_group_end_the_session_with_step_and_check(make_session, agreed, monkeypatch):
    from protocols.ecdh_psi import Alice

    true = Alice._masked
    monkeypatch.setattr(Alice, "_masked", lambda role: np.full_like(true(role), 255))
    session = make_session(agreed())
    session.run()
    assert "broke check C6 of step 2" in str(session.results["south"])
    assert {type(each) for each in session.results.values()} == {PeerError}
    assert (session.home("south") / "failed").exists()


def test_a_peer_that_stops_is_waited_for_no_longer_than_agreed(session):
    transport = session.transport

    class Silent:
        """South's letters are lost."""

        def __getattr__(self, name):
            return getattr(transport, name)

        def put(self, sender, recipient, number, data):
            if number < 2:
                transport.put(sender, recipient, number, data)

    session.run(
        **{name: {"seconds": 1.0} for name in ("north", "hub")}, south={"transport": Silent(), "seconds": 1.0}
    )
    assert "nothing came from" in str(session.results["north"])


def _spoiled(entries, way):
    if way == "a handle twice":
        entries[1] = entries[0]
    elif way == "a key that is not common":
        entries["rank"][4] = 9
    elif way == "a key left out":
        entries["rank"][:2] = 2
    elif way == "out of order":
        entries[:2] = entries[:2][::-1].copy()
    elif way == "something after the end":
        entries["handle"][-1] = 1
    return entries.tobytes()[:-1] if way == "cut" else entries.tobytes()


@pytest.mark.parametrize(
    "way",
    [
        "a handle twice",
        "a key that is not common",
        "a key left out",
        "out of order",
        "something after the end",
        "cut",
    ],
)
def test_handles_that_do_not_fit_end_the_session(session, monkeypatch, way):
    from pplink.session import common
    from pplink.session.post import Post

    true = Post.send

    def send(post, recipient, step, content):
        if step == common.HANDLES and post.name == "north":
            content = _spoiled(np.frombuffer(content, ENTRY).copy(), way)
        true(post, recipient, step, content)

    monkeypatch.setattr(Post, "send", send)
    session.run()
    assert isinstance(session.results["south"], PeerError)
    assert "number of handles" in str(session.results["south"]) or "do not fit" in str(
        session.results["south"]
    )


def test_more_keys_than_agreed_are_refused_before_anything_is_sent(make_session, agreed):
    many = pd.concat(
        [people("north").assign(record_id=f"r{n}", document=f"doc{n:05}").iloc[:1] for n in range(1, 81)]
    )
    with pytest.raises(DataError, match="more than the 64 keys"):
        make_session(agreed(), frames={"north": many})


def test_a_list_without_any_key_is_no_list_for_this(make_session, agreed):
    bare = people("north").assign(document=None, phone=None, birth_date=None)
    with pytest.raises(DataError, match="no row has all parts of any key"):
        make_session(agreed(), frames={"north": bare})


def test_terms_that_cannot_be_run_are_refused(proposed_agreement):
    with pytest.raises(AgreementError, match="is no multiple of step"):
        proposed_agreement("documents-exact", exact={"step": 7})
