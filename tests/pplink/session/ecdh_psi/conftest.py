"""Agreements on documents, phones and names, and sessions under them."""

from __future__ import annotations

import pytest

from tests.pplink.session.ecdh_psi.lists import Session


@pytest.fixture
def agreed(signed_agreement):
    def make(parties=("north", "south", "hub", "officer"), hits_to=(), **exact):
        own = {"step": 16, "capacity": 64} | exact
        return signed_agreement("documents-exact", parties=parties, hits_to=hits_to, exact=own)

    return make


@pytest.fixture
def make_session(rings, agreed, tmp_path):
    """make_session(agreement, units=..., frames=...) -> Session."""
    return lambda agreement, **options: Session(rings=rings, agreement=agreement, folder=tmp_path, **options)


@pytest.fixture
def session(make_session, agreed):
    return make_session(agreed())
