"""Terms on keys: what can be agreed, what cannot, and what a signer is shown."""

from __future__ import annotations

import pytest

from pplink.agreement import text
from pplink.agreement.describe import describe
from pplink.agreement.exact_presets import parse_key
from pplink.errors import AgreementError, UsageError


def psi(proposed_agreement, change=None, **exact):
    return proposed_agreement("documents-exact", change=change, exact=exact)


def watchlist(proposed_agreement, change=None, **exact):
    return proposed_agreement("watchlist", change=change, exact={"holder": "north"} | exact)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda terms: terms.pop("exact"), "exact: is not there, and ecdh_psi needs it"),
        (
            lambda terms: terms.update(protocol="broker_clk"),
            "exact: is for ecdh_psi alone",
        ),
        (lambda terms: terms.update(threshold=0.9), "threshold: must be 1"),
        (lambda terms: terms.update(assignment="one-to-one"), "assignment: must be many-to-many"),
        (lambda terms: terms["learns"].update(score="exact"), "score: must be none"),
        (lambda terms: terms["learns"].update(hits_to=["north"]), "hits_to: must be all units"),
        (lambda terms: terms["encoding"].update(variants=4), "encoding"),
        (lambda terms: terms.update(max_reidentification=0.5), "encoding: cannot be hardened"),
        (lambda terms: terms["exact"].update(capacity=1025), "capacity: is no multiple of step"),
        (lambda terms: terms["exact"].update(step=0), "exact.step"),
        (lambda terms: terms["exact"].update(keys=[]), "exact.keys"),
        (lambda terms: terms["exact"]["keys"].append([]), "exact.keys"),
        (
            lambda terms: terms["exact"]["keys"].append(terms["exact"]["keys"][0]),
            r"keys\[3\]: stands here a second time",
        ),
        (lambda terms: terms["exact"]["keys"][0].append({"field": "shoe", "form": "exact"}), "is no field"),
        (
            lambda terms: terms["exact"]["keys"][0].append({"field": "document", "form": "exact"}),
            "a second time",
        ),
        (lambda terms: terms["exact"]["keys"][0][0].update(form="year"), "is no form of that kind"),
        (lambda terms: terms["exact"]["keys"][0][0].update(form="smell"), "form"),
        (lambda terms: terms["exact"]["keys"].pop(1), "fields: has one that is part of no key"),
        (lambda terms: terms["exact"].update(extra=1), "extra"),
    ],
)
def test_terms_on_keys_that_cannot_be_are_refused_by_path(proposed_agreement, change, said):
    with pytest.raises(AgreementError, match=said):
        psi(proposed_agreement, change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda terms: terms["watchlist"].update(holder="hub"), "holder: is no unit"),
        (
            lambda terms: terms["learns"].update(hits_to=["north", "south", "west"]),
            "all units but the holder",
        ),
        (lambda terms: terms["watchlist"].update(false_bits=39), "false_bits: is more than 62"),
        (lambda terms: terms["watchlist"].update(asked=0), "watchlist.asked"),
        (lambda terms: terms["watchlist"].update(daily=0), "watchlist.daily"),
        (lambda terms: terms.update(exact=terms.pop("watchlist")), "exact"),
    ],
)
def test_terms_of_a_watchlist_that_cannot_be_are_refused_by_path(proposed_agreement, change, said):
    with pytest.raises(AgreementError, match=said):
        watchlist(proposed_agreement, change)


def test_terms_on_keys_read_back_and_fields_without_a_key_are_left_out(proposed_agreement):
    agreement = psi(proposed_agreement, keys=(parse_key("name:sound+birth_date:tolerant"),), reveal="size")
    assert text.read(text.write(agreement)) == agreement
    assert [field.name for field in agreement.terms.fields] == ["name", "birth_date"]
    assert agreement.terms.exact.reveal == "size"
    listed = watchlist(proposed_agreement)
    assert text.read(text.write(listed)) == listed
    assert listed.terms.learns.hits_to == ("south", "west")


@pytest.mark.parametrize(
    ("preset", "exact", "said"),
    [
        ("watchlist", {}, "a watchlist has a holder"),
        ("persons", {"step": 3}, "this preset compares no keys"),
        ("documents-exact", {"holder": "north"}, "holder: not among the terms of ecdh_psi"),
        ("watchlist", {"holder": "north", "reveal": "size"}, "reveal: not among the terms of oprf_hit"),
    ],
)
def test_what_a_proposal_cannot_change_is_said(proposed_agreement, preset, exact, said):
    with pytest.raises(UsageError, match=said):
        proposed_agreement(preset, exact=exact)


def test_a_signer_of_hits_for_one_unit_is_shown_who_learns_nothing(proposed_agreement):
    agreement = proposed_agreement("documents-exact", parties=("north", "south", "hub"), hits_to=["south"])
    shown = [value for what, value in describe(agreement) if what == "learns"]
    assert shown[0].startswith("unit north: nothing of what is common")
    assert shown[1].startswith("unit south: which of its records have a key that the other has too")


def test_a_key_is_read_from_a_line():
    assert [(part.field, part.form) for part in parse_key("name:sound+birth_date")] == [
        ("name", "sound"),
        ("birth_date", "exact"),
    ]
    with pytest.raises(UsageError, match="a key has no form smell"):
        parse_key("name:smell")


def test_a_signer_is_shown_keys_sizes_and_who_learns_what(proposed_agreement):
    rows = describe(psi(proposed_agreement))
    shown = [f"{what}: {value}" for what, value in rows]
    assert "key: name (as normalised) and birth_date (as normalised)" in shown
    assert "field: document (document), may be missing" in shown
    assert any("filled up to a multiple of 1,024" in each for each in shown)
    assert any("how many keys each set of them has in common" in each for each in shown)
    assert not any(what in ("encoding", "match") for what, _ in rows)
    only = " ".join(value for _, value in describe(psi(proposed_agreement, reveal="size")))
    assert "only how many keys all of them have" in only
    assert "opaque handles" not in only
    asked = " ".join(value for _, value in describe(watchlist(proposed_agreement)))
    assert "nor whether there was a hit" in asked
    assert "1,000 queries a day" in asked
