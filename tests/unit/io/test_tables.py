"""Tables: what is read, and on which line it stood."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breedeval.errors import Findings
from breedeval.io.tables import READERS, read_table
from breedeval.records import Table


def read(folder: Path, text: str | bytes, name: str = "t.csv", **options: object) -> Table:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(file, **options)  # type: ignore[arg-type]


def cells(table: Table) -> dict[str, list[str | None]]:
    return {name: table.text(name).to_pylist() for name in table.columns}


def lines(table: Table) -> list[int]:
    assert table.lines is not None
    return [int(line) for line in table.lines]


def test_text_stays_text(tmp_path: Path) -> None:
    table = read(tmp_path, "id,y\n0123,NO\n1e5,007\n1_000,true\n")
    assert cells(table) == {"id": ["0123", "1e5", "1_000"], "y": ["NO", "007", "true"]}
    assert table.source == "t.csv"
    assert table.where(2) == "t.csv:4"


@pytest.mark.parametrize(("name", "text"), [
    ("t.csv", "id,sire,dam\na,b,c\nd,,\n"),
    ("t.csv", "id;sire;dam\na;b;c\nd;;\n"),
    ("t.csv", "id\tsire\tdam\na\tb\tc\nd\t\t\n"),
    ("t.csv", "\ufeffid,sire,dam\r\na,b,c\r\nd,,\r\n"),
    ("t.csv", "id,sire,dam\ra,b,c\rd,,"),
    ("t.csv", "id, sire ,dam\n a ,b,\tc\n d,  ,NA\n"),
    ("t.csv", "id,sire,dam,\na,b,c,\nd,,,\n"),
    ("t.csv", "id,sire,dam\na,b,c,\nd,,,,\n"),
    ("t.csv", '"id","sire","dam"\n"a","b","c"\n"d","NA",""\n'),
    ("t.csv", 'id, "sire", dam\n"a", "b", c\nd, "", NA\n'),
    ("t.tsv", "id\tsire\tdam\na\tb\tc\nd\t\tNA"),
    ("t.txt", "id sire dam\na b c\nd NA NA\n"),
    ("t.txt", "  id\tsire   dam \na  b\t\tc\n   d NA \t NA   "),
    ("t.txt", 'id sire "dam"\na "b" c\nd "" NA\n'),
])
def test_formats_give_the_same(tmp_path: Path, name: str, text: str) -> None:
    expected = {"id": ["a", "d"], "sire": ["b", None], "dam": ["c", None]}
    table = read(tmp_path, text, name)
    assert cells(table) == expected
    assert lines(table) == [2, 3]
    zipped = read(tmp_path, gzip.compress(text.encode()), f"{name}.gz")
    assert cells(zipped) == expected
    assert lines(zipped) == [2, 3]


def test_every_format_has_a_reader() -> None:
    assert list(READERS) == [".csv", ".tsv", ".txt", ".dat", ".parquet"]


def test_lines_count_what_is_skipped(tmp_path: Path) -> None:
    table = read(tmp_path, "# from the herd book\n\nid,y\n\na,1\n\n\nb,2\n,\nc,3\n\n")
    assert cells(table)["id"] == ["a", "b", "c"]
    assert lines(table) == [5, 8, 10]


def test_lines_with_line_ends_within_quotes(tmp_path: Path) -> None:
    table = read(tmp_path, 'id,note\na,"two\nlines"\nb,x\nc,"three\n\nlines"\nd,"say ""hi"""\n')
    assert cells(table) == {"id": ["a", "b", "c", "d"],
                            "note": ["two\nlines", "x", "three\n\nlines", 'say "hi"']}
    assert lines(table) == [2, 4, 5, 8]


def test_comments_after_the_header_are_counted(tmp_path: Path) -> None:
    findings = Findings()
    table = read(tmp_path, "id,y\n# pen 1\na,1\n#b,2\nc,3\n\"#d\",4\n", findings=findings)
    assert cells(table)["id"] == ["a", "c", "#d"]
    assert lines(table) == [3, 5, 6]
    assert findings.warnings == (
        "t.csv: 2 lines that begin with '#' after the header were taken for comments and left "
        "out. Put quotes around such a cell if it is a name.",)


def test_a_quote_within_a_cell_is_text(tmp_path: Path) -> None:
    assert cells(read(tmp_path, 'id,size\na,5" pipe\nb,x"y"\n'))["size"] == ['5" pipe', 'x"y"']


def test_missing_codes(tmp_path: Path) -> None:
    text = "id,y\na,0\nb,-9\nc,NA\n"
    assert cells(read(tmp_path, text))["y"] == ["0", "-9", None]
    assert cells(read(tmp_path, text, missing=("-9", "0")))["y"] == [None, None, "NA"]


def test_without_header(tmp_path: Path) -> None:
    table = read(tmp_path, "a b c\n\nd e f\n", "t.txt", header=False)
    assert cells(table) == {"1": ["a", "d"], "2": ["b", "e"], "3": ["c", "f"]}
    assert lines(table) == [1, 3]


def test_parquet_keeps_numbers_and_reads_names_as_text(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    day = pa.array([18000, None], pa.int32()).cast(pa.date32())
    pq.write_table(pa.table({
        "id": [7, 10], "sire": [12.0, None], "y": [1.5, 2.0], "born": day,
        "herd": pa.array([" a ", "NA"]).dictionary_encode()}), file)
    table = read_table(file)
    assert cells(table) == {"id": ["7", "10"], "sire": ["12", None], "y": ["1.5", "2"],
                            "born": ["2019-04-14", None], "herd": ["a", None]}
    assert table.lines is None
    assert table.where(1) == "t.parquet, row 2"
    np.testing.assert_array_equal(table.numbers("y", Findings()), [1.5, 2.0])


def test_faulty_rows_are_left_out_when_findings_are_gathered(tmp_path: Path) -> None:
    findings = Findings()
    table = read(tmp_path, "id,y\na,1\nb\nc,3\n", findings=findings)
    assert cells(table)["id"] == ["a", "c"]
    assert lines(table) == [2, 4]
    assert findings.counts() == {"ragged": 1}


def test_a_file_larger_than_a_part(tmp_path: Path) -> None:
    n = 200_000
    numbers = [f"DE{k:090d}" for k in range(n)]
    text = "id,sire\n" + "".join(f"{number},\n" for number in numbers)
    assert len(text) > 16 << 20
    table = read(tmp_path, text)
    assert table.text("id").to_pylist() == numbers
    assert lines(table)[-1] == n + 1


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(st.text(
           st.sampled_from('ab0 ,;"\n\tÄ#é'), max_size=5), min_size=3, max_size=3), max_size=8),
       quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_agrees_with_the_standard_reader(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], quoting: int
) -> None:
    rows = [["x" + row[0], *row[1:]] for row in rows]  # no comment and no empty row
    rows.append(["end", "", ""])
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows([["a", "b", "c"], *rows])
    table = read(tmp_path_factory.mktemp("t"), text.getvalue(), missing=())
    assert list(zip(*cells(table).values(), strict=True)) == [
        tuple(cell.strip() for cell in row) for row in rows]
    begun = 2 + np.cumsum([0] + [1 + "".join(row).count("\n") for row in rows])
    assert lines(table) == begun[:-1].tolist()
