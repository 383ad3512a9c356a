from __future__ import annotations

import pytest

from pplink.evaluation.population import tables
from pplink.evaluation.population.romanising import NATIVE, SPELLINGS, spellings
from pplink.evaluation.population.vocabulary import feminine, vocabulary


@pytest.mark.parametrize(
    ("culture", "native", "expected"),
    [
        ("russian", "Щукин", ("Shchukin", "Shchukin", "Scukin")),
        ("russian", "Юлия", ("Yuliya", "Iuliia", "Julija")),
        ("ukrainian", "Григорій", ("Hryhorii", "Grigoriy", "Hryhorij")),
        ("bulgarian", "Ъгленов", ("Aglenov", "Uglenov", "Aglenov")),
        ("greek", "Παπαδόπουλος", ("Papadopoulos", "Papadopulos", "Papadopoulos")),
        ("georgian", "ჯიქია", ("Jikia", "Dzhikia", "Jiqia")),
        ("german", "Müßig", ("Müßig", "Muessig", "Mussig")),
        ("chinese", "志强", ("Zhiqiang", "Zhi Qiang", "Chi-chiang")),
    ],
)
def test_a_name_is_spelt_by_three_systems(culture: str, native: str, expected: tuple[str, ...]) -> None:
    found = spellings(culture, native, ())
    assert len(found) == SPELLINGS
    assert tuple(found[:3]) == expected
    assert found[NATIVE] == native


def test_spellings_of_the_table_go_first() -> None:
    assert spellings("arabic", "علي", ("Ali", "Aly")) == ["Ali", "Aly", "Ali", "Ali", "علي"]


def test_every_culture_has_given_names_family_names_and_places() -> None:
    shares = [each.share for each in tables.cultures()]
    assert sum(shares) == pytest.approx(1)
    for each in tables.cultures():
        assert sum(share for _, share in each.nationalities) == pytest.approx(1)
        for part in ("given", "family", "place"):
            for sex in "mf":
                assert (each.name, sex) in vocabulary(part).begins or (part, sex) == ("place", "f")


@pytest.mark.parametrize("part", ["given", "family", "patronymic", "place"])
def test_no_name_is_empty_in_any_spelling(part: str) -> None:
    known = vocabulary(part)
    assert all(text.strip() for text in known.texts.ravel())
    for chances in known.chances.values():
        assert chances[-1] == 1
        assert (chances[1:] >= chances[:-1]).all()


@pytest.mark.parametrize(
    ("culture", "man", "woman"),
    [
        ("russian", "Петров", "Петрова"),
        ("russian", "Достоевский", "Достоевская"),
        ("ukrainian", "Шевченко", "Шевченко"),
        ("polish", "Kowalski", "Kowalska"),
        ("greek", "Παππάς", "Παππά"),
        ("german", "Müller", "Müller"),
    ],
)
def test_a_woman_bears_the_name_in_her_form(culture: str, man: str, woman: str) -> None:
    assert feminine(culture, man) == woman
