"""Relationship matrices from files: three layouts, and everything that may be wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from breedeval.errors import InputError
from breedeval.io.matrices import Layout, SquareMatrix, read_matrix

K = np.array([[1.0, 0.5, 0.25], [0.5, 1.125, 0.0], [0.25, 0.0, 1.0]])
NAMES = ["0123", "NO", "1e5"]


def sorted_by_name(found: SquareMatrix) -> np.ndarray:
    order = found.levels.codes(NAMES)
    return found.values[np.ix_(order, order)]


def write_grm(folder: Path, names: list[str], values: np.ndarray) -> Path:
    lower = values[np.tril_indices(len(values))].astype("<f4")
    lower.tofile(folder / "x.grm.bin")
    (folder / "x.grm.id").write_text("".join(f"fam\t{name}\n" for name in names))
    return folder / "x.grm.bin"


def test_square_with_rows_in_another_order(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text("id,0123,NO,1e5\n1e5,0.25,0,1\n0123,1,.5,0.25\nNO,0.5,1.125,0\n")
    found = read_matrix(path)
    assert found.levels.to_list() == NAMES
    np.testing.assert_array_equal(found.values, K)


def test_a_square_of_two_is_not_taken_for_triplets(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text("id,a,b\na,1,0.5\nb,0.5,1\n")
    np.testing.assert_array_equal(read_matrix(path).values, [[1, 0.5], [0.5, 1]])


@pytest.mark.parametrize("text", [
    "i,j,value\n0123,0123,1\nNO,0123,0.5\nNO,NO,1.125\n1e5,0123,0.25\n1e5,1e5,1\n",
    "i,j,value\n0123,0123,1\n0123,NO,0.5\nNO,NO,1.125\n0123,1e5,0.25\n1e5,0123,.25\n1e5,1e5,1\n"])
def test_triplets_of_either_triangle(text: str, tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text(text)
    np.testing.assert_array_equal(sorted_by_name(read_matrix(path)), K)


def test_blank_separated_triplets_without_guessing(tmp_path: Path) -> None:
    path = tmp_path / "k.txt"
    path.write_text("i j value\n0123 0123 1\nNO 0123 0.5\nNO NO 1.125\n1e5 0123 0.25\n1e5 1e5 1\n")
    np.testing.assert_array_equal(sorted_by_name(read_matrix(path, "triplets")), K)


@pytest.mark.parametrize("layout", ["auto", "triplets"])
@pytest.mark.parametrize("lines", [
    ["0123 0123 1", "NO 0123 0.5", "NO NO 1.125", "1e5 0123 0.25", "1e5 1e5 1"],
    ["1e5 0123 0.25", "1e5 1e5 1", "0123 0123 1", "NO 0123 0.5", "NO NO 1.125"]])
@pytest.mark.parametrize("header", [[], ["i j value"], ['"" j value']])
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".txt"])
def test_triplets_with_or_without_a_header(
    ending: str, header: list[str], lines: list[str], layout: Layout, tmp_path: Path
) -> None:
    path = tmp_path / f"k{ending}"
    delimiter = {".csv": ",", ".tsv": "\t", ".txt": " "}[ending]
    path.write_text("\n".join([*header, *lines]).replace(" ", delimiter) + "\n")
    np.testing.assert_array_equal(sorted_by_name(read_matrix(path, layout)), K)


def test_individuals_named_by_numbers(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    triplets, square = "1,1,1\n1,2,0.5\n2,2,1\n", "id,1,2\n2,0.5,1\n1,1,0.5\n"
    for text in (triplets, square, "1,1,1\n2,1,0.5\n2,2,1\n"):
        path.write_text(text)
        found = read_matrix(path)
        assert found.levels.to_list() == ["1", "2"]
        np.testing.assert_array_equal(found.values, [[1, 0.5], [0.5, 1]])


def test_one_triplet_is_a_matrix(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text("a,a,1.5\n")
    np.testing.assert_array_equal(read_matrix(path).values, [[1.5]])


@pytest.mark.parametrize("text", [
    '"","0123","NO","1e5"\n"0123",1,0.5,0.25\n"NO",0.5,1.125,0\n"1e5",0.25,0,1\n',
    "NO,0123,NO,1e5\n0123,1,0.5,0.25\nNO,0.5,1.125,0\n1e5,0.25,0,1\n",
    "id,0123,NO,1e5,\n0123,1,0.5,0.25,\nNO,0.5,1.125,0,\n1e5,0.25,0,1,\n"])
def test_the_first_cell_of_a_header_may_be_anything(text: str, tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text(text)
    np.testing.assert_array_equal(sorted_by_name(read_matrix(path)), K)


@pytest.mark.parametrize("text", [
    "id,0123,NO,1e5\n0123,1,,\nNO,0.5,1.125,\n1e5,0.25,0,1\n",
    "id,0123,NO,1e5\n1e5,NA,NA,1\nNO,NA,1.125,0\n0123,1,0.5,0.25\n"])
def test_one_triangle_is_enough(text: str, tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text(text)
    np.testing.assert_array_equal(sorted_by_name(read_matrix(path)), K)


@pytest.mark.parametrize("frame", [
    {"id": NAMES, **{name: K[:, k] for k, name in enumerate(NAMES)}},
    {"0": ["0123", "NO", "NO", "1e5", "1e5"], "1": ["0123", "NO", "0123", "0123", "1e5"],
     "2": [1, 1.125, 0.5, 0.25, 1]}])
def test_parquet_has_names_of_its_own(frame: dict[str, list[object]], tmp_path: Path) -> None:
    pq.write_table(pa.table(frame), tmp_path / "k.parquet")
    np.testing.assert_array_equal(sorted_by_name(read_matrix(tmp_path / "k.parquet")), K)


@pytest.mark.parametrize("name", ["x.grm.bin", "x.grm"])
def test_gcta(name: str, tmp_path: Path) -> None:
    write_grm(tmp_path, NAMES, K)
    found = read_matrix(tmp_path / name)
    assert found.levels.to_list() == NAMES
    np.testing.assert_array_equal(found.values, K)


BAD_TABLES = {
    "a row without a column": (
        "id,a,b\na,1,0\nc,0,1\n",
        "k.csv:3: row 'c' has no column of that name. Expected the same labels on rows and "
        "columns. Correct the label.",
        "k.csv: columns without a row of that name: b. Expected the same labels on rows and "
        "columns. Add the rows."),
    "fewer rows than columns": (
        "id,a,b,c,d,e,f,g\na,1,0,0,0,0,0,0\n",
        "k.csv: columns without a row of that name: b, c, d, e, f and 1 more. Expected the same "
        "labels on rows and columns. Add the rows."),
    "a row twice": (
        "id,a,b\na,1,0\na,1,0\nb,0,1\n",
        "k.csv:3: 'a' has more than one row. Expected one row an individual. Remove the others."),
    "a column twice": (
        "id,a,a,b\na,1,0,0\nb,0,0,1\n",
        "k.csv: two columns are named 'a' (2 and 3). Expected different names. Rename one of "
        "them."),
    "an empty label": (
        "id,a,b\n,1,0\nb,0,1\n",
        "k.csv:2: the label is empty. Expected the name of an individual."),
    "a missing cell": (
        "id,b,a\na,,1\nb,1,NA\n",
        "k.csv:2: there is no number in column 'b'. Expected a number in every cell of a "
        "relationship matrix. Correct the cell.",
        "k.csv:3: there is no number in column 'a'. Expected a number in every cell of a "
        "relationship matrix. Correct the cell."),
    "a missing diagonal": (
        "id,a,b\na,1,0\nb,0,\n",
        "k.csv:3: there is no number in column 'b'. Expected a number in every cell of a "
        "relationship matrix. Correct the cell."),
    "a decimal comma": (
        'id,a,b\na,1,"0,5"\nb,0.5,1\n',
        "k.csv:2: '0,5' in column 'b' is not a number. Expected a number in every cell of a "
        "relationship matrix. Write a decimal point."),
    "a column without a name": (
        ",a,\na,1,0\nb,0,1\n",
        "k.csv: column 3 has no name in the header. Expected a name for every column. Name it, or "
        "remove the column."),
    "a header without its first cell": (
        "a,b\na,1,0\nb,0,1\n",
        "k.csv:2: every line has 3 cells and the header has 2. Expected as many names as cells. "
        "Give the first column a name, or export without row names."),
    "text in a cell": (
        "id,a,b\na,1,0\nb,none,1\n",
        "k.csv:3: 'none' in column 'a' is not a number. Expected a number in every cell of a "
        "relationship matrix. Correct the cell."),
    "no rows": ("id,a,b\n", "k.csv: there are no rows. Expected one line a row after the header. "
                "Check that the export was finished."),
    "an infinite cell": (
        "id,a,b\na,1,0\nb,0,1e999\n",
        "k.csv:3: '1e999' in column 'b' is not a number. Expected a number in every cell of a "
        "relationship matrix. Correct the cell."),
    "many missing cells": (
        "id," + ",".join("abcdefgh") + "\n" + "".join(f"{x}" + "," * 8 + "\n" for x in "abcdefgh"),
        *(f"k.csv:{line}: there is no number in column 'a'. Expected a number in every cell of a "
          "relationship matrix. Correct the cell." for line in range(2, 7)),
        "… and 59 more of this kind (64 in all)."),
}

BAD_TRIPLETS = {
    "two values of a pair": (
        "i,j,v\na,a,1\na,b,0.5\nb,a,0.25\nb,b,1\n",
        "k.csv:4: the pair stands on k.csv:3 already, with 0.5 instead of 0.25. Expected one "
        "value a pair. Remove one of the lines."),
    "nobody on the diagonal": (
        "i,j,v\na,a,1\na,b,0.5\nc,b,0.5\n",
        "k.csv: 2 individuals have no diagonal element: b, c. Expected a line 'x x value' for "
        "everyone. Add the lines."),
    "an empty label": (
        "i,j,v\na,a,1\n,a,0.5\n",
        "k.csv:3: a label is empty. Expected the names of two individuals."),
    "an empty value": (
        "i,j,v\na,a,1\nb,a,\nb,b,1\n",
        "k.csv:3: there is no number in column 'v'. Expected a number in every cell of a "
        "relationship matrix. Correct the cell."),
    "a decimal comma in the first line, which is no header": (
        'a,a,"1,5"\na,b,x\nb,b,1\n',
        "k.csv:1: '1,5' in column '3' is not a number. Expected a number in every cell of a "
        "relationship matrix. Write a decimal point.",
        "k.csv:2: 'x' in column '3' is not a number. Expected a number in every cell of a "
        "relationship matrix. Correct the cell."),
    "no value in the first line": (
        "a,a,\na,b,0\nb,b,1\n",
        "k.csv: column 3 has no name in the header. Expected a name for every column. Name it, or "
        "remove the column."),
    "only a header": (
        "i,j,v\n", "k.csv: there are no rows. Expected one line a row after the header. Check "
        "that the export was finished."),
    "four columns": (
        "i,j,v,w\na,a,1,1\n",
        "k.csv: 4 columns. Expected three: individual, individual, value. Give 'layout: square' "
        "if it is a table."),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_bad_tables(name: str, tmp_path: Path) -> None:
    text, *messages = BAD_TABLES[name]
    _assert_refused(tmp_path / "k.csv", text, "square", messages)


@pytest.mark.parametrize("name", BAD_TRIPLETS)
def test_bad_triplets(name: str, tmp_path: Path) -> None:
    text, *messages = BAD_TRIPLETS[name]
    _assert_refused(tmp_path / "k.csv", text, "triplets", messages)


def _assert_refused(path: Path, text: str, layout: Layout, messages: list[str]) -> None:
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_matrix(path, layout)
    assert list(caught.value.problems) == messages


def test_gcta_of_another_size(tmp_path: Path) -> None:
    write_grm(tmp_path, [*NAMES, "d"], K)
    with pytest.raises(InputError) as caught:
        read_matrix(tmp_path / "x.grm.bin")
    assert caught.value.problems == (
        "x.grm.bin: 24 bytes. Expected 40 for the 4 individuals of x.grm.id. Check that the files "
        "belong together.",)


def test_gcta_without_its_names(tmp_path: Path) -> None:
    path = write_grm(tmp_path, NAMES, K)
    (tmp_path / "x.grm.id").unlink()
    with pytest.raises(InputError) as caught:
        read_matrix(path)
    assert caught.value.problems == (
        f"{tmp_path / 'x.grm.id'}: there is no such file. GCTA writes x.grm.bin and x.grm.id. "
        "Give both.",)


def test_gcta_with_a_name_twice(tmp_path: Path) -> None:
    path = write_grm(tmp_path, ["a", "b", "a"], K)
    with pytest.raises(InputError) as caught:
        read_matrix(path)
    assert caught.value.problems == (
        "x.grm.id: 'a' stands there more than once. Expected one line an individual.",)
