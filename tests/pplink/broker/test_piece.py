"""Pieces of a journal: bytes that are none are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.broker.piece import from_bytes
from pplink.canonical import MalformedError


@given(st.binary(max_size=200))
def test_bytes_that_are_no_piece_are_refused(data):
    with pytest.raises(MalformedError):
        from_bytes(data)
