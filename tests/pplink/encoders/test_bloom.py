"""Tokens become the same bits fast and plainly, and depend on nothing but key and token."""

from __future__ import annotations

import hashlib
import hmac
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pplink.agreement.field import Field
from pplink.encoders import bloom, pipeline, tokens
from pplink.encoders.bloom import MaskTable, draws, fold, masks
from pplink.encoders.handles import handles, handles_of
from pplink.encoders.mac import Mac
from pplink.encoders.positions import positions, positions_all
from pplink.encoders.reference import encode_record
from pplink.encoders.scanning import scan_field
from pplink.fields.catalogue import KINDS
from pplink.fields.problem import BadValueError
from pplink.fields.strings import from_list
from pplink.fields.texts import NAME
from pplink.keys.derive import Label, derive

SECRET = bytes(range(32))
VALUE = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    st.sampled_from(["anna", "Anna-Maria", "Łódź", "19800403", "2024-02-30", "12.0", "", " ", "a\0b"]),
)


def ten(share: int, whole: int) -> int:
    return 10 * share // whole


@given(key=st.binary(max_size=200), message=st.binary(max_size=200))
def test_mac_is_hmac_sha_256(key, message):
    assert Mac(key).digest(message) == hmac.digest(key, message, hashlib.sha256)


def test_mac_meets_rfc_4231():
    mac = Mac(b"\xaa" * 131)
    message = b"Test Using Larger Than Block-Size Key - Hash Key First"
    assert mac.digest(message).hex() == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    assert Mac(b"Jefe").digest(b"what do ya want for nothing?").hex().startswith("5bdcc146bf60754e")


def test_secrets_are_not_shown():
    shown = f"{Mac(SECRET)!r} {MaskTable(SECRET, ten, 64)!r}"
    assert shown == "Mac(1 key) MaskTable(0 tokens)"


@pytest.mark.parametrize("bits", [64, 192, 1024, 4160, 8192])
def test_positions_are_spread_evenly(bits):
    mac = Mac(SECRET)
    drawn = [place for i in range(400) for place in positions(mac, b"%d" % i, 40, bits)]
    assert min(drawn) >= 0
    assert max(drawn) < bits
    counts = np.bincount(np.array(drawn) * 16 // bits, minlength=16)
    assert ((counts - 1000) ** 2 / 1000).sum() < 50  # chi-squared, 15 degrees: p = 10^-5; the key is fixed


def test_fewer_positions_are_a_beginning_of_more():
    mac = Mac(SECRET)
    assert positions(mac, b"mi", 5, 1024) == positions(mac, b"mi", 20, 1024)[:5]


class Loaded(Mac):
    """Of half the messages, the first draws are the highest number there is."""

    def digests(self, messages):
        made = super().digests(messages)
        return [b"\xff" * 20 + digest[20:] if digest[0] < 128 else digest for digest in made]


@pytest.mark.parametrize("bits", [64, 192, 1024, 4160])
@pytest.mark.parametrize("count", [1, 7, 8, 9, 40])
@pytest.mark.parametrize("kind", [Mac, Loaded])
def test_positions_of_many_tokens_are_those_of_each(bits, count, kind):
    mac, tokens = kind(SECRET), [b"", b"mi", *(b"%d" % i for i in range(30))]
    each = [positions(mac, token, count, bits) for token in tokens]
    assert positions_all(mac, tokens, count, bits).tolist() == each
    assert positions_all(mac, [], count, bits).shape == (0, count)


@pytest.mark.parametrize(("text", "draws_each"), [("ann", 10), ("a", 20), ("christophersons", 2)])
def test_a_value_has_its_bits_however_long_it_is(text, draws_each):
    field = Field(name="n", kind="name", weight=4, key="n", required=False, bits_of="value")
    table = MaskTable(SECRET, partial(field.positions, 10), 8192)
    tokens = field.reader.tokenise_all(from_list([text.encode()]), 2)
    (row,) = table.filters(replace(tokens, parted=True))
    mac = Mac(SECRET)
    wanted = {bit for gram in tokens.vocabulary for bit in positions(mac, gram, draws_each, 8192)}
    assert {bit for bit in range(8192) if int(row[bit // 64]) >> bit % 64 & 1} == wanted
    assert len(wanted) == pytest.approx(40, abs=8)


def test_a_bit_stands_where_the_format_says():
    mac = Mac(SECRET)
    (words,) = masks(draws(mac, [b"mi"], 10, 256), np.array([10]), 256)
    expected = np.zeros(4, np.uint64)
    for bit in positions(mac, b"mi", 10, 256):
        expected[bit // 64] |= np.uint64(1 << bit % 64)
    assert np.array_equal(words, expected)


def test_a_known_filter_stays_what_it_is():
    """Two versions of pplink must not encode one person differently."""
    digest = hashlib.sha256(
        masks(draws(Mac(SECRET), [b"mi"], 10, 1024), np.array([10]), 1024).astype("<u8").tobytes()
    ).hexdigest()
    assert digest[:32] == KNOWN


KNOWN = "5fe8ce3f8d58f096eaabd9727d962b3b"


@settings(deadline=None)
@given(
    records=st.lists(
        st.fixed_dictionaries(dict.fromkeys(["n", "t", "d", "u", "c", "p", "l", "b"], VALUE)), max_size=6
    ),
    bits=st.sampled_from([64, 192, 1024]),
    q=st.integers(1, 4),
    hashes=st.sampled_from([1, 3, 40]),
    by_value=st.booleans(),
)
def test_fast_and_plain_encoding_agree(proposed_agreement, records, bits, q, hashes, by_value):
    def change(terms):
        kinds = {"n": "name", "t": "text", "d": "date", "u": "number", "c": "category"}
        kinds |= {"p": "person_name", "l": "life_date", "b": "day"}
        terms["fields"] = [
            {"name": name, "kind": kind, "weight": 0.5 + i / 8, "key": name, "required": False}
            | ({"bits_of": "value"} if by_value else {})
            for i, (name, kind) in enumerate(kinds.items())
        ]
        terms["encoding"] |= {"bits": bits, "q": q, "hashes": hashes}
        del terms["encoding"]["floor"]  # of more bits than there are

    terms = proposed_agreement(change=change).terms
    columns = {name: pa.array([record[name] for record in records], pa.string()) for name in "ntducplb"}
    table = pa.table({"record_id": pa.array([str(i) for i in range(len(records))], pa.string()), **columns})
    rows, _ = pipeline.encode_fields(table, terms, SECRET, "blank")
    keys = {name: derive(SECRET, Label.FIELD_KEY, context=name) for name in "ntducplb"}
    for row, record in zip(rows, records, strict=True):
        assert np.array_equal(row, encode_record(without_bad(record, terms), terms, keys))


def without_bad(record, terms):
    good = {}
    for field in terms.fields:
        try:
            KINDS[field.kind].normalise(record[field.name] or "")
            good[field.name] = record[field.name]
        except BadValueError:
            good[field.name] = None
    return good


def test_blocks_and_a_growing_table_change_nothing(monkeypatch):
    names = [f"{a}{b}{c}" for a in "abcdefghijkl" for b in "mnopqrstuvwx" for c in "abcdefghi"]
    tokens = NAME.tokenise_all(NAME.normalise_all(pa.array(names)).texts, 3)
    whole = MaskTable(SECRET, ten, 128).filters(tokens)
    monkeypatch.setattr(bloom, "BLOCK", 7)
    table = MaskTable(SECRET, ten, 128)
    assert np.array_equal(table.filters(tokens), whole)
    assert np.array_equal(table.filters(tokens), whole)


@pytest.mark.parametrize("last", ["Zoe", "Anna", "", "A\0", None])
def test_a_column_that_begins_without_repeats_is_taken_value_by_value(proposed_agreement, monkeypatch, last):
    terms = proposed_agreement().terms
    names = pa.chunked_array(
        [["Anna", "Łukasz", " ", "Ny-Ålesund", "Bo"], ["1980-04-03", "x y", "Smith", last]]
    )
    found = []
    for sample in (4, 100):
        monkeypatch.setattr(tokens, "SAMPLE", sample)
        rows = np.zeros((len(names), terms.encoding.bits // 64), np.uint64)
        scan = scan_field(names, terms.fields[0], terms.encoding, SECRET, rows)
        found.append((len(tokens.read(names, terms.fields[0]).texts), scan.problems, scan.present, rows))
    (count, *varied), (least, *plain) = found
    assert (count, least) == (9 if last is not None else least, 9 if last != "Anna" else 8)
    assert all(np.array_equal(one, other) for one, other in zip(varied, plain, strict=True))


@given(st.lists(st.lists(st.integers(0, 4), max_size=5), max_size=12))
def test_folding_is_the_union(values):
    masks = np.array([[1 << i, 1 << (63 - i)] for i in range(5)], np.uint64)
    offsets = np.cumsum([0, *map(len, values)])
    ids = np.array([i for value in values for i in value], np.int32)
    folded = fold(masks, ids, offsets)
    for row, value in zip(folded, values, strict=True):
        assert np.array_equal(row, np.bitwise_or.reduce(masks[value], axis=0) if value else [0, 0])


def test_one_name_in_two_fields_sets_unrelated_bits():
    tokens = NAME.tokenise_all(NAME.normalise_all(pa.array(["maximilian"])).texts, 2)
    given_name, family_name = (
        MaskTable(derive(SECRET, Label.FIELD_KEY, context=name), ten, 1024).filters(tokens)
        for name in ("given_name", "family_name")
    )
    shared = np.bitwise_count(given_name & family_name).sum()
    assert shared < 0.4 * np.bitwise_count(given_name).sum()


def test_handles_are_hmac_under_the_units_own_key():
    made = handles(["rec-1", "åsa"], SECRET)
    assert made.shape == (2, 16)
    assert made[1].tobytes() == hmac.digest(SECRET, "åsa".encode(), hashlib.sha256)[:16]
    assert np.array_equal(handles_of(pa.chunked_array([["rec-1"], ["åsa"]]), SECRET), made)
    assert handles([], SECRET).shape == (0, 16)
