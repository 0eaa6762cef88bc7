"""Broken tables, and the message a person gets for each."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from breedeval.errors import InputError
from breedeval.io.tables import read_table

# what is broken, name of the file, its contents, messages
BROKEN: list[tuple[str, str, bytes, list[str]]] = [
    ("a short row", "r.csv",
     b"a,b,c\n1,2,3\n4,5\n6,7,8\n",
     ["r.csv:3: the line has 2 cells. Expected 3, as in the header. Write an empty cell (or NA) "
      "where a value is missing."]),
    ("a long row after a blank line", "r.csv",
     b"a,b,c\n1,2,3\n\n4,5,6,7\n",
     ["r.csv:4: the line has 4 cells. Expected 3, as in the header. Put quotes around a cell "
      "that holds the delimiter, or remove the extra cells."]),
    ("many short rows", "r.csv",
     b"a,b\n" + b"1\n" * 7 + b"1,2\n",
     ["r.csv:2: the line has 1 cell. Expected 2, as in the header. Write an empty cell (or NA) "
      "where a value is missing.",
      "r.csv:3: the line has 1 cell. Expected 2, as in the header. Write an empty cell (or NA) "
      "where a value is missing.",
      "r.csv:4: the line has 1 cell. Expected 2, as in the header. Write an empty cell (or NA) "
      "where a value is missing.",
      "r.csv:5: the line has 1 cell. Expected 2, as in the header. Write an empty cell (or NA) "
      "where a value is missing.",
      "r.csv:6: the line has 1 cell. Expected 2, as in the header. Write an empty cell (or NA) "
      "where a value is missing.",
      "… and 2 more of this kind (7 in all)."]),
    ("row names without a header", "r.csv",
     b"a,b\nr1,1,2\nr2,3,4\n",
     ["r.csv:2: every line has 3 cells and the header has 2. Expected as many names as cells. "
      "Give the first column a name, or export without row names."]),
    ("a short row between blanks", "r.txt",
     b"id sire dam\n1 0 0\n  2   1\n3 1 2\n",
     ["r.txt:3: the line has 2 cells. Expected 3, as in the header. Write an empty cell (or NA) "
      "where a value is missing."]),
    ("a repeated header", "r.csv",
     b"id,sire,id\n1,2,3\n",
     ["r.csv: two columns are named 'id' (1 and 3). Expected different names. Rename one "
      "of them."]),
    ("a header without a name", "r.csv",
     b"id,,dam\n1,2,3\n",
     ["r.csv: column 2 has no name in the header. Expected a name for every column. Name it, or "
      "remove the column."]),
    ("a header and nothing else", "r.csv",
     b"id,sire,dam\n",
     ["r.csv: there are no rows. Expected one line a row after the header. Check that the export "
      "was finished."]),
    ("rows of missing cells only", "r.csv",
     b"id,sire,dam\n,,\nNA,,\n",
     ["r.csv: there are no rows. Expected one line a row after the header. Check that the export "
      "was finished."]),
    ("an empty file", "r.csv",
     b"",
     ["r.csv: the file is empty. Expected a header line and one line a row. Check that the "
      "export was finished."]),
    ("comments only", "r.csv",
     b"# made by x\n\n",
     ["r.csv: the file is empty. Expected a header line and one line a row. Check that the "
      "export was finished."]),
    ("a binary file", "r.csv",
     b"id\x00\x01\x02,s\n",
     ["r.csv: the file is binary. Expected text."]),
    ("UTF-16", "r.csv",
     "id,sire\n1,2\n".encode("utf-16"),
     ["r.csv: the text is UTF-16. Expected UTF-8. Save it again as CSV (UTF-8)."]),
    ("Latin-1", "r.csv",
     "id,name\n1,Bl\u00f6sch\n".encode("latin-1"),
     ["r.csv:2: a character is not UTF-8 (in Latin-1 it would be 'ö'). Expected UTF-8 text. Save "
      "the file again as UTF-8."]),
    ("a workbook", "r.csv",
     b"PK\x03\x04abc",
     ["r.csv: the file is a workbook or a zip archive. Expected text. Save the sheet as CSV "
      "(UTF-8)."]),
    ("gzip without .gz", "r.csv",
     gzip.compress(b"a,b\n1,2\n"),
     ["r.csv: the file is compressed by gzip. Expected plain text behind this ending. Rename it "
      "to 'r.csv.gz'."]),
    (".gz without gzip", "r.csv.gz",
     b"a,b\n1,2\n",
     ["r.csv.gz: the file is not compressed by gzip, though its name says so. Rename it to "
      "'r.csv'."]),
    ("gzip cut at its end", "r.csv.gz",
     gzip.compress(b"a,b\n1,2\n" * 1000)[:-12],
     ["r.csv.gz: the compressed file is cut off or damaged. Copy or export it again."]),
    ("gzip cut in the middle", "r.csv.gz",
     gzip.compress(b"a,b\n1,2\n" * 1000)[:25],
     ["r.csv.gz: the compressed file is cut off or damaged. Copy or export it again."]),
    ("a quote never closed", "r.csv",
     b'a,b\n1,"2\n3,4\n5,6\n',
     ["r.csv:2: a quoted cell that begins on this line does not end properly (unexpected end of "
      "data). Expected a closing quote before the next delimiter. Remove the quote, or write it "
      "twice where it belongs to the text."]),
    ("text after a closing quote", "r.csv",
     b'a,b\n1,"2"x\n3,4\n',
     ["r.csv:2: a quoted cell that begins on this line does not end properly (',' expected after "
      '\'"\'). Expected a closing quote before the next delimiter. Remove the quote, or write it '
      "twice where it belongs to the text."]),
    ("Parquet in name only", "r.parquet",
     b"a,b\n1,2\n",
     ["r.parquet: the file is not Parquet, or it is cut off. Export it again."]),
    ("an unknown ending", "r.xlsx",
     b"abc",
     ["{folder}/r.xlsx: '.xlsx' is no format of a table. Expected one of .csv, .tsv, .txt, .dat, "
      ".parquet. Rename the file so that its ending says what it is."]),
    ("no ending", "records",
     b"abc",
     ["{folder}/records: the name has no ending. Expected one of .csv, .tsv, .txt, .dat, "
      ".parquet. Rename the file so that its ending says what it is."]),
    ("several faults at once", "r.csv",
     b'a,a\n1\n2,3\n"4,5\n',
     ["r.csv:4: a quoted cell that begins on this line does not end properly (unexpected end of "
      "data). Expected a closing quote before the next delimiter. Remove the quote, or write it "
      "twice where it belongs to the text.",
      "r.csv:2: the line has 1 cell. Expected 2, as in the header. Write an empty cell (or NA) "
      "where a value is missing.",
      "r.csv: two columns are named 'a' (1 and 2). Expected different names. Rename one "
      "of them."]),
    ("a quote never closed between blanks", "r.txt",
     b'a b\n1 "2\n3 4\n',
     ["r.txt:2: a quoted cell that begins on this line does not end properly (a closing quote is "
      "missing). Expected a closing quote before the next delimiter. Remove the quote, or write "
      "it twice where it belongs to the text."]),
]


@pytest.mark.parametrize(("name", "contents", "messages"), [case[1:] for case in BROKEN],
                         ids=[case[0] for case in BROKEN])
def test_message(tmp_path: Path, name: str, contents: bytes, messages: list[str]) -> None:
    file = tmp_path / name
    file.write_bytes(contents)
    with pytest.raises(InputError) as caught:
        read_table(file)
    assert list(caught.value.problems) == [
        message.replace("{folder}", str(tmp_path)) for message in messages]


def test_no_such_file(tmp_path: Path) -> None:
    (tmp_path / "records.csv").write_text("id\n1\n")
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "recrods.csv")
    assert str(caught.value) == (
        f"{tmp_path / 'recrods.csv'}: there is no such file. Did you mean 'records.csv'?")


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "nowhere" / "x.csv")
    assert str(caught.value) == f"{tmp_path / 'nowhere' / 'x.csv'}: there is no such file."


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"this is a folder\. Expected a file\.$"):
        read_table(tmp_path)
