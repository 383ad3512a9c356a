"""Tables: what a person is shown fits the terminal, loses no letter, and cannot steer it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pplink.cli import tables

WIDE = "国際条約"


def test_numbers_stand_to_the_right_and_texts_to_the_left():
    drawn = tables.lay_out("Found", ("unit", "hits", "F1"), [("north", 1234, 0.5), ("west", 7, 0.25)], 80)
    assert drawn == [
        "Found",
        "",
        "  unit     hits       F1",
        " ────────────────────────",
        "  north   1,234   0.5000",
        "  west        7   0.2500",
        "",
    ]


def test_truth_values_are_words_and_not_numbers():
    assert "  yes" in tables.lay_out("", ("required",), [(True,)], 80)


def test_a_header_without_names_is_left_out():
    assert tables.lay_out("Card", ("", ""), [("name", "north")], 80) == ["Card", "", "  name   north", ""]


def test_a_table_without_rows_still_has_its_header():
    assert tables.lay_out("Hits", ("unit", "hits"), [], 80)[2] == "  unit   hits"


def test_a_long_text_is_folded_between_words_beside_its_own_name():
    drawn = tables.lay_out("", ("", ""), [("purpose", "to find persons whom both units know")], 32)
    assert drawn[2:-1] == ["  purpose   to find persons whom", "            both units know"]


def test_a_word_longer_than_its_column_is_cut_and_not_lost():
    drawn = tables.lay_out("", ("", ""), [("id", "a" * 64)], 40)
    assert sum(line.count("a") for line in drawn) == 64
    assert max(map(len, drawn)) <= 40


def test_a_text_of_several_lines_stays_so():
    assert tables.lay_out("", ("", ""), [("basis", "one\ntwo")], 80)[2:-1] == [
        "  basis   one",
        "          two",
    ]


def test_wide_characters_take_two_columns_and_accents_none():
    assert tables.width_of(WIDE) == 8
    assert tables.width_of("e\N{COMBINING ACUTE ACCENT}") == 1
    assert tables.fold(WIDE, 5) == ["国際", "条約"]


def test_no_author_of_a_document_steers_the_terminal_of_who_reads_it():
    hostile = "retention 1 day\x1b[2K\r\x07\N{RIGHT-TO-LEFT OVERRIDE}\x9b8m"
    drawn = "".join(tables.lay_out(hostile, ("\x1b[8m", ""), [("\x1b]0;x", hostile)], 110))
    assert all(character.isprintable() for character in drawn)


@given(st.text(), st.integers(2, 60))
def test_folding_keeps_every_letter_and_the_width(text, width):
    lines = tables.fold(text, width)
    kept = "".join(tables.clean(text).split()) if "\n" not in text else None
    assert lines
    assert all(tables.width_of(line) <= width for line in lines)
    assert kept is None or "".join("".join(lines).split()) == kept


@given(st.lists(st.tuples(st.text(max_size=99), st.text(max_size=400)), max_size=5), st.integers(60, 200))
def test_two_columns_always_fit(rows, width):
    assert all(tables.width_of(line) <= width for line in tables.lay_out("", ("", ""), rows, width))
