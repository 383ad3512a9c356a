"""Each hardening beside a plain reference, and what all of them promise."""

from __future__ import annotations

from itertools import combinations
from math import log
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.agreement.hardening import Balance, Blip, Diffusion, Hardening, Rule90, XorFold
from pplink.encoders.hardening.api import harden
from pplink.encoders.hardening.blip import epsilon
from pplink.encoders.hardening.choices import order, subsets
from pplink.encoders.hardening.diffusion import check_fill
from pplink.encoders.pipeline import encode
from pplink.errors import AgreementError, RefusedError
from pplink.evaluation.population import make_lists
from pplink.keys.derive import Label, derive

SECRET = bytes(range(32))
WAYS: dict[str, Hardening] = {
    "diffusion": Diffusion(bits=320, taps=3),
    "balance": Balance(),
    "xor-fold": XorFold(),
    "rule-90": Rule90(),
    "blip": Blip(flip=0.05),
}
widths = st.sampled_from([128, 256, 1024])


def filters(records: int, width: int = 256, seed: int = 1, fill: float = 0.5) -> Any:
    bits = np.random.default_rng(seed).random((records, width)) < fill
    return np.packbits(bits, axis=1, bitorder="little").view("<u8")


def bits_of(rows: Any) -> list[list[int]]:
    return [[int(word) >> bit & 1 for word in row for bit in range(64)] for row in rows]


@pytest.mark.parametrize("name", WAYS)
def test_the_width_is_what_the_agreement_says(name: str) -> None:
    assert harden(filters(5), [WAYS[name]], SECRET).shape == (5, WAYS[name].width(256) // 64)


@pytest.mark.parametrize("name", WAYS)
def test_a_record_that_says_nothing_still_says_nothing(name: str) -> None:
    rows = filters(4)
    rows[2] = 0
    shown = harden(rows, [WAYS[name]], SECRET)
    assert not shown[2].any()
    assert shown[[0, 1, 3]].any(axis=1).all()


@pytest.mark.parametrize("name", [name for name in WAYS if name != "blip"])
def test_equal_filters_are_shown_equal_by_every_unit_in_any_list(name: str) -> None:
    rows = filters(3000)
    shown = harden(rows, [WAYS[name]], SECRET)
    assert np.array_equal(harden(rows[::-1], [WAYS[name]], SECRET), shown[::-1])


@pytest.mark.parametrize("name", ["diffusion", "balance"])
def test_another_secret_shows_something_else(name: str) -> None:
    rows = filters(20)
    other = harden(rows, [WAYS[name]], bytes(32))
    assert (harden(rows, [WAYS[name]], SECRET) != other).any(axis=1).all()


def test_no_hardening_changes_nothing() -> None:
    rows = filters(6)
    assert np.array_equal(harden(rows, [], SECRET), rows)


@given(st.integers(0, 2**32 - 1), widths, st.integers(2, 6))
@settings(max_examples=15, deadline=None)
def test_diffusion_is_the_exclusive_or_of_the_bits_chosen(seed: int, width: int, taps: int) -> None:
    rows, way = filters(60, width, seed), Diffusion(bits=192, taps=taps)
    chosen = subsets(derive(SECRET, Label.HARDENING_KEY, context="0"), b"diffusion", 192, taps, width)
    expected = [[sum(bits[at] for at in some) % 2 for some in chosen.tolist()] for bits in bits_of(rows)]
    assert bits_of(harden(rows, [way], SECRET)) == expected


@given(st.integers(0, 2**32 - 1), widths)
@settings(max_examples=15, deadline=None)
def test_rule_90_is_the_exclusive_or_of_both_neighbours(seed: int, width: int) -> None:
    rows = filters(3, width, seed)
    expected = [[bits[i - 1] ^ bits[(i + 1) % width] for i in range(width)] for bits in bits_of(rows)]
    assert bits_of(harden(rows, [Rule90()], SECRET)) == expected


@given(st.integers(0, 2**32 - 1), widths)
@settings(max_examples=15, deadline=None)
def test_folding_lays_one_half_on_the_other(seed: int, width: int) -> None:
    rows = filters(3, width, seed)
    half = width // 2
    expected = [[bits[i] ^ bits[i + half] for i in range(half)] for bits in bits_of(rows)]
    assert bits_of(harden(rows, [XorFold()], SECRET)) == expected


def test_balanced_rows_set_half_of_their_bits_and_keep_their_distances_twice() -> None:
    rows = filters(30, fill=0.2)
    shown = harden(rows, [Balance()], SECRET)
    assert (np.bitwise_count(shown).sum(axis=1) == 256).all()
    for one, other in combinations(range(8), 2):
        distance = [np.bitwise_count(side[one] ^ side[other]).sum() for side in (rows, shown)]
        assert distance[1] == 2 * distance[0]


def test_diffused_rows_agree_as_the_power_says() -> None:
    rows = filters(400, 1024)
    other = rows ^ filters(400, 1024, seed=4, fill=0.1)
    for taps in (2, 3, 5):
        way = Diffusion(bits=4096, taps=taps)
        shown = [harden(side, [way], SECRET) for side in (rows, other)]
        agreed = 1 - 2 * np.bitwise_count(shown[0] ^ shown[1]).sum(axis=1) / 4096
        base = 1 - 2 * np.bitwise_count(rows ^ other).sum(axis=1) / 1024
        assert np.mean(agreed - base**taps) == pytest.approx(0, abs=0.005)


def test_blip_turns_over_the_share_asked_for_and_anew_each_time() -> None:
    rows = filters(500)
    one, other = (harden(rows, [Blip(flip=0.05)], SECRET) for _ in range(2))
    assert not np.array_equal(one, other)
    assert np.bitwise_count(one ^ rows).sum() / (500 * 256) == pytest.approx(0.05, abs=0.005)


def test_epsilon_adds_up_over_bits() -> None:
    assert epsilon(0.25, 1) == pytest.approx(log(3))
    assert epsilon(0.05, 1024) == pytest.approx(3015, abs=1)


def test_ways_follow_one_another() -> None:
    rows = filters(10)
    both = harden(rows, [Rule90(), XorFold()], SECRET)
    assert np.array_equal(both, harden(harden(rows, [Rule90()], SECRET), [XorFold()], SECRET))


@pytest.mark.parametrize("fill", [0.05, 0.27, 0.42, 0.6, 1.0])
def test_diffusion_over_filters_that_are_not_half_full_is_refused(fill: float) -> None:
    with pytest.raises(RefusedError, match="full on average") as caught:
        harden(filters(50, fill=fill), [Diffusion(bits=256, taps=5)], SECRET)
    assert "`--preset persons`" in str(caught.value.hint)  # no option of `unit propose` changes hashes


def test_fill_is_of_rows_that_say_anything() -> None:
    check_fill(np.concatenate([filters(20), np.zeros((80, 4), np.uint64)]))
    check_fill(np.zeros((3, 4), np.uint64))


def test_choices_are_different_numbers_and_an_order_has_each_once() -> None:
    chosen = subsets(SECRET, b"x", 300, 4, 8)
    assert all(len(set(some)) == 4 for some in chosen.tolist())
    assert sorted(order(SECRET, b"x", 100).tolist()) == list(range(100))
    assert np.bincount(chosen.ravel(), minlength=8).min() > 100


def diffused(terms: dict[str, Any]) -> None:
    terms["encoding"] |= {"hashes": 20, "hardening": [{"method": "diffusion", "bits": 2048, "taps": 5}]}
    terms["measure"] = "hamming"


def test_a_list_is_encoded_as_agreed(rings: Any, signed_agreement: Any) -> None:
    agreement = signed_agreement(change=diffused)
    frame = make_lists(("north",), 300).frames["north"]
    frame["birth_date"] = frame["birth_date"].where(frame["birth_date"].str.len() == 10, "")
    table = pa.Table.from_pandas(frame[["record_id", *(field.name for field in agreement.terms.fields)]])
    dataset = encode(table, agreement, rings["north"])
    assert dataset.encoding.shape == (300, 32)
    assert dataset.manifest.encoding.bits == 2048
    assert dataset.manifest.fill.mean == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("hardening", "path"),
    [
        ([], "hardening"),
        ([{"method": "magic"}], "hardening"),
        ([{"method": "diffusion", "bits": 4096}], "taps"),
        ([{"method": "diffusion", "bits": 100, "taps": 3}], "bits"),
        ([{"method": "diffusion", "bits": 4096, "taps": 1}], "taps"),
        ([{"method": "balance", "extra": 1}], "extra"),
        ([{"method": "blip", "flip": 0.5}], "flip"),
        ([{"method": "blip", "flip": 0.00001}], "flip"),
        ([{"method": "balance"}] * 4, "hardening"),
        ([{"method": "xor-fold"}] * 4 + [{"method": "xor-fold"}], "hardening"),
        (None, "hardening"),
    ],
)
def test_hardenings_that_cannot_be_are_refused(proposed_agreement: Any, hardening: Any, path: str) -> None:
    def change(terms: dict[str, Any]) -> None:
        terms["encoding"]["hardening"] = hardening

    with pytest.raises(AgreementError, match=path):
        proposed_agreement(change=change)


def test_diffused_encodings_are_compared_by_all_their_bits(proposed_agreement: Any) -> None:
    def dice(terms: dict[str, Any]) -> None:
        diffused(terms)
        terms["measure"] = "dice"

    with pytest.raises(AgreementError, match="hamming"):
        proposed_agreement(change=dice)
