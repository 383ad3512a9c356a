"""Names: spellings, scripts and orders of one name share tokens; unlike names do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.fields.catalogue import KINDS
from pplink.fields.persons import FULL, PERSON_NAME, sound_of
from pplink.fields.problem import LONGEST, BadValueError
from pplink.fields.spellings import (
    BORNE_PARTICLES,
    BORNE_TITLES,
    FEWEST,
    NEVER,
    PARTICLES,
    TITLES,
    UNKNOWN,
    tells,
)
from pplink.fields.strings import from_list

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9)


def cut(name: str) -> dict[bytes, int]:
    return dict(PERSON_NAME.cut(text)) if (text := PERSON_NAME.normalise(name)) else {}


def alike(one: str, two: str) -> float:
    """Dice of what two names would draw."""
    left, right = cut(one), cut(two)
    common = sum(min(left[token], right[token]) for token in left.keys() & right.keys())
    return 2 * common / (sum(left.values()) + sum(right.values()))


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ("NOWAK, Dr. Jan (a.k.a. Johnny)", "jan nowak"),
        ("Jan Nowak", "jan nowak"),
        ("Haji Abu Bakr al-Adil", "adil bakr"),
        ("J. R. Smith", "smith"),
        ("van der Berg", "berg"),
        ("Jan Jan", "jan"),
        ("O´Brien", "obrien"),
        ("Абу Бакр", "bakr"),
        ("\u200fAli\u200b", "ali"),
        ("😀 Ann", "ann"),
        ("Ann👩🏽\u200d🚀Lee", "ann lee"),
        ("(Bob)", "bob"),
        ("[[Bob]]", "bob"),
        ("the Sheikh", "sheikh the"),
        ("Abu al", "abu al"),
        ("X", "x"),
        ("FNU Karim", "karim"),
        ("Unknown, Неизвестно", "neizvestno unknown"),
        ("😀", ""),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Ann", "ann"),
        ("\U0001fa77\U0001fae8", ""),
        ("Bo\u200dr\u202ei\u00ads", "boris"),
        ("Cafe\u200d\u0301", "cafe"),
        ("123", ""),
        ("...", ""),
        ("()", ""),
        ("\u200f\u200b", ""),
    ],
)
def test_a_name_is_read_as_meant(value, normal):
    assert PERSON_NAME.normalise(value) == normal


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Kim Il Song", "Song Kim Il"),
        ("Grigorijevitj", "Grigoryevich"),
        ("Щербаков Юрий", "Yury Shcherbakov"),
        ("Charif Youssef", "Sharif Yusuf"),
        ("Müller", "Muller"),
        ("Abd al-Aziz bin Salim", "Abd Aziz Salim"),
    ],
)
def test_spellings_of_one_name_are_alike(one, two):
    assert alike(one, two) > 0.55
    assert alike(one, two) > alike(one, "Theodoros Papadakis") + 0.4


def test_a_script_without_vowels_meets_one_with_them():
    assert alike("سالم حمدان", "Salem Hamdan") > 0.35
    assert alike("سالم حمدان", "Viktor Petrenko") < 0.15


@pytest.mark.parametrize(("one", "two"), [("A", "B"), ("X Y", "Z"), ("李", "ب"), ("Al", "Bo"), ("Li", "Wu")])
def test_names_with_nothing_in_common_share_nothing(one, two):
    assert not cut(one).keys() & cut(two).keys()


def test_a_long_name_draws_no_more_than_a_whole_date():
    long = " ".join(f"{a}{b}xor{b}{a}" for a in "bcdfgh" for b in "klmnpr")
    assert sum(cut("Maximilian Montgomery").values()) == pytest.approx(FULL, rel=0.15)
    assert sum(cut("Omar").values()) == pytest.approx(FULL // 2, rel=0.15)
    assert min(cut(long).values()) >= 1


@given(NAMES)
def test_any_text_has_a_stable_normal_form_and_positive_shares(value):
    try:
        text = PERSON_NAME.normalise(value)
    except BadValueError:
        assert len(value) > LONGEST
        return
    assert PERSON_NAME.normalise(text) == text
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz ")
    if text:
        tokens = PERSON_NAME.cut(text)
        assert len(dict(tokens)) == len(tokens)
        assert min(share for _, share in tokens) >= 1


@given(st.lists(LETTERS, min_size=1, max_size=5), st.randoms())
def test_order_and_case_do_not_matter(words, dice):
    shuffled = [word.upper() for word in words]
    dice.shuffle(shuffled)
    assert PERSON_NAME.normalise(" ".join(words)) == PERSON_NAME.normalise(" ".join(shuffled))


@given(LETTERS)
def test_a_sound_is_never_nothing(word):
    assert sound_of(word)
    assert "_" not in sound_of(word)


def test_a_name_of_500_letters_is_a_name():
    assert sum(share for _, share in PERSON_NAME.cut(PERSON_NAME.normalise("Ab" * 250))) >= FULL // 2


@pytest.mark.parametrize("name", ["X", "Dr. Sheikh", "Abu al", "von", "J. R."])
def test_a_name_of_titles_particles_and_letters_says_little(name):
    assert sum(cut(name).values()) <= FULL // 6


@pytest.mark.parametrize("kind", ["name", "person_name"])
@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("Omar", True),
        ("Unknown Omar", True),
        ("Dr. Omar", True),
        ("Dr.", False),
        ("von der", False),
        ("a von", False),
        ("unknown", False),
        ("FNU", False),
        ("Mr. FNU LNU", False),
        ("inconnu", False),
        ("xx", False),
        ("A. B.", False),
        ("", False),
    ],
)
def test_a_word_for_unknown_names_nobody(kind, value, named):
    text = KINDS[kind].normalise(value)
    assert KINDS[kind].names(text) is named
    assert KINDS[kind].names_all(from_list([text.encode(), b"omar"])).tolist() == [named, True]


@pytest.mark.parametrize(
    "value",
    ["Amir", "Shaikh", "Syed", "Haji", "Das", "Le", "Do", "Van", "An", "Ben", "Eng", "a De"],
)
def test_one_title_or_particle_is_a_name_in_a_column_of_names_alone(value):
    """Amir Shaikh and An Le matched nothing under `persons`."""
    for kind, named in (("name", True), ("person_name", False)):
        text = KINDS[kind].normalise(value)
        assert KINDS[kind].names(text) is named
        assert KINDS[kind].names_all(from_list([text.encode()])).tolist() == [named]


@pytest.mark.parametrize(("value", "named"), [("Li", False), ("Li X", False), ("Lin", True), ("Li Wu", True)])
def test_two_letters_are_too_few_for_a_whole_name(value, named):
    assert PERSON_NAME.names(PERSON_NAME.normalise(value)) is named


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ("Amir Shaikh", "amir shaikh"),
        ("SHAIKH, Dr. Amir", "amir shaikh"),
        ("Hafiz Syed", "hafiz syed"),
        ("Haji Maulana", "haji maulana"),
        ("Mr. Imam al-Haji", "haji imam"),
        ("Emir Hadji", "emir hadji"),
        ("Cheikh Sayed", "cheikh sayed"),
        ("An Le", "an le"),
        ("Lê Văn An", "an le van"),
        ("Do An", "an do"),
        ("Van Le", "le van"),
        ("Bin Di", "bin di"),
        ("Ben Das", "ben das"),
        ("Abu De", "abu de"),
        ("Syed De", "de syed"),
        ("Le Vu", "le vu"),
        ("Li An", "an li"),
        ("Unknown An Le", "an le"),
    ],
)
def test_who_bears_titles_and_particles_alone_for_names_is_named(value, normal):
    """They named nobody, and matched nothing under `persons-crossborder`."""
    text = PERSON_NAME.normalise(value)
    assert text == PERSON_NAME.normalise(text) == normal
    assert PERSON_NAME.names(text)
    assert sum(cut(value).values()) > FULL // 3


@pytest.mark.parametrize(
    "value",
    ["de la", "van de", "van der", "von zu", "al Amir", "Abu al", "Abu Haji", "El Sayed", "ibn al-Shaikh", "bin Amir",
     "de las", "da do", "le la", "di la", "Dr. Haji", "the Sheikh", "Haji Haji", "Major General", "Captain Eng.", "Le",
     "Mr. Le", "J. Le", "Unknown Le", "Sheikh Li", "Dr. Li", "Mr. Li"],
)  # fmt: skip
def test_what_titles_and_particles_are_otherwise_names_nobody(value):
    assert not PERSON_NAME.names(PERSON_NAME.normalise(value))
    assert sum(cut(value).values()) <= FULL // 2


@given(st.lists(st.sampled_from(sorted(TITLES | PARTICLES | UNKNOWN)), max_size=4), LETTERS.filter(tells))
def test_beside_a_name_titles_and_particles_change_nothing(others, name):
    if len(name) >= FEWEST:
        assert PERSON_NAME.normalise(" ".join([*others, name])) == name


def test_titles_and_particles_that_are_names_are_titles_and_particles():
    assert BORNE_TITLES < TITLES
    assert BORNE_PARTICLES < PARTICLES
    assert not (BORNE_TITLES | BORNE_PARTICLES) & NEVER
