"""No encoding without a report of attacks on that very list, where the agreement asks for one."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa
import pytest
from msgspec.structs import replace

from pplink import canonical
from pplink.dataset import reader
from pplink.dataset.risk import Attack, RiskReport, read_report
from pplink.encoders.pipeline import encode
from pplink.encoders.risk import digest_of
from pplink.errors import DataError, IntegrityError, RefusedError

PEOPLE = pa.table(
    {
        "record_id": ["r1", "r2"],
        "given_name": ["Amina", "Boris"],
        "family_name": ["Haddad", None],
        "birth_date": ["1980-02-29", "1971-11-05"],
        "place": ["Lyon", "Varna"],
    }
)


@pytest.fixture(scope="module")
def agreement(signed_agreement: Any) -> Any:
    return signed_agreement(max_reidentification=0.1)


def report(agreement: Any, high: float = 0.05, table: pa.Table = PEOPLE, **changes: Any) -> RiskReport:
    attack = Attack(
        name="similarity graph",
        known=0,
        with_key=False,
        attacked=100,
        right=1,
        low=0.0,
        high=high,
        chance=0.01,
    )
    leaked = replace(attack, name="dictionary with the key", with_key=True, high=1.0)
    whole = RiskReport(
        agreement=agreement.id,
        list=digest_of(table),
        records=table.num_rows,
        population="own list",
        attacks=(attack, leaked),
    )
    return replace(whole, **changes)


def test_a_report_within_the_bound_lets_a_list_be_encoded_and_stands_in_the_manifest(
    agreement: Any, rings: Any
) -> None:
    told = report(agreement)
    dataset = encode(PEOPLE, agreement, rings["north"], risk=told)
    assert dataset.manifest.risk.report == told.digest  # type: ignore[union-attr]
    assert dataset.manifest.risk.reidentified == 0.05  # type: ignore[union-attr]
    reader.verify(dataset, agreement)


def test_without_a_report_nothing_is_encoded(agreement: Any, rings: Any) -> None:
    with pytest.raises(RefusedError, match="asks for a risk report"):
        encode(PEOPLE, agreement, rings["north"])


@pytest.mark.parametrize("high", [0.1001, 1.0])
def test_beyond_the_bound_nothing_is_encoded(agreement: Any, rings: Any, high: float) -> None:
    with pytest.raises(RefusedError, match="may tell up to"):
        encode(PEOPLE, agreement, rings["north"], risk=report(agreement, high))


def test_a_report_without_attacks_is_beyond_any_bound(agreement: Any, rings: Any) -> None:
    with pytest.raises(RefusedError, match="may tell up to"):
        encode(PEOPLE, agreement, rings["north"], risk=report(agreement, attacks=()))


def test_another_lists_report_is_refused(agreement: Any, rings: Any) -> None:
    changed = PEOPLE.set_column(1, "given_name", pa.array(["Amina", "Borys"]))
    with pytest.raises(RefusedError, match="another list"):
        encode(changed, agreement, rings["north"], risk=report(agreement))


def test_another_agreements_report_is_refused(agreement: Any, rings: Any) -> None:
    with pytest.raises(RefusedError, match="another agreement"):
        encode(
            PEOPLE,
            agreement,
            rings["north"],
            risk=replace(report(agreement), agreement="0" * 64),
        )


def test_a_dataset_without_a_report_is_refused_by_its_reader(
    agreement: Any, rings: Any, signed_agreement: Any
) -> None:
    loose = signed_agreement()
    dataset = encode(PEOPLE, loose, rings["north"])
    assert dataset.manifest.risk is msgspec.UNSET
    forged = rings["north"].sign(dataset.signed.kind, dataset.signed.body | {"agreement": agreement.id})
    with pytest.raises(IntegrityError, match="no risk report"):
        reader.verify(replace(dataset, signed=forged), agreement)


def test_without_a_bound_a_report_may_still_be_attached(rings: Any, signed_agreement: Any) -> None:
    loose = signed_agreement()
    dataset = encode(PEOPLE, loose, rings["north"], risk=report(loose, 1.0))
    assert dataset.manifest.risk.reidentified == 1.0  # type: ignore[union-attr]


def test_the_digest_of_a_list_is_of_its_values_and_not_of_how_they_lie_in_memory() -> None:
    chunked = pa.concat_tables([PEOPLE.slice(0, 1), PEOPLE.slice(1)])
    assert digest_of(chunked) == digest_of(PEOPLE)
    shifted = PEOPLE.set_column(1, "given_name", pa.array(["AminaB", "oris"]))
    assert digest_of(shifted) != digest_of(PEOPLE)


def test_a_report_is_read_as_it_was_written(agreement: Any) -> None:
    told = report(agreement)
    assert read_report(told.to_bytes()) == told


@pytest.mark.parametrize(
    "change",
    [
        {"format": "pplink-risk/2"},
        {"attacks": None},
        {"extra": 1},
        {"list": "x"},
        {"attacks": [{"name": "x"}]},
        {"records": -1},
    ],
)
def test_what_is_no_report_is_refused(agreement: Any, change: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        read_report(canonical.to_bytes(report(agreement).to_json() | change))


def test_figures_that_contradict_each_other_are_refused(agreement: Any) -> None:
    with pytest.raises(DataError, match="contradict"):
        read_report(report(agreement, high=0.001).to_bytes())
