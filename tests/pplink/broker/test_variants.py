"""A run over persons with aliases: hits name records, whatever variant it was that matched."""

from __future__ import annotations

import pandas as pd
import pytest

from pplink.broker.matching import match
from pplink.disclosure.hits import open_run
from pplink.disclosure.resolving import to_columns
from pplink.encoders.pipeline import encode_list
from pplink.errors import IntegrityError

NORTH = {
    "record_id": ["n1", "n1", "n2", "n3"],
    "given_name": ["Amina", "Umm", "Boris", "Chiara"],
    "family_name": ["Haddad", "Salim", "Petrov", "Rossi"],
    "birth_date": ["1971-02-03", "1971-02-03", "1985-11-30", "1962-07-14"],
    "place": ["Varna", "Varna", "Trieste", "Lyon"],
}
SOUTH = {
    "record_id": ["s1", "s2"],
    "given_name": ["Kamila;Umm", "Dmitri"],
    "family_name": ["Salim", "Kowalski"],
    "birth_date": ["1971-02-03", "1999-01-22"],
    "place": ["Varna", "Malmo"],
}


@pytest.fixture
def aliases(make_desk):
    def change(terms):
        terms["encoding"].update(variants=3)

    desk = make_desk(change=change)
    for unit, people in (("north", NORTH), ("south", SOUTH)):
        frame = pd.DataFrame(people)
        desk.put(encode_list(frame, desk.agreement, desk.rings[unit], now=desk.noon).dataset)
    return desk


def test_a_hit_names_the_record_and_not_the_variant(aliases, tmp_path):
    run = tmp_path / "run"
    outcome = match(
        aliases.files, aliases.agreement_file, aliases.rings["hub"], run, now=lambda: aliases.noon
    )
    assert outcome.records["north"] == 3
    ring = aliases.rings["north"]
    found = to_columns(open_run(ring, run).hits, ["n1", "n2", "n3"], ring.handle_key(aliases.agreement.id))
    told = zip(found["other_unit"], found["record_id"], found["score"], strict=True)
    assert [hit for hit in told if hit[0] == "south"] == [("south", "n1", 1.0)]


def test_a_dataset_with_another_number_of_variants_is_refused(aliases, tmp_path):
    dataset = encode_list(
        pd.DataFrame(NORTH), aliases.agreement, aliases.rings["north"], now=aliases.noon
    ).dataset
    aliases.made("north", 3, confirmation=dataset.manifest.confirmation.encode()[:32])
    with pytest.raises(IntegrityError, match="1 encodings a record"):
        match(
            aliases.files,
            aliases.agreement_file,
            aliases.rings["hub"],
            tmp_path / "run",
            now=lambda: aliases.noon,
        )
