"""Terms on counting: what can be agreed, what cannot, and what a signer is shown."""

from __future__ import annotations

import pytest

from pplink.agreement import text
from pplink.agreement.describe import describe
from pplink.agreement.stats_presets import parse_axis, read_key, write_key
from pplink.errors import AgreementError, UsageError

MODULUS = "f" * 768
AXES = [("category", "exact", ("Arms", "drugs")), ("event_date", "year", ("2020", "2021"))]


def counting(proposed_agreement, change=None, **stats):
    given = {"axes": AXES, "keeper": "officer", "modulus": MODULUS} | stats
    return proposed_agreement("patterns", change=change, stats=given)


def axis(terms, number=0):
    return terms["stats"]["axes"][number]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda terms: terms.pop("stats"), "stats: is not there, and paillier_stats needs it"),
        (lambda terms: terms.update(protocol="broker_clk"), "stats: is for paillier_stats alone"),
        (lambda terms: terms.update(threshold=0.9), "threshold: must be 1"),
        (lambda terms: terms["learns"].update(hits_to=["north"]), "hits_to: must be all units"),
        (lambda terms: terms["stats"].update(keeper="hub"), "keeper: is no auditor"),
        (lambda terms: terms["stats"].update(keeper="north"), "keeper: is no auditor"),
        (lambda terms: terms["stats"].update(modulus="f" * 767 + "e"), "modulus: is even"),
        (lambda terms: terms["stats"].update(modulus="f" * 512), "modulus"),
        (lambda terms: terms["stats"].update(axes=[]), "axes"),
        (lambda terms: terms["stats"].update(threshold=0), "threshold"),
        (lambda terms: terms["stats"].update(counted="some"), "counted"),
        (lambda terms: terms["stats"].update(largest=2), "largest: must be 1 where nothing is added up"),
        (lambda terms: terms["stats"].update(sums=["category"]), r"sums\[0\]: is no field of numbers"),
        (lambda terms: terms["stats"].update(extra=1), "extra"),
        (lambda terms: axis(terms).update(field="shoe"), "field: is no field"),
        (lambda terms: axis(terms).update(form="year"), "form: is no form of that kind"),
        (lambda terms: axis(terms, 1).update(field="category", form="exact"), "field: stands here a second time"),
        (lambda terms: axis(terms).update(values=["arms", "arms"]), r"values\[1\]: stands here a second time"),
        (lambda terms: axis(terms).update(values=["a\u202eb"]), r"values\[0\]: has characters"),
        (lambda terms: terms["stats"]["axes"].pop(1), "fields: has one that nothing is counted by"),
        (
            lambda terms: [axis(terms, n).update(values=[f"{v}" for v in range(4096)]) for n in (0, 1)],
            "more than 65,536 numbers",
        ),
    ],
)  # fmt: skip
def test_terms_on_counting_that_cannot_be_are_refused_by_path(proposed_agreement, change, said):
    with pytest.raises(AgreementError, match=said):
        counting(proposed_agreement, change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epsilon": 0.0001}, "epsilon: has more than 3 decimals"),
        ({"epsilon": 2.0}, "budget: is less than what a session costs"),
        ({"touches": 5}, "touches: is more than there are cells"),
        ({"most": 0}, "noise.most"),
    ],
)
def test_noise_that_cannot_be_is_refused_by_path(proposed_agreement, change, said):
    with pytest.raises(AgreementError, match=said):
        counting(proposed_agreement, lambda terms: terms["stats"]["noise"].update(change), epsilon=1.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"axes": []}, "needs --table"),
        ({"modulus": None}, "needs --keeper-key"),
        ({"axes": [("shoe", "exact", ("a",))]}, "the preset has no field shoe"),
        ({"sums": ("shoe",)}, "the preset has no field shoe"),
        ({"axes": [("category", "exact", ("a", "A "))]}, "the same once normalised"),
        ({"axes": [("category", "exact", (" ",))]}, "says nothing"),
        ({"axes": [("sex", "exact", ("perhaps",))]}, "a value of sex cannot be one"),
        ({"axes": [("birth_date", "year", ("64",))]}, "four digits"),
        ({"budget": 3.0}, "--budget and --touches are for noise"),
        ({"epsilon": 0.0}, "epsilon is above 0"),
    ],
)
def test_what_cannot_be_proposed_is_said(proposed_agreement, given, said):
    with pytest.raises(UsageError, match=said):
        counting(proposed_agreement, **given)


def test_no_other_preset_counts(proposed_agreement):
    with pytest.raises(UsageError, match="this preset counts nothing"):
        proposed_agreement("persons", stats={"axes": AXES})


def test_terms_on_counting_read_back_with_values_as_lists_have_them(proposed_agreement):
    agreement = counting(proposed_agreement, sums=("amount",), largest=100, epsilon=0.5, budget=2.0)
    assert text.read(text.write(agreement)) == agreement
    stats = agreement.terms.stats
    assert stats.labels == [("arms", "2020"), ("arms", "2021"), ("drugs", "2020"), ("drugs", "2021")]
    assert {field.name for field in agreement.terms.fields} == {"category", "event_date", "amount"}
    assert (stats.noise.touches, stats.threshold, agreement.keepers) == (1, 10, ("officer",))


def test_a_table_is_read_from_a_line():
    assert parse_axis("category=arms,drugs") == ("category", "exact", ("arms", "drugs"))
    assert parse_axis("birth_date:year=1998-2001") == ("birth_date", "year", ("1998", "1999", "2000", "2001"))
    for wrong in ("category", "=a", "category=", "category:smell=a"):
        with pytest.raises(UsageError, match="is not FIELD"):
            parse_axis(wrong)


def test_a_keeper_s_public_key_reads_back_and_no_other_file_does():
    assert read_key(write_key("officer", int(MODULUS, 16))) == ("officer", MODULUS)
    for wrong in (b"", b"{}", b'{"format":"pplink-keeper-key/1"}', b"\xff"):
        with pytest.raises(UsageError, match="no keeper's public key"):
            read_key(wrong)


def test_a_signer_is_shown_what_is_counted_and_who_must_not_talk_to_whom(proposed_agreement):
    agreement = counting(proposed_agreement, sums=("amount",), largest=100, epsilon=0.5, budget=2.0)
    shown = " ".join(f"{what}: {value}" for what, value in describe(agreement))
    assert "counted by: category: arms, drugs" in shown
    assert "counted by: event_date (the year): 2020, 2021" in shown
    assert "added up: amount, of a person at most 100" in shown
    assert "fewer than 10 persons of the other units" in shown
    assert "epsilon 0.5 a session and at most 2 under this agreement" in shown
    assert "together the two read every unit's table" in shown
    assert "encoding:" not in shown
