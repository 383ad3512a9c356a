"""The suite bites: what it should tell from plain encodings it tells, and from random bits it tells nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pplink.errors import DataError, UsageError
from pplink.evaluation.attacks import dictionary, extension, frequency, insider, patterns, similarity_graph
from pplink.evaluation.attacks.features import features_of
from pplink.evaluation.attacks.page import page
from pplink.evaluation.attacks.scene import Scene, bits_of, correlations, make_scene
from pplink.evaluation.attacks.suite import assess
from pplink.evaluation.encoding import fields_of
from pplink.evaluation.population import make_lists
from pplink.fields.catalogue import KINDS

NOBODY = np.zeros(0, np.int64)
ATTACKS: dict[str, Callable[[Scene], Any]] = {
    "similarity graph": lambda scene: similarity_graph.attack(scene, NOBODY),
    "similarity graph, 20 known": lambda scene: similarity_graph.attack(scene, np.arange(20)),
    "ridge": lambda scene: extension.ridge(scene, 200),
    "likelihood": lambda scene: extension.likelihood(scene, 200),
}
WEAK: dict[str, Callable[[Scene], Any]] = {"frequency": frequency.attack, "patterns": patterns.attack}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return make_lists(("north",), 600).frames["north"]


@pytest.fixture(scope="module")
def agreement(proposed_agreement: Any) -> Any:
    return proposed_agreement()


@pytest.fixture(scope="module")
def scene(people: pd.DataFrame, agreement: Any) -> Scene:
    table = fields_of(people, agreement.terms)
    return make_scene(table, agreement.terms, sample=200, known=200)


@pytest.fixture(scope="module")
def blind(scene: Scene) -> Scene:
    """The same people behind encodings that have nothing to do with them."""
    rng = np.random.default_rng(5)

    def random(rows: Any) -> Any:
        return rng.integers(0, 2**63, rows.shape, dtype=np.uint64)

    return replace(scene, seen=random(scene.seen), known_seen=random(scene.known_seen))


def told(attack: Callable[[Scene], Any], scene: Scene) -> float:
    return float((attack(scene) == scene.truth)[20:].mean())


@pytest.mark.parametrize("name", ATTACKS)
def test_plain_encodings_fall(name: str, scene: Scene) -> None:
    assert told(ATTACKS[name], scene) > 0.9


@pytest.mark.parametrize("name", [*ATTACKS, *WEAK])
def test_random_bits_tell_nothing(name: str, blind: Scene) -> None:
    assert told({**ATTACKS, **WEAK}[name], blind) < 0.05


def test_with_the_key_everyone_is_told(scene: Scene) -> None:
    assert told(dictionary.attack, scene) > 0.98
    assert told(insider.attack, scene) > 0.98


def test_frequency_tells_the_commonest_when_single_names_are_encoded(proposed_agreement: Any) -> None:
    def only_family_name(terms: dict[str, Any]) -> None:
        terms["fields"] = [field for field in terms["fields"] if field["name"] == "family_name"]
        del terms["encoding"]["floor"]  # of more bits than one name sets

    terms = proposed_agreement(change=only_family_name).terms
    names = np.repeat(
        [f"{a}{b}" for a in ("Nova", "Petro", "Schmi") for b in ("k", "vic", "rt")], range(1, 10)
    )
    table = pa.table({"record_id": [f"r{i}" for i in range(len(names))], "family_name": names})
    scene = make_scene(table, terms, sample=45, known=0)
    guesses = frequency.attack(scene)
    right = (scene.people[guesses] != scene.people[scene.truth]).sum(axis=1) == 0
    assert np.asarray(right).mean() == 1


def test_patterns_find_the_bits_of_a_token() -> None:
    rng = np.random.default_rng(1)
    noise = rng.random((400, 512)) < 0.02
    has = rng.random(400) < 0.3
    noise[np.ix_(has, np.arange(8))] = True
    rows = np.packbits(noise, axis=1, bitorder="little").view(np.uint64)
    found = patterns._patterns(bits_of(rows))
    assert len(found) == 1
    assert np.corrcoef(found[0], has)[0, 1] > 0.95


def test_features_are_the_tokens_of_each_record(people: pd.DataFrame, agreement: Any) -> None:
    table = fields_of(people.head(50), agreement.terms)
    features = features_of([table.slice(0, 20), table.slice(20)], agreement.terms)
    for row in range(50):
        wanted = set()
        for field in agreement.terms.fields:
            kind, value = KINDS[field.kind], table.column(field.name)[row].as_py() or ""
            try:
                wanted |= {(field.key, token) for token in kind.tokens(kind.normalise(value), 2)}
            except ValueError:
                continue
        assert features[[row]].nnz == len(wanted)


def test_correlations_are_those_of_numpy() -> None:
    rows = np.random.default_rng(2).integers(0, 2**63, (12, 4), dtype=np.uint64)
    expected = np.corrcoef(bits_of(rows))
    np.fill_diagonal(expected, 0)
    assert np.allclose(correlations(rows), expected, atol=1e-5)
    assert np.allclose(np.diag(correlations(rows, rows)), 1)


def test_a_report_says_who_was_told_and_how_surely(people: pd.DataFrame, agreement: Any) -> None:
    report = assess(people.head(280), agreement, sample=60)
    by_name = {(each.name, each.known): each for each in report.attacks}
    graph = by_name["similarity graph", 0]
    assert graph.low <= graph.share <= graph.high
    assert graph.share > 0.9
    assert by_name["similarity graph", 20].attacked == 40
    assert ("ridge regression", 200) in by_name
    assert ("ridge regression", 1000) not in by_name
    assert report.reidentified == max(each.high for each in report.attacks if not each.with_key)
    html = page(report, "<script>")
    assert "<script>" not in html
    assert f"{report.reidentified:.1%}" in html


def test_shares_are_of_who_is_in_the_attackers_population(people: pd.DataFrame, agreement: Any) -> None:
    strangers = people.tail(60).assign(record_id=[f"other-{i}" for i in range(60)])
    report = assess(people.head(60), agreement, sample=60, population=pd.concat([people.head(25), strangers]))
    assert report.population == "given"
    assert {each.attacked for each in report.attacks} == {25}
    assert {each.name: each.share for each in report.attacks}["dictionary with the key"] > 0.95


def test_a_population_of_strangers_would_make_any_encoding_look_safe_and_is_refused(
    people: pd.DataFrame, agreement: Any
) -> None:
    strangers = people.tail(60).assign(record_id=[f"other-{i}" for i in range(60)])
    with pytest.raises(DataError, match="fewer than 20 of the persons attacked are in the population"):
        assess(people.head(60), agreement, sample=60, population=pd.concat([people.head(19), strangers]))


def test_the_attackers_population_may_be_larger_than_what_is_seen(
    people: pd.DataFrame, agreement: Any
) -> None:
    report = assess(people.head(60), agreement, sample=60, population=people.head(120))
    told = {each.name: each.share for each in report.attacks if each.known in (0, 20)}
    assert told["dictionary with the key"] > 0.95


@pytest.mark.parametrize(("rows", "sample", "error"), [(10, 100, DataError), (100, 10, UsageError)])
def test_too_few_persons_are_refused(
    people: pd.DataFrame, agreement: Any, rows: int, sample: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        assess(people.head(rows), agreement, sample=sample)


def test_hardened_encodings_hold_where_plain_ones_fall(people: pd.DataFrame, proposed_agreement: Any) -> None:
    terms = proposed_agreement("persons-shown").terms
    scene = make_scene(fields_of(people, terms), terms, sample=200, known=200)
    assert told(ATTACKS["similarity graph"], scene) < 0.1
    assert told(ATTACKS["likelihood"], scene) < 0.1
    assert told(dictionary.attack, scene) > 0.98
