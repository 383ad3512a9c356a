"""Hardenings that work where tokens become bits: salting, MinHash, two-step hash. Each beside a plain reference."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.agreement.hardening import Hardening, MinHash, Rule90, Salt, TwoStep
from pplink.agreement.model import Terms
from pplink.encoders.bloom import draws, masks
from pplink.encoders.hardening.api import harden, key_of
from pplink.encoders.hardening.minhash import lowest_bits, smallest, tables
from pplink.encoders.hardening.salting import Salts, salted
from pplink.encoders.mac import Mac
from pplink.encoders.pipeline import encode, encode_fields, fields_of
from pplink.encoders.reference import encode_record
from pplink.errors import AgreementError
from pplink.fields.vocabulary import Tokens
from pplink.join.api import threshold_join
from pplink.keys.derive import Label, derive

SECRET = bytes(range(32))
NUMBERS = tables(b"numbers", 64)
BORN = Salt(field="birth_date", characters=4)
PEOPLE = [
    ("Anna", "Berg", "1980-03-04", "Lund"),
    ("Anna", "Berg", "1981-03-04", "Lund"),
    ("Bo", "Li", "", "Kiel"),
]
Terms_ = Callable[..., Terms]


@pytest.fixture
def terms(proposed_agreement: Any) -> Terms_:
    """Of the preset `persons` with these hardenings, bits by token and without a floor."""

    def make(*ways: Hardening, measure: str = "dice", **encoding: Any) -> Terms:
        def change(terms: dict[str, Any]) -> None:
            terms["encoding"].pop("floor", None)
            for field in terms["fields"]:
                del field["bits_of"]
                field["weight"] = 1
            terms["encoding"] |= {"hardening": [msgspec.to_builtins(way) for way in ways], **encoding}
            terms["measure"] = measure

        made: Terms = proposed_agreement(change=change).terms
        return made

    return make


def table(terms: Terms, people: Any = PEOPLE) -> Any:
    names = ["given_name", "family_name", "birth_date", "place"]
    frame = pd.DataFrame(people, columns=names)
    return fields_of(frame.assign(record_id=[str(i) for i in range(len(frame))]), terms, None, False)


def rows_of(terms: Terms, people: Any = PEOPLE, secret: bytes = SECRET) -> Any:
    return encode_fields(table(terms, people), terms, secret, "stop")[0]


def likeness(one: Any, other: Any) -> float:
    return float(2 * np.bitwise_count(one & other).sum() / np.bitwise_count([one, other]).sum())


def test_a_name_of_another_year_sets_other_bits(terms: Terms_) -> None:
    names = [(*person[:2], person[2], "") for person in PEOPLE]
    plain, salt = (rows_of(made, names) for made in (terms(Rule90()), terms(BORN)))
    assert likeness(plain[0], plain[1]) > 0.5
    assert likeness(salt[0], salt[1]) < 0.5
    same = rows_of(terms(BORN), [("Anna", "Berg", "1980-03-04", ""), ("Anna", "Berg", "1980-12-30", "")])
    assert likeness(*same) > 0.6


def test_the_field_that_salts_is_not_salted_itself(terms: Terms_) -> None:
    dates = [("", "", "1980-03-04", ""), ("", "", "1981-03-04", "")]
    bare = terms(Rule90())
    without = encode_fields(table(bare, dates), terms_without(bare), SECRET, "stop")[0]
    assert np.array_equal(rows_of(terms(BORN), dates), without)


def terms_without(made: Terms) -> Terms:
    return msgspec.structs.replace(
        made, encoding=msgspec.structs.replace(made.encoding, hardening=msgspec.UNSET)
    )


def test_a_salt_that_is_missing_is_a_salt(terms: Terms_) -> None:
    made = terms(BORN)
    some = rows_of(
        made, [("Bo", "Li", "", "Kiel"), ("Bo", "Li", "", "Kiel"), ("Bo", "Li", "1980-03-04", "Kiel")]
    )
    assert np.array_equal(some[0], some[1])
    assert likeness(some[0], some[2]) < 0.5


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=12),
    st.lists(st.lists(st.sampled_from([b"ab", b"bc", b"cd"]), unique=True), min_size=4, max_size=4),
)
def test_salted_tokens_are_each_rows_own_with_its_salt(
    rows: list[tuple[int, int]], values: list[list[bytes]]
) -> None:
    vocabulary = sorted({token for value in values for token in value}) or [b"zz"]
    tokens = Tokens(
        vocabulary=tuple(vocabulary),
        ids=np.array([vocabulary.index(token) for value in values for token in value], np.int32),
        offsets=np.cumsum([0, *map(len, values)]),
        shares=tuple(range(1, 1 + len(vocabulary))),
    )
    places, salt = (np.array([row[side] for row in rows], np.int32) for side in (0, 1))
    found, place = salted(tokens, places, Salts("x", (b"", b"1980", b"1981"), salt))
    texts = (b"", b"1980", b"1981")
    for row, (value, which) in enumerate(rows):
        wanted = {texts[which] + b"\0" + token for token in values[value]}
        assert set(found.to_list()[place[row]]) == wanted
    assert found.shares is not None
    for token, share in zip(found.vocabulary, found.shares, strict=True):
        assert vocabulary[share - 1] == token.split(b"\0")[1]


def test_the_reference_salts_alike(terms: Terms_) -> None:
    made = terms(BORN)
    keys = {field.name: derive(SECRET, Label.FIELD_KEY, context=field.key) for field in made.fields}
    records = table(made).to_pylist()
    assert np.array_equal(rows_of(made), [encode_record(record, made, keys) for record in records])


def test_columns_that_are_not_empty_are_hashed_with_their_place() -> None:
    filters, key = _filters(40), key_of(SECRET, 0)
    mixed = harden(filters, [TwoStep(functions=8, bits=2048)], SECRET)
    for bits, shown in zip(_bits(filters), _bits(mixed), strict=True):
        expected = set()
        for column in range(32):
            code = sum(bits[turn * 32 + column] << turn for turn in range(8))
            if code:
                token = column.to_bytes(8, "big") + code.to_bytes(8, "big")
                digest = hmac.digest(key, bytes(4) + token, sha256)
                expected.add(int.from_bytes(digest[:4], "big") % 2048)
        assert {place for place, bit in enumerate(shown) if bit} == expected


def test_each_hash_function_has_a_row_of_its_own(terms: Terms_) -> None:
    encoding = terms(TwoStep(functions=8, bits=1024), hashes=8).encoding
    token = masks(
        draws(Mac(SECRET), [b"_l"], 8, encoding.bits, encoding.functions), np.array([8]), encoding.bits
    )
    places = [place for place, bit in enumerate(_bits(token)[0]) if bit]
    assert [place // 128 for place in places] == list(range(8))


def test_minhash_agrees_as_jaccard_says() -> None:
    numbers = tables(SECRET, 4096)
    words = [b"%d" % i for i in range(60)]
    sets = [list(range(40)), list(range(20, 60)), list(range(40))]
    tokens = Tokens(
        vocabulary=tuple(words),
        ids=np.array([word for some in sets for word in some], np.int32),
        offsets=np.array([0, 40, 80, 120]),
    )
    rows = lowest_bits(smallest(tokens, Mac(SECRET), lambda *_: 1, numbers))
    found = threshold_join(rows[:1], rows[1:], 0.01, measure="minhash")
    score = dict(zip(found.right.tolist(), found.score.tolist(), strict=True))
    assert score[1] == 1
    assert score[0] == pytest.approx(20 / 60, abs=0.06)
    assert np.bitwise_count(rows).sum(axis=1) / 4096 == pytest.approx(0.5, abs=0.04)


@given(st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=5, unique=True), st.integers(1, 9))
def test_smallest_hashes_are_those_of_simple_tabulation(words: list[bytes], count: int) -> None:
    whole = Tokens(
        vocabulary=tuple(words), ids=np.arange(len(words), dtype=np.int32), offsets=np.array([0, len(words)])
    )
    least = np.full(64, 0xFFFFFFFF, np.uint32)
    for word in words:
        stream = b"".join(hmac.digest(SECRET, block.to_bytes(4, "big") + word, sha256) for block in range(3))
        for turn in range(count):
            key = stream[8 * turn : 8 * turn + 8]
            hashed = np.bitwise_xor.reduce([NUMBERS[part, byte] for part, byte in enumerate(key)])
            least = np.minimum(least, hashed)
    assert np.array_equal(smallest(whole, Mac(SECRET), lambda *_: count, NUMBERS)[0], least)


def test_minhash_says_nothing_of_who_says_nothing_and_repeats_in_any_order(terms: Terms_) -> None:
    made = terms(MinHash(bits=512), measure="minhash", hashes=2)
    people = [*PEOPLE, ("", "", "", "")]
    rows = rows_of(made, people)
    assert rows.shape == (4, 8)
    assert rows.any(axis=1).tolist() == [True, True, True, False]
    assert np.array_equal(rows_of(made, people[::-1]), rows[::-1])
    assert not np.array_equal(rows_of(made, people, bytes(32)), rows)


def test_weights_count_in_minhash_as_in_a_filter(terms: Terms_) -> None:
    people = [("Anna", "", "", "Lund"), ("Anna", "", "", "Kiel"), ("Bosse", "", "", "Lund")]
    for weight, better in ((1, 1), (5, 2)):
        made = terms(MinHash(bits=4096), measure="minhash", hashes=2)
        fields = tuple(
            msgspec.structs.replace(field, weight=float(weight)) if field.name == "place" else field
            for field in made.fields
        )
        rows = rows_of(msgspec.structs.replace(made, fields=fields), people)
        far = [int(np.bitwise_count(rows[0] ^ row).sum()) for row in rows[1:]]
        assert int(np.argmin(far)) + 1 == better


def test_a_floor_holds_for_minhash_too(terms: Terms_) -> None:
    made = terms(MinHash(bits=512), measure="minhash", hashes=10, floor=50)
    rows = rows_of(made, [("X", "", "", ""), *PEOPLE])
    assert rows.any(axis=1).tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    ("hardening", "measure", "said"),
    [
        ([{"method": "salt", "field": "shoe_size"}], "dice", "is no field of this agreement"),
        ([{"method": "salt", "field": "place", "characters": 0}], "dice", "characters"),
        ([{"method": "rule-90"}, {"method": "salt", "field": "place"}], "dice", "is done earlier"),
        ([{"method": "salt", "field": "place"}] * 2, "dice", "is done earlier"),
        ([{"method": "two-step", "functions": 3, "bits": 512}], "dice", "does not divide"),
        ([{"method": "two-step", "functions": 8, "bits": 512}] * 2, "dice", "instead of it"),
        ([{"method": "minhash", "bits": 512}, {"method": "two-step", "functions": 8, "bits": 512}], "minhash",
         "instead of it"),
        ([{"method": "minhash", "bits": 512}], "dice", "must be minhash"),
        ([{"method": "minhash", "bits": 512}], "hamming", "must be minhash"),
        ([{"method": "balance"}], "minhash", "for no others"),
        ([{"method": "minhash", "bits": 512}, {"method": "rule-90"}], "minhash", "must be the last"),
        ([{"method": "minhash", "bits": 500}], "minhash", "bits"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_no_agreement(
    proposed_agreement: Any, hardening: Any, measure: str, said: str
) -> None:
    def change(terms: dict[str, Any]) -> None:
        terms["encoding"]["hardening"] = hardening
        terms["measure"] = measure

    with pytest.raises(AgreementError, match=said):
        proposed_agreement(change=change)


def test_a_list_is_encoded_with_all_of_them(rings: Any, signed_agreement: Any) -> None:
    def change(terms: dict[str, Any]) -> None:
        terms["encoding"].pop("floor")
        terms["encoding"]["hardening"] = [
            {"method": "salt", "field": "birth_date", "characters": 4},
            {"method": "two-step", "functions": 8, "bits": 2048},
            {"method": "balance"},
        ]
        terms["measure"] = "hamming"

    agreement = signed_agreement(change=change)
    dataset = encode(table(agreement.terms), agreement, rings["north"])
    assert dataset.encoding.shape == (3, 64)
    assert dataset.manifest.encoding.bits == 4096


def _filters(count: int) -> Any:
    bits = np.random.default_rng(3).random((count, 256)) < 0.2
    return np.packbits(bits, axis=1, bitorder="little").view("<u8")


def _bits(rows: Any) -> list[list[int]]:
    return [[int(word) >> bit & 1 for word in row for bit in range(64)] for row in rows]
