"""A unit's file is read as it stands, or refused by row; what stands in it is never repeated."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pplink.encoders.source import read_people
from pplink.errors import DataError, PplinkError, UnavailableError, UsageError

SECRET = "Zebedee"


def read(tmp_path, data, **options):
    path = tmp_path / "people.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_people(path, **options)


def refused(tmp_path, data, error=DataError, **options) -> str:
    with pytest.raises(error) as caught:
        read(tmp_path, data, **options)
    said = f"{caught.value.message} {caught.value.hint}"
    assert SECRET not in said
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return said


def test_every_cell_is_text_and_only_empty_is_missing(tmp_path):
    table = read(tmp_path, 'a,b,c\n001,NA,null\n5.0,NaN,""\ntrue,,1980-01-01\n')
    assert table.to_pydict() == {
        "a": ["001", "5.0", "true"],
        "b": ["NA", "NaN", None],
        "c": ["null", None, "1980-01-01"],
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(tmp_path, end):
    assert read(tmp_path, f"a,b{end}1,2{end}3,4").to_pydict() == {"a": ["1", "3"], "b": ["2", "4"]}


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-8-sig", "UTF8"),
        ("latin-1", "latin-1"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "cp1252"),
    ],
)
def test_texts_in_other_encodings_are_read(tmp_path, encoding, said):
    table = read(tmp_path, "naam;ö\nÅsa;1\n".encode(encoding), encoding=said, delimiter=";")
    assert table.to_pydict() == {"naam": ["Åsa"], "ö": ["1"]}


def test_line_ends_and_delimiters_inside_quotes_belong_to_the_value(tmp_path):
    table = read(tmp_path, 'a,b\n"x\ny, ""z""",1\n')
    assert table.to_pydict() == {"a": ['x\ny, "z"'], "b": ["1"]}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (f"a,b\n1,2\n\n{SECRET},2,3\n", "row 2 has 3 cells where the header has 2"),
        (f"a,b\n1,2\n{SECRET}\n", "row 2 has 1 cells"),
        (f'a,b\n"1\n2",2\n{SECRET}\n', "row 2 has 1 cells"),
        (f"a;b\n{SECRET};2,5\n", "row 1 has 2 cells where the header has 1"),
        (f"a,b\n1,2\n{SECRET}\xe5,2\n".encode("latin-1"), "row 2 is not utf-8 text"),
        (f"a\xe5,b\n{SECRET},2\n".encode("latin-1"), "the header is not utf-8 text"),
        (f"a,b\n{SECRET},2\n".encode("utf-16"), "the header is not utf-8 text"),
        (f"a,b\n{SECRET},2\n".encode("utf-16-le"), "the header has NUL"),
        (f"a,b\0\n{SECRET},2\n", "the header has NUL characters is it a CSV file?"),
        (f'a,b\n1,2\n"{SECRET},1\n3,4\n', "row 2 has 1 cells"),
        (f'a,b\n1,2\n"{SECRET},1\n' + "3,4\n" * 2_000_000, "row 2 has a cell longer than 4,096 characters"),
        (f"a,b\n1,2\n{SECRET}" + "x" * 10_000_000 + ",1\n", "row 2 has a cell longer than 4,096 characters"),
        ("a,b" + "x" * 3_000_000 + f"\n{SECRET},1\n", "the header has a cell longer"),
        (f"a,b,a\n{SECRET},2,3\n", "columns 1 and 3 have the same name"),
        (f"a,,c\n{SECRET},2,3\n", "column 2 has no name"),
        ("", "is empty"),
        ("\n\n\r\n", "is empty"),
        ("\ufeff", "is empty"),
        ("a,b\n", "has a header and no rows"),
        ("a,b", "has a header and no rows"),
        ("a,b\n\n\n", "has a header and no rows"),
        (b"PAR1" + SECRET.encode() * 40, "begins as a Parquet file and is none"),
        (b"PAR1", "begins as a Parquet file and is none"),
    ],
)
def test_a_broken_file_is_refused_by_row(tmp_path, data, said):
    assert said in refused(tmp_path, data)


@pytest.mark.parametrize(
    ("encoding", "hint"),
    [
        ("utf-16", "`--encoding utf-16`"),
        ("utf-16-le", "`--encoding utf-16-le`"),
        ("utf-16-be", "`--encoding utf-16-be`"),
        ("utf-32", "`--encoding utf-32`"),
        ("utf-32-le", "`--encoding utf-32-le`"),
        ("utf-32-be", "`--encoding utf-32-be`"),
        ("latin-1", "for example `--encoding latin-1`"),
    ],
)
def test_the_hint_names_the_encoding_that_reads_the_file(tmp_path, encoding, hint):
    data = f"id,näme,bïrth_date\n1,{SECRET},1990-01-01\n".encode(encoding)
    assert hint in refused(tmp_path, data)
    assert read(tmp_path, data, encoding=hint.strip("`").split()[-1]).num_rows == 1


def test_the_hint_names_utf_8_where_something_else_was_said(tmp_path):
    assert "`--encoding utf-8`" in refused(tmp_path, f"a\n{SECRET}\n".encode("utf-8-sig"), encoding="utf-16")


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"PK\x03\x04", "an Excel workbook or a ZIP archive save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook save the sheet as CSV"),
        (b"\x1f\x8b", "compressed (gzip) unpack it"),
        (b"\xfd7zXZ\0", "compressed (xz) unpack it"),
        (b"\x28\xb5\x2f\xfd", "compressed (zstd) unpack it"),
    ],
)
def test_a_workbook_or_an_archive_is_called_what_it_is(tmp_path, start, said):
    assert said in refused(tmp_path, start + SECRET.encode())


def test_a_parquet_file_is_unpacked_only_as_far_as_there_is_memory(tmp_path, monkeypatch):
    """Three megabytes held 28 GiB, and the system would have killed whoever was largest."""
    path = tmp_path / "people.parquet"
    many = 200_000
    pd.DataFrame({"a": [str(number) for number in range(many)], "b": [SECRET * 100] * many}).to_parquet(path)
    table = read_people(path)
    assert table.column("a").to_pylist() == [str(number) for number in range(many)]
    free = iter([1 << 30, 1 << 20, 1 << 20])
    monkeypatch.setattr("pplink.memory.free", lambda: next(free))
    with pytest.raises(
        UnavailableError, match=r"people\.parquet, of which 0\.1 GiB are unpacked, needs"
    ) as caught:
        read_people(path)
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_text_of_a_parquet_file_that_is_not_utf8_is_refused_by_row_and_column(tmp_path, monkeypatch, kind):
    """Other programs write what they were given as text, and no reader of Parquet objects."""
    monkeypatch.setattr("pplink.encoders.source.ROWS", 2)
    texts = (
        pa.array([b"Ann", b"Bo", b"Eva", SECRET.encode() + b"\xe5"]).cast(pa.string(), safe=False).cast(kind)
    )
    path = tmp_path / "people.parquet"
    parquet.write_table(pa.table({"a": ["1", "2", "3", "4"], "na\nme": texts}), path)
    with pytest.raises(DataError) as caught:
        read_people(path)
    assert caught.value.message == r"row 4: 'na\nme' is not UTF-8 text"
    assert SECRET not in str(caught.value.hint)


def test_texts_that_a_parquet_file_has_once_are_not_written_out_to_be_checked(tmp_path):
    """Text by text, these would be more than 2 GiB, which no column of text may have."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 3100, pa.int32()), [SECRET * 10**5])
    path = tmp_path / "people.parquet"
    parquet.write_table(pa.table({"a": ["1"] * 3100, "b": texts}), path)
    table = read_people(path)
    assert table.column("b").nbytes < 10**8


def test_too_little_memory_is_not_taken_for_a_broken_parquet_file(tmp_path, monkeypatch):
    path = tmp_path / "people.parquet"
    pd.DataFrame({"a": ["1"]}).to_parquet(path)

    def none(*_):
        raise pa.ArrowMemoryError("realloc of size 1 failed")

    monkeypatch.setattr("pplink.encoders.source.require", none)
    with pytest.raises(MemoryError):
        read_people(path)


@pytest.mark.parametrize("start", ["", f"a,b\n1,2\n{SECRET}"])
def test_a_file_without_line_ends_is_not_taken_into_memory(tmp_path, start):
    path = tmp_path / "people.csv"
    path.write_text(start)
    with path.open("ab") as stream:
        stream.truncate(1 << 29)
    script = (
        "import resource, sys; from pathlib import Path; from pplink.encoders.source import read_people\n"
    )
    script += "try: read_people(Path(sys.argv[1]))\n"
    script += "except Exception as error: print(getattr(error, 'message', repr(error)))\n"
    script += "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])\n"
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    said, peak = done.stdout.splitlines()
    line = 3 if start else 1
    assert said == f"line {line} of people.csv is longer than 16,777,216 characters"
    assert int(peak) < 400 << 10


@pytest.mark.parametrize("header", [False, True])
def test_a_row_longer_than_what_is_read_at_a_time_is_named(tmp_path, header):
    names = ",".join(("n" * 4000 if header else "n") + str(number) for number in range(1000))
    cells = ",".join(["x" * 4000] * 1000)
    where = "the header is" if header else "row 2 is"
    said = refused(tmp_path, f"{names}\n{',' * 999}\n{SECRET}{cells[6:]}\n{',' * 999}\n")
    assert where in said
    assert "bytes long, and rows up to 1,048,576 are read" in said


def test_a_header_of_very_many_columns_is_looked_through_once(tmp_path):
    many = ",".join(f"c{number}" for number in range(100_000))
    assert "columns 1 and 100001 have the same name" in refused(tmp_path, f"{many},c0\n{SECRET}\n")


def test_a_fault_deep_in_a_file_is_found(tmp_path):
    good = "a,b\n" + "Anna,1\n" * 400_000
    assert "row 400001 has 3 cells" in refused(tmp_path, f"{good}{SECRET},2,3\n")
    assert "row 400001 is not utf-8" in refused(tmp_path, good.encode() + b"\xff,1\n")


@pytest.mark.parametrize(
    "options",
    [{"delimiter": d} for d in ("", ";;", '"', "\n", "ö", "\0")]
    + [{"encoding": "klingon"}, {"encoding": "\0"}],
)
def test_options_that_cannot_be_are_refused(tmp_path, options):
    refused(tmp_path, "a,b\n1,2\n", UsageError, **options)


@pytest.mark.parametrize("encoding", ["hex", "rot13", "base64", "idna", "undefined"])
def test_codecs_that_are_no_text_encodings_are_refused(tmp_path, encoding):
    refused(tmp_path, "a,b\n1,2\n", PplinkError, encoding=encoding)


def test_no_file_is_the_callers_mistake(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UsageError):
            read_people(path)


def test_parquet_is_told_by_its_bytes(tmp_path):
    path = tmp_path / "people.csv"
    pd.DataFrame({"a": ["x", None], "b": [1, 2]}).to_parquet(path)
    assert read_people(path).to_pydict() == {"a": ["x", None], "b": [1, 2]}
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError):
        read_people(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.one_of(
        st.binary(max_size=60),
        st.text('a,b\n"\r;\0é ', max_size=60).map(str.encode),
        st.text('1,\n"', max_size=40).map(lambda text: ("a,b\n" + text).encode()),
    ),
    encoding=st.sampled_from(["utf-8", "latin-1", "utf-16", "ascii"]),
)
def test_any_bytes_are_a_table_or_one_clear_error(tmp_path, data, encoding):
    try:
        table = read(tmp_path, data, encoding=encoding)
    except PplinkError:
        return
    assert table.num_rows > 0
    assert all(pa.types.is_string(column.type) for column in table.columns)


def test_reading_and_encoding_a_file_does_not_wait_for_pandas_or_numba():
    code = """
import sys, pathlib, pplink.encoders.pipeline, pplink.encoders.source as source
sys.exit(' '.join({'pandas', 'numba', 'scipy'} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_a_file_of_any_name_is_read(tmp_path):
    path = tmp_path / os.fsdecode(b"\xffpeople.csv")
    path.write_text("a,b\n1,2\n")
    assert read_people(path).to_pydict() == {"a": ["1"], "b": ["2"]}
    pd.DataFrame({"a": ["1"]}).to_parquet(tmp_path / "people.parquet")
    (tmp_path / "people.parquet").replace(path)
    assert read_people(path).to_pydict() == {"a": ["1"]}


def test_what_can_be_read_only_once_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(UsageError, match="is a pipe or a device"):
            read_people(path)
